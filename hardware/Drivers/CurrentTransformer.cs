namespace EdgeGateway.Drivers;

/// <summary>A current transformer with a voltage output: <see cref="SecondaryMv"/> at its rated primary current.</summary>
public sealed record CurrentTransformer
{
    /// <summary>Makes a current transformer.</summary>
    /// <param name="primaryA">Rated primary current, amperes, above 0 and at most 100 000.</param>
    /// <param name="secondaryMv">Secondary voltage at the rated primary current, millivolts RMS, above 0 and at most 10 000.</param>
    /// <exception cref="ArgumentOutOfRangeException">No transformer is like this.</exception>
    public CurrentTransformer(decimal primaryA, decimal secondaryMv)
    {
        if (primaryA is <= 0 or > 100_000)
        {
            throw new ArgumentOutOfRangeException(
                nameof(primaryA),
                primaryA,
                "The rated primary current is above 0 A and at most 100 000 A."
            );
        }

        if (secondaryMv is <= 0 or > 10_000)
        {
            throw new ArgumentOutOfRangeException(
                nameof(secondaryMv),
                secondaryMv,
                "The secondary voltage is above 0 mV and at most 10 000 mV."
            );
        }

        PrimaryA = primaryA;
        SecondaryMv = secondaryMv;
    }

    /// <summary>Rated primary current, amperes.</summary>
    public decimal PrimaryA { get; }

    /// <summary>Secondary voltage at the rated primary current, millivolts RMS.</summary>
    public decimal SecondaryMv { get; }

    /// <summary>Amperes in the primary for one volt at the secondary.</summary>
    public double AmperesPerVolt => (double)(PrimaryA * 1000m / SecondaryMv);
}
