using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Signing;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Recording;

/// <summary>How often things are recorded and signed.</summary>
/// <param name="ReadingSlot">Length of a reading's slot.</param>
/// <param name="CarbonSlot">Length of a footprint's slot; a multiple of the reading's.</param>
/// <param name="CheckpointEvery">The longest time that a leaf waits for its checkpoint.</param>
/// <param name="CheckpointLeaves">As many new leaves are signed at once.</param>
public sealed record Rhythm(TimeSpan ReadingSlot, TimeSpan CarbonSlot, TimeSpan CheckpointEvery, int CheckpointLeaves)
{
    /// <summary>Where months and years begin.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;
}

/// <summary>What the recorder learns from the kernel at the start.</summary>
/// <param name="BootId">Changes with every boot of the kernel.</param>
/// <param name="Version">The gateway's version.</param>
public sealed record ProcessStart(string BootId, string Version);

/// <summary>
/// The one writer of the ledger. Each slot it takes every meter's newest reading, makes a leaf a group and a footprint an account,
/// appends them in one transaction, and signs a checkpoint when one is due.
/// </summary>
public sealed partial class Recorder
{
    // Bus workers poll at the slot's own instant; this long they have to bring the registers of that instant.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SmallestClockStep = TimeSpan.FromSeconds(1);

    private readonly Ledger _ledger;
    private readonly DeviceKey _key;
    private readonly Now _now;
    private readonly IReadOnlyList<RecordedGroup> _groups;
    private readonly IReadOnlyList<CarbonAccount> _accounts;
    private readonly Rhythm _rhythm;
    private readonly TimeProvider _time;
    private readonly Pen _pen;
    private readonly ILogger _log;
    private readonly Dictionary<string, long> _configIndex = [];
    private readonly Dictionary<string, long> _factorsIndex = [];
    private readonly LostLog? _lost;
    private readonly Thinning? _thinning;
    private TimeSpan _wallLessMonotonic;
    private bool _restore; // something was not recorded: go on from what is

    /// <summary>Makes a recorder. Nothing is recorded before <see cref="Start"/>.</summary>
    public Recorder(
        Ledger ledger,
        DeviceKey key,
        Now now,
        IReadOnlyList<RecordedGroup> groups,
        IReadOnlyList<CarbonAccount> accounts,
        Rhythm rhythm,
        TimeProvider time,
        Pen pen,
        Origin origin,
        ILogger<Recorder> log,
        LostLog? lost = null,
        Thinning? thinning = null,
        CommandDoor? door = null,
        IReadOnlyList<EntryAccount>? entryAccounts = null,
        FlowAccount? flows = null,
        DemandWatch? demand = null,
        IReadOnlyList<ProductCount>? products = null
    )
    {
        (_lost, _thinning, _door, _entryAccounts, _flows, _demand) = (
            lost,
            thinning,
            door ?? new CommandDoor(),
            entryAccounts ?? [],
            flows,
            demand
        );
        _products = products ?? [];
        (_ledger, _key, _now, _groups, _accounts) = (ledger, key, now, groups, accounts);
        (_rhythm, _time, _pen, Origin, _log) = (rhythm, time, pen, origin, log);
        _wallLessMonotonic = WallLessMonotonic();
    }

    /// <summary>The log that is written.</summary>
    public Origin Origin { get; }

    /// <summary>The origin of a ledger: what it has, or a new epoch for an empty one.</summary>
    /// <exception cref="InvalidDataException">The ledger belongs to another device, or holds the other kind of readings.</exception>
    public static Origin OriginOf(Ledger ledger, DeviceKey key, bool simulated)
    {
        if (ledger.Fact("origin") is not { } text)
        {
            return new Origin(key.DeviceId, key.NextEpoch, simulated);
        }

        Origin origin = Origin.Parse(text);
        return origin.DeviceId == key.DeviceId && origin.Simulated == simulated
            ? origin
            : throw new InvalidDataException(
                $"The ledger is the log {origin}, but this is device {key.DeviceId} with {(simulated ? "simulated" : "real")} "
                    + "readings. Give it its own data folder."
            );
    }

