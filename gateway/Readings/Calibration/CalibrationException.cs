namespace EdgeGateway.Readings.Calibration;

/// <summary>A calibration cannot be made from what was measured. The message says why and what to do.</summary>
public sealed class CalibrationException(string message) : Exception(message);
