using System.Globalization;
using EdgeGateway.Readings;

namespace EdgeGateway.Evidence;

/// <summary>What a leaf is about: the values of its label <c>typ</c>. Part of the recorded format: add, never change.</summary>
public static class LeafType
{
    /// <summary>First leaf of a log: device, keys, certificate, origin.</summary>
    public const string Genesis = "genesis";

    /// <summary>The kernel has booted.</summary>
    public const string Boot = "boot";

    /// <summary>The gateway's process has started; where each register was continued from.</summary>
    public const string Start = "start";

    /// <summary>The settings of one disclosure group, in force from here on.</summary>
    public const string Config = "config";

    /// <summary>The emission factors that carbon leaves name.</summary>
    public const string Factors = "factors";

    /// <summary>The cumulative registers of one disclosure group at a slot boundary.</summary>
    public const string Reading = "reading";

    /// <summary>The footprint of one account for one slot.</summary>
    public const string Carbon = "carbon";

    /// <summary>Who supplied whom on the site in one slot, and what the battery holds after it.</summary>
    public const string Flow = "flow";

    /// <summary>A stretch of time for which a meter's registers, or a whole group's, lack something.</summary>
    public const string Gap = "gap";

    /// <summary>How a meter's channel is corrected from here on, what it was before, and what stands behind that.</summary>
    public const string Calibration = "calibration";

    /// <summary>What the face of a pulse meter showed where its register stood: it was connected or exchanged.</summary>
    public const string Exchange = "exchange";

    /// <summary>What people enter: an invoice, a delivery of fuel, a count of products.</summary>
    public const string Manual = "manual";

    /// <summary>A certificate, a contract or a settlement that market-based accounts rest on.</summary>
    public const string Instrument = "instrument";

    /// <summary>The carbon intensities of a grid in slots of time, as their publisher states them.</summary>
    public const string Intensity = "intensity";

    /// <summary>What an earlier leaf stated wrongly, and what is right. The earlier leaf stays.</summary>
    public const string Correction = "correction";

    /// <summary>A condition that maintenance should know of has begun or ended.</summary>
    public const string Alarm = "alarm";

    /// <summary>Another key signs from the next checkpoint on.</summary>
    public const string KeyRotation = "keyrot";

    /// <summary>The wall clock was moved by more than a second.</summary>
    public const string ClockStep = "clockstep";
}

/// <summary>How far a leaf's wall time can be trusted: the values of its label <c>ts</c>, as in OCMF.</summary>
public enum TimeStatus
{
    /// <summary>U: the clock has not been set from anything since power-on.</summary>
    Unknown,

    /// <summary>I: informative, set by hand or simulated.</summary>
    Informative,

    /// <summary>S: synchronised.</summary>
    Synchronised,

    /// <summary>R: relative to a known instant.</summary>
    Relative,
}

/// <summary>What a leaf says about itself. Its labels stand on the leaf's first record.</summary>
public sealed record LeafHead
{
    /// <summary><c>seq</c>: index of the leaf in its log, from 0.</summary>
    public required long Index { get; init; }

    /// <summary><c>typ</c>: one of <see cref="LeafType"/>. A verifier also meets types it does not know.</summary>
    public required string Type { get; init; }

    /// <summary><c>t</c>: wall time, UTC; for a reading its slot boundary. Whole milliseconds.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>ts</c>: how far <see cref="Time"/> can be trusted.</summary>
    public required TimeStatus TimeStatus { get; init; }

    /// <summary><c>bc</c>: kernel boots this log has seen, from 1.</summary>
    public required long BootCount { get; init; }

    /// <summary><c>mc</c>: milliseconds of the monotonic clock, within one boot never stepping back.</summary>
    public required long MonotonicMs { get; init; }

    /// <summary><c>salt</c>: 16 random bytes, so that nobody can guess a hidden leaf from its hash.</summary>
    public required ReadOnlyMemory<byte> Salt { get; init; }

    /// <summary><c>grp</c>: the disclosure group, where the leaf belongs to one.</summary>
    public string? Group { get; init; }

    /// <summary><c>cfg</c>: index of the config leaf in force, on readings.</summary>
    public long? Config { get; init; }

    /// <summary><c>of</c>: indexes of the leaves this one was computed from, ascending, on carbon and flow leaves.</summary>
    public IReadOnlyList<long> ComputedFrom { get; init; } = [];

