using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording;

/// <summary>A disclosure group as it is recorded.</summary>
/// <param name="Name">Its name in the site file.</param>
/// <param name="Meters">Its meters, in the order of the site file.</param>
/// <param name="AccuracyClass">The class of most of its meters. Records state theirs only where it differs.</param>
/// <param name="Settings">What the config leaf says of the group and its meters.</param>
public sealed record RecordedGroup(string Name, IReadOnlyList<string> Meters, string AccuracyClass, IReadOnlyList<LeafRecord> Settings)
{
    /// <summary>
    /// What the calibration leaves of its meters say, without what was before. Meters without a calibration are not in it.
    /// </summary>
    public IReadOnlyDictionary<string, CalibrationLeaf> Calibrations { get; init; } = new Dictionary<string, CalibrationLeaf>();

    /// <summary>What the faces of its pulse meters showed.</summary>
    public IReadOnlyList<RecordedIndex> Indexes { get; init; } = [];
}

/// <summary>What the face of a pulse meter showed.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Obis">Its register.</param>
/// <param name="Reading">With its unit, for example <c>12345.6 m3</c>.</param>
/// <param name="At">When, UTC.</param>
public sealed record RecordedIndex(string Meter, ObisCode Obis, string Reading, DateTimeOffset At);

/// <summary>A gap with the leaf that records it.</summary>
/// <param name="Group">The group that it is of.</param>
/// <param name="Meter">The meter, or null: it is of all meters of the group.</param>
/// <param name="Gap">The gap.</param>
/// <param name="Leaf">Index of its leaf.</param>
public sealed record RecordedGap(RecordedGroup Group, string? Meter, Gap Gap, long Leaf)
{
    /// <summary>Whether a meter's registers lack something in it.</summary>
    public bool Concerns(string meter) => Meter is null ? Group.Meters.Contains(meter) : Meter == meter;
}
