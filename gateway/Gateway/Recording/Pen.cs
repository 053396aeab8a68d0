using System.Security.Cryptography;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recording;

/// <summary>Writes the leaves of one tick: gives each its index, the time and a salt.</summary>
/// <param name="time">Wall and monotonic time.</param>
/// <param name="status">Asked for each leaf: how far the wall time can be trusted.</param>
/// <param name="random">For salts.</param>
public sealed class Pen(TimeProvider time, Func<TimeStatus> status, RandomNumberGenerator random)
{
    private readonly List<Leaf> _leaves = [];
    private readonly List<byte[]> _bytes = [];
    private long _first;

    /// <summary>Kernel boots this log has seen.</summary>
    public long BootCount { get; set; }

    /// <summary>The index of the next leaf.</summary>
    public long NextIndex => _first + _leaves.Count;

    /// <summary>Milliseconds of the monotonic clock.</summary>
    public long MonotonicMs => (long)(time.GetTimestamp() / (time.TimestampFrequency / 1000.0));

    /// <summary>The tick's leaves as they are recorded, in the order of their indexes.</summary>
    public IReadOnlyList<byte[]> Bytes => [.. _bytes];

    /// <summary>Begins a tick.</summary>
    /// <param name="first">The index of its first leaf.</param>
    public void Begin(long first)
    {
        _first = first;
        _leaves.Clear();
        _bytes.Clear();
    }

    /// <summary>Writes a leaf and gives its index.</summary>
    /// <param name="type">One of <see cref="LeafType"/>.</param>
    /// <param name="at">The leaf's time, UTC.</param>
    /// <param name="records">At least one.</param>
    /// <param name="more">Adds labels to the head.</param>
    /// <exception cref="EvidenceException">The leaf cannot be written.</exception>
    public long Write(string type, DateTimeOffset at, IReadOnlyList<LeafRecord> records, Func<LeafHead, LeafHead>? more = null)
    {
        byte[] salt = new byte[LeafCodec.SaltBytes];
        random.GetBytes(salt);
        LeafHead head = new()
        {
            Index = NextIndex,
            Type = type,
            Time = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()),
            TimeStatus = status(),
            BootCount = BootCount,
            MonotonicMs = MonotonicMs,
            Salt = salt,
        };
        Leaf leaf = new(more?.Invoke(head) ?? head, records);
        _bytes.Add(LeafCodec.Encode(leaf));
        _leaves.Add(leaf);
        return NextIndex - 1;
    }

    /// <summary>A leaf of the tick, or null where the index is of none.</summary>
    public Leaf? Written(long index) => index >= _first && index < NextIndex ? _leaves[(int)(index - _first)] : null;
}