    /// <summary><c>fct</c>: index of the factors leaf used, on carbon leaves.</summary>
    public long? Factors { get; init; }

    /// <summary><c>sim_</c>: the log holds simulated or replayed readings. On genesis only. Must be understood (RFC 8428 §4.4).</summary>
    public bool Simulated { get; init; }
}

/// <summary>
/// An exact decimal number: <paramref name="Mantissa"/> × 10^<paramref name="Exponent"/>, with the digits it was given. 1.50 is not 1.5.
/// </summary>
public readonly record struct DecimalFraction(int Exponent, long Mantissa)
{
    /// <summary>The number in digits, for example <c>12.500</c> for (−3, 12500).</summary>
    public override string ToString()
    {
        string digits = Mantissa.ToString(CultureInfo.InvariantCulture).TrimStart('-');
        if (Exponent >= 0)
        {
            return (Mantissa < 0 ? "-" : "") + digits + new string('0', Exponent);
        }

        digits = digits.PadLeft(1 - Exponent, '0');
        return $"{(Mantissa < 0 ? "-" : "")}{digits[..^-Exponent]}.{digits[^-Exponent..]}";
    }
}

/// <summary>One SenML record of a leaf (RFC 8428 §4): a name and exactly one of a number, a text, a truth or bytes.</summary>
/// <param name="Name"><c>n</c>: A–Z a–z 0–9 and - : . / _ , starting with a letter or digit (RFC 8428 §4.5.1).</param>
public sealed record LeafRecord(string Name)
{
    /// <summary><c>u</c>: unit of <see cref="Number"/>, registered for SenML.</summary>
    public string? Unit { get; init; }

    /// <summary><c>v</c>: an integer or a decimal fraction, never a binary float.</summary>
    public DecimalFraction? Number { get; init; }

    /// <summary><c>vs</c>: a text. On a reading: why the value is missing.</summary>
    public string? Text { get; init; }

    /// <summary><c>vd</c>: bytes.</summary>
    public ReadOnlyMemory<byte>? Data { get; init; }

    /// <summary><c>t</c>: the record's own time where it differs from the leaf's.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary><c>q</c>: what limits the trust in the value. Absent: measured.</summary>
    public Quality Quality { get; init; }

    /// <summary><c>cls</c>: accuracy class where it differs from the group's default, which the config leaf states.</summary>
    public string? AccuracyClass { get; init; }

    /// <summary>A record that states a text.</summary>
    public static LeafRecord Of(string name, string text) => new(name) { Text = text };

    /// <summary>A record that states a whole number.</summary>
    public static LeafRecord Of(string name, long number) => new(name) { Number = new DecimalFraction(0, number) };

    /// <summary>A record that states an instant, Unix time in seconds: whole ones, or with three digits after the point.</summary>
    public static LeafRecord Of(string name, DateTimeOffset time) => OfMilliseconds(name, time.ToUnixTimeMilliseconds());

    /// <summary>A record that states a duration in seconds, written as an instant is.</summary>
    public static LeafRecord Of(string name, TimeSpan duration) => OfMilliseconds(name, (long)duration.TotalMilliseconds);

    /// <summary>The instant that a record states as <see cref="Of(string, DateTimeOffset)"/> writes it.</summary>
    /// <exception cref="EvidenceException">It states none.</exception>
    public DateTimeOffset AsTime() =>
        this switch
        {
            { Unit: "s", Number: { Exponent: 0 } seconds } => DateTimeOffset.FromUnixTimeSeconds(seconds.Mantissa),
            { Unit: "s", Number: { Exponent: -3 } milliseconds } => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.Mantissa),
            _ => throw new EvidenceException($"'{Name}' states no time."),
        };

    private static LeafRecord OfMilliseconds(string name, long ms) =>
        new(name) { Unit = "s", Number = ms % 1000 == 0 ? new DecimalFraction(0, ms / 1000) : new DecimalFraction(-3, ms) };
}

/// <summary>
/// One entry of the log. Its bytes are made once, by <see cref="LeafCodec"/>, and are what is hashed, stored, published and verified.
/// </summary>
/// <param name="Head">What the leaf says about itself.</param>
/// <param name="Records">At least one.</param>
public sealed record Leaf(LeafHead Head, IReadOnlyList<LeafRecord> Records);