    /// <summary>
    /// Records that the process has started: genesis and boot where they are due, the start, settings and factors that changed.
    /// </summary>
    /// <param name="start">What the kernel says.</param>
    /// <param name="registers">Where each register went on from.</param>
    public void Start(ProcessStart start, IReadOnlyList<RegisterStart> registers)
    {
        SealKeyChange(); // begun before the power was cut: nothing may come between
        Dictionary<string, string> facts = [];
        DateTimeOffset at = _time.GetUtcNow();
        DateTimeOffset? last =
            _ledger.Size > 0 && _ledger.Leaves(_ledger.Size - 1, _ledger.Size) is [{ } newest] ? LeafCodec.Decode(newest).Head.Time : null;
        _pen.Begin(_ledger.Size);
        string[] boot = (_ledger.Fact("boot") ?? "- 0").Split(' ');
        _pen.BootCount = long.Parse(boot[1], NumberStyles.None, CultureInfo.InvariantCulture) + (boot[0] == start.BootId ? 0 : 1);
        bool first = _ledger.Size == 0;
        if (first)
        {
            facts["origin"] = Origin.ToString();
            _key.BeginEpoch(Origin.Epoch);
            _pen.Write(
                LeafType.Genesis,
                at,
                [
                    LeafRecord.Of("origin", Origin.ToString()),
                    LeafRecord.Of("device", _key.DeviceId),
                    new LeafRecord("key") { Data = _key.Key.ExportSubjectPublicKeyInfo() },
                    new LeafRecord("cert") { Data = _key.CertificateOf(_key.Key) },
                ],
                h => h with { Simulated = Origin.Simulated }
            );
        }

        if (boot[0] != start.BootId)
        {
            facts["boot"] = $"{start.BootId} {_pen.BootCount}";
            _pen.Write(LeafType.Boot, at, [LeafRecord.Of("boot-id", start.BootId)]);
        }

        _pen.Write(LeafType.Start, at, StartRecords(start, registers));
        foreach (RecordedGroup group in _groups)
        {
            _configIndex[group.Name] = WriteOnce(facts, $"config:{group.Name}", LeafType.Config, at, group.Settings, h =>
                h with
                {
                    Group = group.Name,
                }
            );
        }

        if (first && _lost is not null)
        {
            _pen.Write(LeafType.Gap, at, _lost.Records(at));
        }

        foreach (RecordedGroup group in _groups.Where(_ => last < at))
        {
            Gap off = new(last!.Value, at, GapCause.NotRunning);
            long leaf = WriteGap(group, null, off, at);
            foreach (ProductCount product in _products.Where(p => group.Meters.Contains(p.Meter.Name)))
            {
                NoteUncounted(product, off, leaf, facts);
            }
        }

        foreach (RecordedGroup group in _groups)
        {
            WriteCalibrations(facts, group, at);
            WriteIndexes(facts, group, at, registers);
        }

        List<string> newSets = [];
        foreach (
            FactorSet set in _accounts
                .Select(a => a.Set)
                .OfType<FactorSet>()
                .Concat(_entryAccounts.Select(a => a.Set))
                .DistinctBy(s => s.Name)
        )
        {
            _factorsIndex[set.Name] = WriteOnce(
                facts,
                $"factors:{set.Name}",
                LeafType.Factors,
                at,
                [.. set.Records().Select(r => LeafRecord.Of(r.Name, r.Text))]
            );
            if (_pen.Written(_factorsIndex[set.Name]) is not null)
            {
                newSets.Add(set.Name);
            }
        }

        RestateCorrected(newSets, at, facts);
        _ledger.Append(new LedgerTick(at, _pen.TakeLeaves(), facts));
        _lost?.Recorded();
        RestoreAccounts(at);
        ChangeKey(at);
        TellOfKey();
    }

