namespace EdgeGateway.Carbon.Flows;

/// <summary>
/// Energy that is or was in a battery, by origin, and what the part from the grid emitted. Whatever is taken out is a mixture of all.
/// </summary>
public sealed class BatteryContent
{
    internal const int Grid = 0,
        Unknown = 1,
        FirstGenerator = 2;

    /// <summary>1 TWh in µWh: a ledger refuses an interval that could exceed it.</summary>
    internal static readonly Int128 Most = 1_000_000_000_000_000_000;

    private readonly Int128[] _energy;

    internal BatteryContent(ReadOnlySpan<Int128> energy, Int128 withoutIntensity, Int128 femtograms)
    {
        _energy = energy.ToArray();
        WithoutIntensity = withoutIntensity;
        Femtograms = femtograms;
    }

    /// <summary>µWh: from the grid, of unknown origin, then from each generator.</summary>
    public IReadOnlyList<Int128> Energy => _energy;

    /// <summary>How much of the grid's part came in intervals without a carbon intensity, µWh.</summary>
    public Int128 WithoutIntensity { get; private set; }

    /// <summary>What the rest of the grid's part emitted, 10⁻¹⁵ g CO₂.</summary>
    public Int128 Femtograms { get; private set; }

    /// <summary>The energy of all origins, µWh.</summary>
    public Int128 Total => _energy.Aggregate((Int128)0, (sum, e) => sum + e);

    internal static BatteryContent Empty(int generators) => new(new Int128[FirstGenerator + generators], 0, 0);

    internal BatteryContent Copy() => new(_energy, WithoutIntensity, Femtograms);

    internal void Add(BatteryContent other)
    {
        for (int k = 0; k < _energy.Length; k++)
        {
            _energy[k] += other._energy[k];
        }

        WithoutIntensity += other.WithoutIntensity;
        Femtograms += other.Femtograms;
    }

    internal void AddUnknown(Int128 energy)
    {
        var unknown = new Int128[_energy.Length];
        unknown[Unknown] = energy;
        Add(new BatteryContent(unknown, 0, 0));
    }

    /// <summary>Takes energy out, of each origin in proportion to what there is of it.</summary>
    /// <param name="amount">How much, µWh; no more than there is.</param>
    internal BatteryContent Take(Int128 amount)
    {
        Int128[] parts = Split.Proportional(amount, _energy);
        Int128 dark = parts[Grid] > 0 ? Rounding.ShareHalfUp(WithoutIntensity, parts[Grid], _energy[Grid]) : 0;

        // Carbon goes with the energy whose intensity is known, so that it never stays behind without energy.
        Int128 known = parts[Grid] - dark;
        BatteryContent taken = new(parts, dark, known > 0 ? Rounding.ShareHalfUp(Femtograms, known, _energy[Grid] - WithoutIntensity) : 0);
        for (int k = 0; k < parts.Length; k++)
        {
            _energy[k] -= parts[k];
        }

        WithoutIntensity -= taken.WithoutIntensity;
        Femtograms -= taken.Femtograms;
        return taken;
    }
}
