using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>A meter of the site on one bus. Only the bus's worker reads it.</summary>
public interface IMeter
{
    /// <summary>Its registers in the book, and its name.</summary>
    MeterRegisters Registers { get; }

    /// <summary>The accuracy class that it may claim.</summary>
    AccuracyClass Accuracy { get; }

    /// <summary>Reads it, books what was counted since the last reading, and returns how it stands.</summary>
    /// <param name="time">When it is read, UTC.</param>
    /// <exception cref="Drivers.ChipException">The chip could not be read. The next call tries from the beginning.</exception>
    Reading Read(DateTimeOffset time);
}

/// <summary>Readings as every kind of meter makes them.</summary>
internal static class MeterReadings
{
    /// <summary>A reading of the registers as they now stand.</summary>
    public static Reading Measured(this IMeter meter, DateTimeOffset time, Quality quality, LiveValues live) =>
        new()
        {
            Meter = meter.Registers.Meter,
            Time = time,
            Registers = meter.Registers.Now,
            Accuracy = meter.Accuracy,
            Quality = quality,
            Live = live,
        };

    /// <summary>A reading for a time at which the meter could not be read.</summary>
    public static Reading Missing(this IMeter meter, DateTimeOffset time, MissingReason reason) =>
        meter.Measured(time, Quality.Measured, default) with
        {
            Missing = reason,
        };
}