    /// <summary>Records readings and, where its slot ends, footprints at one instant, in one transaction.</summary>
    /// <param name="at">The slot's boundary; at the start of the process the present.</param>
    public void Tick(DateTimeOffset at)
    {
        if (_restore)
        {
            RestoreAccounts(at);
            _restore = false;
        }

        _pen.Begin(_ledger.Size);
        TimeSpan clock = WriteClockStep();
        IReadOnlyList<(string Meter, Gap Gap, long Leaf)> gaps = WriteGaps(at);
        try
        {
            Record(at, gaps);
            _wallLessMonotonic = clock;
        }
        catch
        {
            foreach ((string meter, Gap gap, _) in gaps)
            {
                _now.Note(meter, gap);
            }

            _restore = true; // not now: what could not be written may not be readable either
            throw;
        }
    }

    private void Record(DateTimeOffset at, IReadOnlyList<(string Meter, Gap Gap, long Leaf)> gaps)
    {
        Dictionary<string, (RecordedRegister? Register, string? Missing)> carbon = [];
        foreach (RecordedGroup group in _groups)
        {
            IReadOnlyList<Reading> readings = [.. group.Meters.Select(m => _now.Take(m, at, _rhythm.ReadingSlot))];
            long index = _pen.Write(LeafType.Reading, at, GroupLeaf.RecordsOf(at, readings, group.AccuracyClass), h =>
                h with
                {
                    Group = group.Name,
                    Config = _configIndex[group.Name],
                }
            );
            NoteForCarbon(carbon, readings, index, at);
        }

        Dictionary<string, string> facts = [];
        List<CarbonAccount> closed = [];
        bool slotEnds = at.ToUnixTimeMilliseconds() % (long)_rhythm.CarbonSlot.TotalMilliseconds == 0;
        foreach (CarbonAccount account in _accounts)
        {
            if (slotEnds && WriteCarbon(account, at, carbon, facts))
            {
                closed.Add(account);
            }
        }

        if (slotEnds)
        {
            SettleEnded(at, facts);
        }

        // What carbon rests on must be remembered with the very leaves it names, so bases are moved first and put back if nothing was
        // recorded.
        List<long> begun = [];
        foreach (CarbonAccount account in _accounts)
        {
            bool moved = closed.Contains(account);
            foreach ((string meter, (RecordedRegister? register, _)) in carbon)
            {
                if (register is { } r && account.Begin(meter, r))
                {
                    begun.Add(r.Leaf);
                    moved = true;
                }
            }

            if (closed.Contains(account))
            {
                account.Close(carbon);
            }

            if (moved)
            {
                facts[$"carbon:{account.Name}"] = string.Join(
                    ' ',
                    account.Bases.Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.Meter}={b.Leaf}"))
                );
            }
        }

        WriteFlows(at, facts);
        CountProducts(at, carbon, gaps, facts, begun);
        if (begun.Count > 0)
        {
            (string name, string value) = Thinning.Keep(_ledger, begun);
            facts[name] = value;
        }

        (IReadOnlyList<long> thinned, IReadOnlyDictionary<string, string> passed) = _thinning?.Due(_ledger, at)
            ?? ([], new Dictionary<string, string>());
        foreach ((string name, string value) in passed)
        {
            facts[name] = value;
        }

