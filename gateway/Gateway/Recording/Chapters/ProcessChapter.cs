using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Signing;

namespace EdgeGateway.Recording.Chapters;

/// <summary>The log itself, the kernel's boot, the process and its clock: leaves of the types genesis, boot, start and clockstep.</summary>
/// <param name="origin">The log.</param>
/// <param name="key">The device's key, which genesis states.</param>
/// <param name="pen">Counts boots and reads the monotonic clock.</param>
/// <param name="time">The wall clock.</param>
internal sealed class ProcessChapter(Origin origin, DeviceKey key, Pen pen, TimeProvider time) : IChapter
{
    private static readonly TimeSpan SmallestClockStep = TimeSpan.FromSeconds(1);

    // The wall clock less the monotonic one stays what it is until somebody moves the wall clock.
    private TimeSpan _wallLessMonotonic = WallLessMonotonic(time, pen);
    private TimeSpan _recordedBefore;

    /// <inheritdoc/>
    public void Start(OpenTick tick, ProcessStart start)
    {
        var boot = BootFact.Parse(tick.FactBefore(FactNames.Boot));
        bool booted = boot.BootId != start.BootId;
        pen.BootCount = boot.Count + (booted ? 1 : 0);
        if (tick.First == 0)
        {
            WriteGenesis(tick);
        }

        if (booted)
        {
            tick.Remember(FactNames.Boot, new BootFact(start.BootId, pen.BootCount).ToString());
            tick.Write(LeafType.Boot, [LeafRecord.Of("boot-id", start.BootId)]);
        }

        tick.Write(LeafType.Start, RecordsOf(start));
    }

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        _recordedBefore = _wallLessMonotonic;
        TimeSpan now = WallLessMonotonic(time, pen);
        TimeSpan step = now - _wallLessMonotonic;
        if (step.Duration() > SmallestClockStep)
        {
            tick.Write(LeafType.ClockStep, [LeafRecord.Of("step", step)], time: time.GetUtcNow());
        }

        _wallLessMonotonic = now;
    }

    /// <inheritdoc/>
    public void Undo() => _wallLessMonotonic = _recordedBefore;

    private void WriteGenesis(OpenTick tick)
    {
        tick.Remember(FactNames.Origin, origin.ToString());
        key.BeginEpoch(origin.Epoch);
        tick.Write(
            LeafType.Genesis,
            [
                LeafRecord.Of("origin", origin.ToString()),
                LeafRecord.Of("device", key.DeviceId),
                new LeafRecord("key") { Data = key.Key.ExportSubjectPublicKeyInfo() },
                new LeafRecord("cert") { Data = key.CertificateOf(key.Key) },
            ],
            head => head with { Simulated = origin.Simulated }
        );
    }

    private static List<LeafRecord> RecordsOf(ProcessStart start)
    {
        List<LeafRecord> records =
        [
            LeafRecord.Of("version", start.Version),
            LeafRecord.Of("registers-from-file", start.Registers.Count(r => r.Origin == RegisterOrigin.File)),
        ];
        foreach (RegisterStart register in start.Registers.Where(r => r.Origin != RegisterOrigin.File))
        {
            string name = GroupLeaf.NameOf(register.Meter, register.Register.Obis);
            records.Add(GroupLeaf.CountOf(name, register.Register));
            records.Add(LeafRecord.Of($"{name}/from", WordsOf(register)));
        }

        return records;
    }

    private static string WordsOf(RegisterStart register)
    {
        if (register.Origin != RegisterOrigin.Ledger)
        {
            return register.Origin == RegisterOrigin.NewQuantum ? "new, it counted in another unit before" : "new";
        }

        return register.InFile is { } file ? $"ledger, the register file was at {file.Count}" : "ledger, not in the register file";
    }

    private static TimeSpan WallLessMonotonic(TimeProvider time, Pen pen) =>
        TimeSpan.FromMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds() - pen.MonotonicMs);
}
