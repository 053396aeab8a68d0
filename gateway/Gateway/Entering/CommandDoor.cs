using System.Threading.Channels;

namespace EdgeGateway.Entering;

/// <summary>An entry that waits to be recorded.</summary>
/// <param name="Entry">What was entered.</param>
/// <param name="Leaf">Completes with the index of its leaf once that is durable, or with the refusal.</param>
public sealed record WaitingEntry(Entry Entry, TaskCompletionSource<long> Leaf);

/// <summary>
/// The one way by which what people enter comes into the log: from any thread to the recorder, which writes alone. Each entry becomes a
/// leaf.
/// </summary>
public sealed class CommandDoor
{
    private const int MostWaiting = 16;

    private readonly Channel<WaitingEntry> _waiting = Channel.CreateBounded<WaitingEntry>(MostWaiting);

    /// <summary>Has an entry recorded, and gives the index of its leaf once that is durable.</summary>
    /// <exception cref="InvalidDataException">It does not fit what is recorded; the sentence says why. Nothing was recorded.</exception>
    /// <exception cref="IOException">It could not be recorded, and may be later.</exception>
    public async Task<long> EnterAsync(Entry entry, CancellationToken cancellation)
    {
        TaskCompletionSource<long> leaf = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _waiting.Writer.WriteAsync(new WaitingEntry(entry, leaf), cancellation);
        return await leaf.Task.WaitAsync(cancellation);
    }

    /// <summary>The recorder's side: completes when an entry waits.</summary>
    public async Task WaitAsync(CancellationToken cancellation) => await _waiting.Reader.WaitToReadAsync(cancellation);

    /// <summary>The recorder's side: the next entry, if one waits.</summary>
    public WaitingEntry? Take() => _waiting.Reader.TryRead(out WaitingEntry? waiting) ? waiting : null;
}
