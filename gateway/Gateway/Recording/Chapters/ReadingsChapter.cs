using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording.Chapters;

/// <summary>The newest registers of each group at a slot's boundary: leaves of the type reading.</summary>
/// <param name="groups">The groups.</param>
/// <param name="now">Has the newest readings.</param>
/// <param name="slot">Length of a slot, and the oldest a reading may be.</param>
/// <param name="settings">Knows the settings in force.</param>
internal sealed class ReadingsChapter(IReadOnlyList<RecordedGroup> groups, Now now, TimeSpan slot, SettingsChapter settings) : IChapter
{
    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        foreach (RecordedGroup group in groups)
        {
            Reading[] readings = [.. group.Meters.Select(meter => now.Take(meter, tick.At, slot))];
            long leaf = tick.Write(LeafType.Reading, ReadingLeaf.Of(tick.At, readings, group.AccuracyClass).Records(), head =>
                head with
                {
                    Group = group.Name,
                    Config = settings.LeafOf(group),
                }
            );
            foreach (Reading reading in readings)
            {
                Note(tick, leaf, reading);
            }
        }
    }

    // Accounts and flows go by these: what they compute rests on exactly what is recorded.
    private static void Note(OpenTick tick, long leaf, Reading reading)
    {
        string? missing = reading.Missing?.Code();
        foreach (Register register in reading.Registers)
        {
            tick.Readings[RegisterName.Of(reading.Meter, register.Obis)] = new RegisterReading(
                leaf,
                tick.At,
                missing is null ? register : null,
                missing
            );
        }
    }
}
