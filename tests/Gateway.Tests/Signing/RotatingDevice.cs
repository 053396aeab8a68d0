using System.Security.Cryptography;
using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Gateway.Tests.Recording;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Publishing;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Signing;

/// <summary>
/// A data folder with the real key, ledger and recorder over it, which is started and stopped as the gateway does; a meter that never
/// answers.
/// </summary>
internal sealed class RotatingDevice : IDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private DeviceKey? _key;
    private Ledger? _ledger;
    private Recorder? _recorder;

    public string Folder { get; } = Directory.CreateTempSubdirectory("rotation").FullName;

    public SettableClock Time { get; } = new(Noon);

    /// <summary>What was logged, newest last: level and sentence.</summary>
    public List<string> Log { get; } = [];

    public DeviceKey Key => _key!;

    public Ledger Ledger => _ledger!;

    public Recorder Recorder => _recorder!;

    public static DeviceKeySettings In(string file, string? replaces = null, int overlapHours = 24) =>
        new(new FileKeySettings(file))
        {
            Replaces = replaces is null ? null : new FileKeySettings(replaces),
            Overlap = TimeSpan.FromHours(overlapHours),
        };

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>Starts it and records two slots.</summary>
    public void Run(DeviceKeySettings settings)
    {
        Start(settings);
        Slot();
        Slot();
    }

    public void Start(DeviceKeySettings settings)
    {
        Stop();
        _ledger = LostLog.OpenLedger(Folder, out LostLog? lost);
        _key = DeviceKey.Open(Folder, settings, _ledger);
        _key.OpenCertificates(new Sentences<InstalledCertificates>(Log));
        RegisterBook book = new(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
        Silent meter = new(book.Open("in", (ObisCode.ActiveImport, Quantum.MilliwattHour)));
        _recorder = new RecorderBuilder(_ledger, _key, Time)
        {
            Now = new Now([meter], Time.GetUtcNow()),
            Groups = [new RecordedGroup("g", ["in"], "1", [LeafRecord.Of("group", "g"), LeafRecord.Of("class", "1")])],
            Log = new Sentences<Recorder>(Log),
            Lost = lost,
        }.Build();
        _recorder.Start(new ProcessStart("boot", "1.0.0"));
    }

    public void Slot()
    {
        Time.Advance(TimeSpan.FromMinutes(1));
        Recorder.Tick(Time.GetUtcNow());
        Recorder.Seal();
    }

    public void Stop()
    {
        _ledger?.Dispose();
        _key?.Dispose();
        _ledger = null;
        _key = null;
        _recorder = null;
    }

    /// <summary>Leaves of a type in the ledger of a device that is stopped, sealed or not.</summary>
    public int Recorded(string type)
    {
        using Ledger ledger = Ledger.Open(At("ledger.db"));
        return ledger.Leaves(0, ledger.Size).Count(l => LeafCodec.Decode(l).Head.Type == type);
    }

    /// <summary>Changes the stored ledger behind the gateway's back.</summary>
    public void Sql(string sql) => LedgerFile.Run(Folder, sql);

    /// <summary>
    /// Verifies what is sealed from <c>device.pem</c> alone, as batches, as bundles of the first and the newest leaf, and as a folder of
    /// tiles, and gives its leaves.
    /// </summary>
    /// <param name="before">Batches of earlier epochs, in order.</param>
    public List<Leaf> Verified(params IReadOnlyList<Batch> before)
    {
        TrustAnchors trust = TrustAnchors.FromPem(File.ReadAllText(At("device.pem")));
        LogKeys keys = LogKeys.For(trust, Recorder.Origin);
        Assert.All(before, b => BatchVerifier.Verify(b, keys));
        BatchSequence sequence = new();
        List<Leaf> leaves = [];
        TilesPublisher tiles = new("stick", At("stick"), Key.History);
        while (sequence.End < Ledger.LastCheckpoint!.Size)
        {
            Batch batch = Batch.Decode(Ledger.BatchFrom(sequence.End)!.Encode(), out _);
            leaves.AddRange(sequence.Add(BatchVerifier.Verify(batch, keys)));
            Assert.Equal(DeliveryOutcome.Accepted(), tiles.DeliverAsync(batch, default, CancellationToken.None).Result);
        }

        CheckpointNote newest = CheckpointNote.Parse(Ledger.LastCheckpoint.Note);
        Bundle bundle = Ledger.BundleOf([0, newest.Head.Size - 1], Ledger.LastCheckpoint!) with
        {
            KeyChanges = Key.History.CoveredBy(newest.Head),
        };
        Assert.Equal(2, BundleVerifier.Verify(EdgeGateway.Evidence.Bundle.Decode(bundle.Encode()), trust).Leaves.Count);
        string folder = Path.Combine(At("stick"), Recorder.Origin.ToString());
        Assert.Equal(
            newest.Head,
            TileLog
                .Verify(
                    (path, _) =>
                        File.Exists(Path.Combine(folder, path))
                            ? File.ReadAllBytes(Path.Combine(folder, path))
                            : (ReadOnlyMemory<byte>?)null,
                    trust,
                    _ => { }
                )
                .Head
        );
        return leaves;
    }

    /// <summary>Whether the newest checkpoint is signed with the key in a file.</summary>
    public bool IsSignedWith(string file)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(At(file)));
        return CheckpointNote.Parse(Ledger.LastCheckpoint!.Note).IsSignedBy(key);
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A clock whose wall time can be set without its monotonic time.</summary>
    internal sealed class SettableClock(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public TimeSpan Step { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;

        // The base takes its timestamps from GetUtcNow.
        public override long GetTimestamp() => base.GetTimestamp() - Step.Ticks;
    }

    private sealed class Silent(MeterRegisters registers) : IMeter
    {
        public MeterRegisters Registers => registers;

        public AccuracyClass Accuracy => AccuracyClass.Class1;

        public Reading Read(DateTimeOffset time) => throw new NotSupportedException("This meter is not polled.");
    }

    private sealed class Sentences<T>(List<string> said) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => said.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
