using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
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
            tick.Write(LeafType.Boot, new BootLeaf(start.BootId).Records());
        }

        tick.Write(LeafType.Start, LeafOf(start).Records());
    }

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        _recordedBefore = _wallLessMonotonic;
        TimeSpan now = WallLessMonotonic(time, pen);
        TimeSpan step = now - _wallLessMonotonic;
        if (step.Duration() > SmallestClockStep)
        {
            tick.Write(LeafType.ClockStep, new ClockStepLeaf(step).Records(), time: time.GetUtcNow());
        }

        _wallLessMonotonic = now;
    }

    /// <inheritdoc/>
    public void Undo() => _wallLessMonotonic = _recordedBefore;

    private void WriteGenesis(OpenTick tick)
    {
        tick.Remember(FactNames.Origin, origin.ToString());
        key.BeginEpoch(origin.Epoch);
        GenesisLeaf genesis = new()
        {
            Origin = origin,
            DeviceId = key.DeviceId,
            Key = key.Key.ExportSubjectPublicKeyInfo(),
            Certificate = key.CertificateOf(key.Key),
        };
        tick.Write(LeafType.Genesis, genesis.Records(), head => head with { Simulated = origin.Simulated });
    }

    private static StartLeaf LeafOf(ProcessStart start) =>
        new()
        {
            Version = start.Version,
            RegistersFromFile = start.Registers.Count(r => r.Origin == RegisterOrigin.File),
            Registers =
            [
                .. start
                    .Registers.Where(r => r.Origin != RegisterOrigin.File)
                    .Select(r => new StartedRegister(
                        RegisterName.Of(r.Meter, r.Register.Obis),
                        r.Register.Quantum,
                        r.Register.Count,
                        WordsOf(r)
                    )),
            ],
        };

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
