using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>The import of 15 minutes.</summary>
/// <param name="MicrowattHours">The energy.</param>
/// <param name="Start">Where the 15 minutes begin.</param>
internal sealed record DemandPeak(Int128 MicrowattHours, DateTimeOffset Start);

/// <summary>The import of all complete blocks of 15 minutes.</summary>
/// <param name="MicrowattHours">The energy of all of them.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct DemandBlocks(Int128 MicrowattHours, int Count);

/// <summary>Finds the maximum demand: the largest mean power of 15 minutes, in blocks and sliding.</summary>
internal sealed class Demand(int lengthMinutes)
{
    /// <summary>The length of a block.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(Minutes);

    private const int Minutes = 15;

    private readonly Queue<long> _sliding = new();
    private Int128 _block,
        _window;
    private int _inBlock,
        _missing;
    private DateTimeOffset _firstMissing;

    /// <summary>The largest complete block, aligned to UTC, and its start.</summary>
    public DemandPeak? Block { get; private set; }

    /// <summary>The largest 15 minutes that begin at any minute.</summary>
    public DemandPeak? Sliding { get; private set; }

    /// <summary>All complete blocks.</summary>
    public DemandBlocks Blocks { get; private set; }

    /// <summary>Why there is no maximum of blocks.</summary>
    public string? NoBlock
    {
        get
        {
            if (Minutes % lengthMinutes != 0)
            {
                return $"intervals of {lengthMinutes} min do not make up 15 min";
            }

            if (_missing > 0)
            {
                return Missing;
            }

            return Block is null ? "there is no complete block of 15 min" : null;
        }
    }

    /// <summary>Why there is no sliding maximum.</summary>
    public string? NoSliding
    {
        get
        {
            if (lengthMinutes != 1)
            {
                return $"it takes intervals of 1 min, these have {lengthMinutes} min";
            }

            if (_missing > 0)
            {
                return Missing;
            }

            return Sliding is null ? "there are no 15 min" : null;
        }
    }

    private string Missing =>
        $"the import of {_missing} intervals is missing, the first at {_firstMissing:yyyy-MM-dd'T'HH:mm'Z'}; the maximum may "
        + "have been there";

    /// <summary>The mean power of 15 minutes, kW.</summary>
    public static Fraction Kilowatts(Int128 microwattHours) => new(microwattHours * (60 / Minutes), 1_000_000_000);

    public void Take(DateTimeOffset start, long? import)
    {
        if (start.Ticks % Window.Ticks == 0)
        {
            _block = 0;
            _inBlock = 0;
        }

        if (import is not { } energy)
        {
            _firstMissing = _missing++ == 0 ? start : _firstMissing;
            return; // the maximum may have been in the missing interval, so none is stated any more
        }

        TimeSpan length = TimeSpan.FromMinutes(lengthMinutes);
        _block += energy;
        _inBlock += lengthMinutes;
        if (_inBlock == Minutes && (start + length).Ticks % Window.Ticks == 0)
        {
            Blocks = new(Blocks.MicrowattHours + _block, Blocks.Count + 1);
            Block = Larger(Block, _block, start + length);
        }

        if (lengthMinutes == 1)
        {
            _sliding.Enqueue(energy);
            _window += energy - (_sliding.Count > Minutes ? _sliding.Dequeue() : 0);
            if (_sliding.Count == Minutes)
            {
                Sliding = Larger(Sliding, _window, start + length);
            }
        }
    }

    private static DemandPeak Larger(DemandPeak? most, Int128 energy, DateTimeOffset end) =>
        most is not null && most.MicrowattHours >= energy ? most : new DemandPeak(energy, end - Window);
}
