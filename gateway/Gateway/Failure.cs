namespace EdgeGateway;

/// <summary>Why and when something outside did not do what it should.</summary>
/// <param name="Reason">For a person to read.</param>
/// <param name="Time">Wall time, UTC.</param>
public sealed record Failure(string Reason, DateTimeOffset Time);
