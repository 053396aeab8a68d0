using System.Text;
using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>Which register: a meter by its name in the site file, and what is counted.</summary>
public readonly record struct RegisterKey(string Meter, ObisCode Obis)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Meter} {Obis}";
}

/// <summary>Where a register's count came from at the start.</summary>
public enum RegisterOrigin
{
    /// <summary>Nothing was known of the register: it begins at 0.</summary>
    New,

    /// <summary>The register file, which is where counts are newest.</summary>
    File,

    /// <summary>The ledger knew a larger count than the file: the file is damaged, older, or gone.</summary>
    Ledger,

    /// <summary>It is known, but counted another quantum: another kind of meter has taken the name. It begins at 0.</summary>
    NewQuantum,
}

/// <summary>How one register began, for the <c>start</c> leaf.</summary>
/// <param name="Meter">The meter's name.</param>
/// <param name="Register">The register as it begins.</param>
/// <param name="Origin">Where the count that it goes on from came from.</param>
/// <param name="InFile">The register in the register file, in whatever quantum, or null.</param>
/// <param name="InLedger">The register as last recorded in the ledger, or null.</param>
public readonly record struct RegisterStart(string Meter, Register Register, RegisterOrigin Origin, Register? InFile, Register? InLedger);

/// <summary>
/// Owns the cumulative total of every register. Meters only add to it; a total never steps back, and the larger of the file's and
/// the ledger's count wins at the start.
/// </summary>
public sealed class RegisterBook
{
    private readonly Lock _lock = new();
    private readonly IReadOnlyDictionary<RegisterKey, Register> _inFile;
    private readonly IReadOnlyDictionary<RegisterKey, Register> _inLedger;
    private readonly List<RegisterStart> _starts = [];
    private readonly Dictionary<string, MeterRegisters> _open = [];
    private MeterRegisters[] _all;
    private long _version;

    /// <summary>Makes a book that goes on from what is known.</summary>
    /// <param name="inFile">What the register file held. Registers that no meter opens are kept as they are, for when their meter
    /// comes back.</param>
    /// <param name="inLedger">The last recorded register of each meter.</param>
    public RegisterBook(IReadOnlyDictionary<RegisterKey, Register> inFile, IReadOnlyDictionary<RegisterKey, Register> inLedger)
    {
        _inFile = inFile;
        _inLedger = inLedger;
        _all = [.. inFile.GroupBy(r => r.Key.Meter).Select(m => new MeterRegisters(this, m.Key, [.. m.Select(r => r.Value)]))];
    }

    /// <summary>A number that changes whenever a total does.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>How each opened register began, in the order of opening.</summary>
    public IReadOnlyList<RegisterStart> Starts
    {
        get
        {
            lock (_lock)
            {
                return [.. _starts];
            }
        }
    }

    /// <summary>The registers of all meters, opened or only kept.</summary>
    public ReadOnlySpan<MeterRegisters> All => Volatile.Read(ref _all);

    /// <summary>Opens a meter's registers. Each goes on from the larger of the file's and the ledger's count.</summary>
    /// <exception cref="ArgumentException">A meter is opened twice, or a name or unit does not fit the register file.</exception>
    public MeterRegisters Open(string meter, params ReadOnlySpan<(ObisCode Obis, Quantum Quantum)> registers)
    {
        RequireFits(meter, RegisterSlot.MeterBytes, "meter name");
        lock (_lock)
        {
            var starts = new RegisterStart[registers.Length];
            for (int i = 0; i < starts.Length; i++)
            {
                RequireFits(registers[i].Quantum.Unit, RegisterSlot.UnitBytes, "unit");
                starts[i] = FindStart(new RegisterKey(meter, registers[i].Obis), registers[i].Quantum);
            }

            Register[] opened = [.. starts.Select(s => s.Register)];
            Register[] kept = [.. _inFile.Where(f => f.Key.Meter == meter && !opened.Any(o => o.Obis == f.Key.Obis)).Select(f => f.Value)];
            var open = new MeterRegisters(this, meter, opened);
            if (!_open.TryAdd(meter, open))
            {
                throw new ArgumentException(
                    $"The registers of meter '{meter}' are open already. Two meters cannot have one name.",
                    nameof(meter)
                );
            }

            _starts.AddRange(starts);
            IEnumerable<MeterRegisters> others = _all.Where(m => m.Meter != meter);
            _all = [.. others, open, .. kept.Length == 0 ? [] : new[] { new MeterRegisters(this, meter, kept) }];
            CountChange();
            return open;
        }
    }

    internal void CountChange() => Interlocked.Increment(ref _version);

    private RegisterStart FindStart(RegisterKey key, Quantum quantum)
    {
        Register? inFile = _inFile.TryGetValue(key, out Register f) ? f : null;
        Register? inLedger = _inLedger.TryGetValue(key, out Register l) ? l : null;
        long? file = inFile?.Quantum == quantum ? inFile.Value.Count : null;
        long? ledger = inLedger?.Quantum == quantum ? inLedger.Value.Count : null;
        (RegisterOrigin origin, long count) = (file, ledger) switch
        {
            (null, null) when inFile is null && inLedger is null => (RegisterOrigin.New, 0),
            (null, null) => (RegisterOrigin.NewQuantum, 0),
            (null, { } recorded) => (RegisterOrigin.Ledger, recorded),
            ({ } counted, { } recorded) when recorded > counted => (RegisterOrigin.Ledger, recorded),
            ({ } counted, _) => (RegisterOrigin.File, counted),
        };
        return new RegisterStart(key.Meter, new Register(key.Obis, quantum, count), origin, inFile, inLedger);
    }

    private static void RequireFits(string text, int bytes, string what)
    {
        if (text.Length == 0 || text.Length > bytes || !Ascii.IsValid(text))
        {
            throw new ArgumentException($"'{text}' is not a {what} the register file can hold: 1 to {bytes} ASCII characters.");
        }
    }
}

/// <summary>One meter's registers in the book. Added to by the one worker that polls the meter, read by anybody.</summary>
public sealed class MeterRegisters
{
    private readonly RegisterBook _book;
    private Register[] _registers;

    internal MeterRegisters(RegisterBook book, string meter, Register[] registers)
    {
        _book = book;
        Meter = meter;
        _registers = registers;
    }

    /// <summary>The meter's name.</summary>
    public string Meter { get; }

    /// <summary>The registers as they stood together at one instant; later additions make a new list.</summary>
    public IReadOnlyList<Register> Now => Volatile.Read(ref _registers);

    /// <summary>Adds what was counted since the last time, one number a register, in the order they were opened. All or nothing.</summary>
    /// <exception cref="ArgumentException">A number is negative, or there is not one for each register.</exception>
    /// <exception cref="OverflowException">A total would pass 2⁶³−1.</exception>
    public void Add(params ReadOnlySpan<long> counts)
    {
        if (counts.Length != _registers.Length)
        {
            throw new ArgumentException($"Meter '{Meter}' has {_registers.Length} registers, not {counts.Length}.", nameof(counts));
        }

        if (!counts.ContainsAnyExcept(0))
        {
            return;
        }

        var sums = new Register[counts.Length];
        for (int i = 0; i < sums.Length; i++)
        {
            Register register = _registers[i];
            if (counts[i] < 0)
            {
                throw new ArgumentException($"Register {Meter} {register.Obis} never steps back, not even by {counts[i]}.", nameof(counts));
            }

            sums[i] = register with { Count = register.Count + counts[i] };
        }

        Volatile.Write(ref _registers, sums);
        _book.CountChange();
    }
}
