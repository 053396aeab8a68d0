using System.Text;
using EdgeGateway.Entering;

namespace EdgeGateway.Inputs;

/// <summary>How it stands with an input.</summary>
/// <param name="Name">What it brings.</param>
/// <param name="From">Where it comes from.</param>
/// <param name="Taken">When a document was last taken, wall time, UTC; null before the first since the gateway started.</param>
/// <param name="Failure">Why nothing comes, or why the last document was refused; null when neither is so.</param>
public sealed record FeedState(string Name, string From, DateTimeOffset? Taken, Failure? Failure);

/// <summary>
/// Brings what an input gives through the command door into the log. What is refused is told, and the next one is waited for.
/// </summary>
/// <param name="name">What it brings.</param>
/// <param name="input">Where from.</param>
/// <param name="read">Makes an entry of a document's text at a time, or refuses it with <see cref="InvalidDataException"/>.</param>
/// <param name="clock">The time by which documents are judged, and whether somebody has confirmed it.</param>
/// <param name="door">Where it goes.</param>
/// <param name="backoff">Not shared.</param>
/// <param name="time">For pauses and states: real time.</param>
/// <param name="log">What a person reads afterwards.</param>
public sealed class Feed(
    string name,
    IInput input,
    Func<string, DateTimeOffset, Entry> read,
    Func<(DateTimeOffset Time, bool Confirmed)> clock,
    CommandDoor door,
    Backoff backoff,
    TimeProvider time,
    ILogger log
)
{
    private const int MostYearsBehind = 10; // of a clock that nobody has set
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);
    private FeedState _state = new(name, input.From, null, null);

    /// <summary>How it stands now. Can be read at any time, from any thread.</summary>
    public FeedState State => Volatile.Read(ref _state);

    /// <summary>Takes documents until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await input.ReadAsync(bytes => TakeAsync(bytes, cancellation), cancellation);
            }
            catch (IOException e)
            {
                Fail(e.Message);
                await Task.Delay(backoff.Failed(), time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> TakeAsync(ReadOnlyMemory<byte> document, CancellationToken cancellation)
    {
        try
        {
            await door.EnterAsync(Read(TextOf(document)), cancellation);
            backoff.Succeeded();
            if (_state.Failure is not null)
            {
                log.LogInformation("{Name}: taken again from {From}", name, input.From);
            }

            Volatile.Write(ref _state, _state with { Taken = time.GetUtcNow(), Failure = null });
            return true;
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            Fail($"What came was refused: {e.Message}");
            return false;
        }
    }

    // Before the clock is set, as after a power cut without a network, what has happened seems to lie ahead: it must come again.
    private Entry Read(string text)
    {
        (DateTimeOffset now, bool confirmed) = clock();
        try
        {
            return read(text, now);
        }
        catch (InvalidDataException e) when (!confirmed && IsGoodAt(now.AddYears(MostYearsBehind), text))
        {
            throw new IOException(
                $"{e.Message} No time server has confirmed the clock of this device, so it may be behind: what came is tried again.",
                e
            );
        }
    }

    private bool IsGoodAt(DateTimeOffset later, string text)
    {
        try
        {
            read(text, later);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static string TextOf(ReadOnlyMemory<byte> document)
    {
        try
        {
            return document.Length <= InputFactory.MostBytes
                ? Utf8.GetString(document.Span)
                : throw new InvalidDataException($"It has more than the {InputFactory.MostBytes} bytes of a document.");
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("It is no text in UTF-8.", e);
        }
    }

    private void Fail(string why)
    {
        if (_state.Failure?.Reason != why)
        {
            log.LogWarning("{Name}: nothing is taken from {From}: {Reason}", name, input.From, why);
        }

        Volatile.Write(ref _state, _state with { Failure = new Failure(why, time.GetUtcNow()) });
    }
}
