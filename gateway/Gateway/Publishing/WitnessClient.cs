using System.Globalization;
using System.Net;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Site;

namespace EdgeGateway.Publishing;

/// <summary>How it stands with a witness.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Leaves of the newest checkpoint that it has cosigned; 0 when there is none.</param>
/// <param name="Time">When it did, by its own clock; null when there is none.</param>
/// <param name="Failure">Why it did not cosign the last one that was sent, or null when it did.</param>
public sealed record WitnessState(string Name, long Size, DateTimeOffset? Time, Failure? Failure);

/// <summary>
/// Has the newest checkpoint cosigned by a witness, with a proof that it continues the one that the witness has cosigned before (C2SP
/// tlog-witness). What the witness remembers is the device's insurance: a log that has lost leaves since then is recognised.
/// </summary>
/// <param name="ledger">Read, and given the cosignatures.</param>
/// <param name="settings">The witness.</param>
/// <param name="backoff">Not shared.</param>
/// <param name="http">For the requests, with a time limit.</param>
/// <param name="time">For pauses and the times in the state.</param>
/// <param name="log">What a person reads afterwards.</param>
/// <param name="lost">Called when the witness has seen leaves that the device does not have, with how many it has seen. Nothing is asked
/// then.</param>
public sealed class WitnessClient(
    Ledger ledger,
    WitnessSettings settings,
    Backoff backoff,
    HttpClient http,
    TimeProvider time,
    ILogger log,
    Action<long> lost
)
{
    private Failure? _failure;

    /// <summary>How it stands now. Can be read at any time, from any thread.</summary>
    public WitnessState State =>
        ledger.NewestCosignature(settings.Key.Name) is { } newest
            ? new WitnessState(settings.Key.Name, newest.Size, newest.Time, Volatile.Read(ref _failure))
            : new WitnessState(settings.Key.Name, 0, null, Volatile.Read(ref _failure));

    /// <summary>Asks for a cosignature of each newest checkpoint until cancelled, or until the log turns out to be lost.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        long cosigned = State.Size,
            known = cosigned;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await ledger.WaitForCheckpointBeyondAsync(cosigned, cancellation);
                StoredCheckpoint newest = ledger.LastCheckpoint!;
                switch (await AskAsync(known, newest, cancellation))
                {
                    case Answer.Cosigned:
                        cosigned = known = newest.Size;
                        backoff.Succeeded();
                        Volatile.Write(ref _failure, null);
                        break;
                    case Answer.Knows { Size: var size } when size <= newest.Size && size != known:
                        known = size; // asked again at once, from there
                        break;
                    case Answer.Knows { Size: var size }:
                        log.LogError(
                            "The witness {Name} has cosigned {Size} leaves of this log, which are not those that this device "
                                + "has ({Own}): leaves were lost, or an old ledger was put back. A new epoch begins.",
                            settings.Key.Name,
                            size,
                            newest.Size
                        );
                        lost(size);
                        return;
                    case Answer.Refused { Why: var why }:
                        Fail(why);
                        await Task.Delay(backoff.Failed(), time, cancellation);
                        break;
                    default:
                        throw new InvalidOperationException("There is no such answer.");
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void Fail(string why)
    {
        if (_failure?.Reason != why)
        {
            log.LogWarning("The witness {Name} ({Url}) does not cosign: {Reason}", settings.Key.Name, settings.Url, why);
        }

        Volatile.Write(ref _failure, new Failure(why, time.GetUtcNow()));
    }

    private async Task<Answer> AskAsync(long known, StoredCheckpoint newest, CancellationToken cancellation)
    {
        AddCheckpoint request = new(known, known == 0 ? [] : ledger.Consistency(known, newest.Size), newest.Note);
        try
        {
            using StringContent body = new(request.Encode());
            using HttpResponseMessage answer = await http.PostAsync(new Uri(settings.Url, "add-checkpoint"), body, cancellation);
            string text = await answer.Content.ReadAsStringAsync(cancellation);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => Keep(newest, text),
                HttpStatusCode.Conflict
                    when answer.Content.Headers.ContentType?.MediaType == "text/x.tlog.size" && IsSize(text, out long size) =>
                    new Answer.Knows(size),

                // The proof was made from the size that it knows: what it knows of it is another history.
                HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity when known > 0 => new Answer.Knows(known),
                _ => new Answer.Refused($"it answers {(int)answer.StatusCode}: {(text.Length > 200 ? text[..200] : text).Trim()}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return new Answer.Refused($"it is not reached: {e.Message}");
        }
    }

    private Answer Keep(StoredCheckpoint newest, string lines)
    {
        try
        {
            foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l + "\n"))
            {
                if (settings.Key.CosignedAt(CheckpointNote.Parse(newest.Note + line)) is { } at)
                {
                    ledger.AddCosignature(new StoredCosignature(newest.Size, settings.Key.Name, line, at));
                    return new Answer.Cosigned();
                }
            }
        }
        catch (EvidenceException e)
        {
            return new Answer.Refused($"its answer is no cosignature: {e.Message}");
        }

        return new Answer.Refused("its answer is not signed with the key in the site file. Ask whoever runs it for its key.");
    }

    private static bool IsSize(string text, out long size) =>
        long.TryParse(text.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out size);

    private abstract record Answer
    {
        internal sealed record Cosigned : Answer;

        internal sealed record Knows(long Size) : Answer;

        internal sealed record Refused(string Why) : Answer;
    }
}