        _ledger.Append(new LedgerTick(at, _pen.TakeLeaves(), facts, thinned));
    }

    /// <summary>Signs a checkpoint over all recorded leaves, if there are any that no checkpoint covers.</summary>
    public void Seal()
    {
        TreeHead head = _ledger.Head(Origin);
        if (head.Size > (_ledger.LastCheckpoint?.Size ?? 0) && KeyMaySign(head))
        {
            _ledger.Seal(
                new StoredCheckpoint(head.Size, _time.GetUtcNow(), CheckpointNote.Sign(head, _key.Key), CheckpointCose.Sign(head, _key.Key))
            );
        }
    }

    /// <summary>Records slot after slot, and what is entered as it comes, until it is cancelled; then seals what is there.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            Task entered = _door.WaitAsync(cancellation);
            while (true)
            {
                DateTimeOffset slot = Interval.SlotOf(_time.GetUtcNow(), _rhythm.ReadingSlot).End;
                Task due = Task.Delay(slot + Grace - _time.GetUtcNow(), _time, cancellation);
                while (await Task.WhenAny(due, entered) != due)
                {
                    await entered;
                    EnterWaiting();
                    entered = _door.WaitAsync(cancellation);
                }

                await due;
                RecordSlot(slot);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Seal();
        }
    }

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="waiting">Leaves without a checkpoint.</param>
    /// <param name="sinceLast">Time since the last one.</param>
    /// <param name="rhythm">The settings.</param>
    public static bool SealIsDue(long waiting, TimeSpan sinceLast, Rhythm rhythm) =>
        waiting > 0 && (waiting >= rhythm.CheckpointLeaves || sinceLast >= rhythm.CheckpointEvery - Grace || sinceLast < TimeSpan.Zero);

    private void RecordSlot(DateTimeOffset slot)
    {
        try
        {
            Tick(slot);
            StoredCheckpoint? last = _ledger.LastCheckpoint;
            if (SealIsDue(_ledger.Size - (last?.Size ?? 0), last is null ? TimeSpan.MaxValue : _time.GetUtcNow() - last.Time, _rhythm))
            {
                Seal();
            }
        }
        catch (SqliteException e)
        {
            // The registers go on counting: the next slot that can be written has this one's energy too.
            _log.LogError(
                "The readings of {Slot:u} could not be recorded: {Reason} The next slot is tried. Is the card full or read-only?",
                slot,
                e.Message
            );
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _log.LogError(e, "The readings of {Slot:u} could not be recorded, the next slot is tried", slot);
        }
    }

    private bool WriteCarbon(
        CarbonAccount account,
        DateTimeOffset at,
        Dictionary<string, (RecordedRegister? Register, string? Missing)> carbon,
        Dictionary<string, string> facts
    )
    {
        AccountSlot slot = account.At(
            at,
            carbon,
            account.Method.Series is { } series ? (from, to) => MethodIn(account, series, from, to) : null
        );
        long leaf = _pen.Write(LeafType.Carbon, at, slot.Records, h =>
            h with
            {
                ComputedFrom = Resting(slot.ComputedFrom, slot.Method, facts),
                Factors = account.Set is { } set ? _factorsIndex[set.Name] : null,
            }
        );
        if (slot.Closes)
        {
            NoteSlot(account, slot, at, leaf, facts);
        }

        return slot.Closes;
    }

    private void NoteForCarbon(
        Dictionary<string, (RecordedRegister? Register, string? Missing)> carbon,
        IReadOnlyList<Reading> readings,
        long index,
        DateTimeOffset at
    )
    {
        foreach (Reading reading in readings)
        {
            foreach (
                Register register in reading.Registers.Where(r =>
                    _accounts.Any(a => a.Counts(reading.Meter, r.Obis))
                    || _products.Any(p => p.Meter.Name == reading.Meter && p.Meter.Obis == r.Obis)
                )
            )
            {
                carbon[reading.Meter] = reading.Missing is { } reason
                    ? (null, reason.Code())
                    : (new RecordedRegister(index, at, register), null);
            }
        }
    }

    private List<(string Meter, Gap Gap, long Leaf)> WriteGaps(DateTimeOffset at)
    {
        List<(string Meter, Gap Gap, long Leaf)> taken = [];
        foreach (RecordedGroup group in _groups)
        {
            foreach (string meter in group.Meters)
            {
                foreach (Gap gap in _now.TakeGaps(meter))
                {
                    taken.Add((meter, gap, WriteGap(group, meter, gap, at)));
                }
            }
        }

        return taken;
    }

    private long WriteGap(RecordedGroup group, string? meter, Gap gap, DateTimeOffset at) =>
        _pen.Write(
            LeafType.Gap,
            at,
            [
                LeafRecord.Of("cause", gap.Cause.Code()),
                .. meter is null ? Array.Empty<LeafRecord>() : [LeafRecord.Of("meter", meter)],
                LeafRecord.Of("from", gap.From),
                LeafRecord.Of("to", gap.To),
                .. gap.Lost is { } lost ? [LeafRecord.Of("lost", lost)] : Array.Empty<LeafRecord>(),
            ],
            h => h with { Group = group.Name }
        );

    // Gives how the clocks stand now, to be kept once it is recorded.
    private TimeSpan WriteClockStep()
    {
        TimeSpan now = WallLessMonotonic();
        TimeSpan step = now - _wallLessMonotonic;
        if (step.Duration() > SmallestClockStep)
        {
            _pen.Write(LeafType.ClockStep, _time.GetUtcNow(), [LeafRecord.Of("step", step)]);
        }

        return now;
    }

    private TimeSpan WallLessMonotonic() => TimeSpan.FromMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds() - _pen.MonotonicMs);

    private void WriteCalibrations(Dictionary<string, string> facts, RecordedGroup group, DateTimeOffset at)
    {
        foreach (string meter in group.Meters)
        {
            string fact = $"calibration:{meter}";
            string? before = _ledger.Fact(fact);
            if (group.Calibrations.TryGetValue(meter, out IReadOnlyList<LeafRecord>? records) || before is not null)
            {
                WriteOnce(
                    facts,
                    fact,
                    LeafType.Calibration,
                    at,
                    records ?? [LeafRecord.Of("meter", meter), LeafRecord.Of("correction", "none")],
                    h => h with { Group = group.Name },
                    () => LeafRecord.Of("before", CorrectionIn(before))
                );
            }
        }
    }

    private string CorrectionIn(string? fact)
    {
        if (fact is null)
        {
            return "none";
        }

        long index = IndexIn(fact);
        return
            _ledger.Leaves(index, index + 1) is [{ } bytes]
            && LeafCodec.Decode(bytes).Records.FirstOrDefault(r => r.Name == "correction")?.Text is { } said
            ? said
            : string.Create(CultureInfo.InvariantCulture, $"as leaf {index} says");
    }

    private void WriteIndexes(
        Dictionary<string, string> facts,
        RecordedGroup group,
        DateTimeOffset at,
        IReadOnlyList<RegisterStart> registers
    )
    {
        foreach (RecordedIndex index in group.Indexes)
        {
            WriteOnce(
                facts,
                $"index:{index.Meter}",
                LeafType.Exchange,
                at,
                [LeafRecord.Of("meter", index.Meter), LeafRecord.Of("reading", index.Reading), LeafRecord.Of("read", index.At)],
                h => h with { Group = group.Name },
                () => RecordedAfter(group, index) ?? RegisterNow(index, registers, at)
            );
        }
    }

    // The register where it was recorded next after the face was read: at most one reading slot lies between.
    private LeafRecord? RecordedAfter(RecordedGroup group, RecordedIndex index)
    {
        string name = GroupLeaf.NameOf(index.Meter, index.Obis);
        for (long next = _ledger.FirstIndexAt(index.At), size = _ledger.Size; next < size; )
        {
            IReadOnlyList<byte[]?> page = _ledger.Leaves(next, size);
            foreach (
                Leaf leaf in page.OfType<byte[]>()
                    .Select(b => LeafCodec.Decode(b))
                    .Where(l => l.Head.Type == LeafType.Reading && l.Head.Group == group.Name)
            )
            {
                if (leaf.Records.FirstOrDefault(r => r.Name == name && r.Number is not null) is { } record)
                {
                    return record with { Time = record.Time ?? leaf.Head.Time, AccuracyClass = null };
                }
            }

            next = page.Count > 0 ? next + page.Count : size;
        }

        return null;
    }

    private static LeafRecord RegisterNow(RecordedIndex index, IReadOnlyList<RegisterStart> registers, DateTimeOffset at)
    {
        Register now = registers.First(r => r.Meter == index.Meter && r.Register.Obis == index.Obis).Register;
        return new LeafRecord(GroupLeaf.NameOf(index.Meter, index.Obis))
        {
            Unit = now.Quantum.Unit,
            Number = new DecimalFraction(now.Quantum.Exponent, now.Count),
            Time = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds()),
        };
    }

    private static long IndexIn(string fact) => long.Parse(fact.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture);

    // A statement that is in force already is not repeated; the fact holds its index and what it said. What stands beside it when it is
    // made, such as the one before, does not make it another.
    private long WriteOnce(
        Dictionary<string, string> facts,
        string fact,
        string type,
        DateTimeOffset at,
        IReadOnlyList<LeafRecord> records,
        Func<LeafHead, LeafHead>? more = null,
        Func<LeafRecord>? beside = null
    )
    {
        byte[] said = Encoding.UTF8.GetBytes(string.Join('\n', records.Select(r => $"{r.Name}={r.Text}{r.Number}{r.Unit}")));
        string hash = Convert.ToHexStringLower(SHA256.HashData(said));
        string known = facts.GetValueOrDefault(fact) ?? _ledger.Fact(fact) ?? "";
        if (known.EndsWith(hash, StringComparison.Ordinal))
        {
            return IndexIn(known);
        }

        long index = _pen.Write(type, at, beside is null ? records : [.. records, beside()], more);
        facts[fact] = string.Create(CultureInfo.InvariantCulture, $"{index} {hash}");
        return index;
    }

    private void RestoreAccounts(DateTimeOffset at)
    {
        RestoreFlows(at);
        RestoreProducts();
        foreach (CarbonAccount account in _accounts)
        {
            account.Forget();
            foreach (
                string[] part in (_ledger.Fact($"carbon:{account.Name}") ?? "")
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(p => p.Split('='))
            )
            {
                long index = long.Parse(part[1], NumberStyles.None, CultureInfo.InvariantCulture);
                if (_ledger.Leaves(index, index + 1) is [{ } bytes])
                {
                    Leaf leaf = LeafCodec.Decode(bytes);
                    foreach ((string meter, Register register) in GroupLeaf.RegistersOf(leaf).Where(r => r.Meter == part[0]))
                    {
                        account.Begin(meter, new RecordedRegister(index, leaf.Head.Time, register));
                    }
                }
            }
        }
    }

    private static List<LeafRecord> StartRecords(ProcessStart start, IReadOnlyList<RegisterStart> registers)
    {
        List<LeafRecord> records =
        [
            LeafRecord.Of("version", start.Version),
            LeafRecord.Of("registers-from-file", registers.Count(r => r.Origin == RegisterOrigin.File)),
        ];
        foreach (RegisterStart register in registers.Where(r => r.Origin != RegisterOrigin.File))
        {
            records.Add(
                new LeafRecord(GroupLeaf.NameOf(register.Meter, register.Register.Obis))
                {
                    Unit = register.Register.Quantum.Unit,
                    Number = new DecimalFraction(register.Register.Quantum.Exponent, register.Register.Count),
                }
            );
            records.Add(
                LeafRecord.Of(
                    $"{GroupLeaf.NameOf(register.Meter, register.Register.Obis)}/from",
                    register.Origin switch
                    {
                        RegisterOrigin.Ledger => register.InFile is { } file
                            ? $"ledger, the register file was at {file.Count}"
                            : "ledger, not in the register file",
                        RegisterOrigin.NewQuantum => "new, it counted in another unit before",
                        _ => "new",
                    }
                )
            );
        }

        return records;
    }
}
