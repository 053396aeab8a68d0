using Fractions;

namespace EdgeGateway.Carbon.Flows;

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
    public (Int128 Energy, DateTimeOffset Start)? Block { get; private set; }

    /// <summary>The largest 15 minutes that begin at any minute.</summary>
    public (Int128 Energy, DateTimeOffset Start)? Sliding { get; private set; }

    /// <summary>All complete blocks.</summary>
    public (Int128 Energy, int Count) Blocks { get; private set; }

    /// <summary>Why there is no maximum of blocks.</summary>
    public string? NoBlock =>
        Minutes % lengthMinutes != 0 ? $"intervals of {lengthMinutes} min do not make up 15 min"
        : _missing > 0 ? Missing
        : Block is null ? "there is no complete block of 15 min"
        : null;

    /// <summary>Why there is no sliding maximum.</summary>
    public string? NoSliding =>
        lengthMinutes != 1 ? $"it takes intervals of 1 min, these have {lengthMinutes} min"
        : _missing > 0 ? Missing
        : Sliding is null ? "there are no 15 min"
        : null;

    private string Missing =>
        $"the import of {_missing} intervals is missing, the first at {_firstMissing:yyyy-MM-dd'T'HH:mm'Z'}; the maximum may "
        + "have been there";

    /// <summary>The mean power of 15 minutes, kW.</summary>
    public static Fraction Kilowatts(Int128 microwattHours) => new(microwattHours * (60 / Minutes), 1_000_000_000);

    public void Take(DateTimeOffset start, long? import)
    {
        if (start.Ticks % Window.Ticks == 0)
        {
            (_block, _inBlock) = (0, 0);
        }

        if (import is not { } energy)
        {
            _firstMissing = _missing++ == 0 ? start : _firstMissing;
            return; // no maximum any more
        }

        TimeSpan length = TimeSpan.FromMinutes(lengthMinutes);
        _block += energy;
        _inBlock += lengthMinutes;
        if (_inBlock == Minutes && (start + length).Ticks % Window.Ticks == 0)
        {
            Blocks = (Blocks.Energy + _block, Blocks.Count + 1);
            Block = Block is { } most && most.Energy >= _block ? most : (_block, start + length - Window);
        }

        if (lengthMinutes == 1)
        {
            _sliding.Enqueue(energy);
            _window += energy - (_sliding.Count > Minutes ? _sliding.Dequeue() : 0);
            if (_sliding.Count == Minutes && !(Sliding is { } most && most.Energy >= _window))
            {
                Sliding = (_window, start + length - Window);
            }
        }
    }
}
