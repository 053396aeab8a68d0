using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Site;

namespace EdgeGateway.Publishing;

/// <summary>How it stands with time stamps.</summary>
/// <param name="Host">Who is asked.</param>
/// <param name="Newest">The last time stamp, or null before the first.</param>
/// <param name="Failure">Why there was none when it was last asked, or null when there was.</param>
public sealed record TimeStampState(string Host, StoredTimeStamp? Newest, Failure? Failure);

/// <summary>
/// Has the newest checkpoint stamped with the time by an authority (RFC 3161 over HTTP, §3.4), one checkpoint each interval. That it is
/// stamped proves later that its leaves were there by then, whatever becomes of the device's clock and key.
/// </summary>
/// <param name="ledger">Read, and given the time stamps.</param>
/// <param name="settings">The authority.</param>
/// <param name="backoff">Not shared.</param>
/// <param name="http">For the requests.</param>
/// <param name="time">For intervals, pauses and the time limit: real time, however fast a simulation runs.</param>
/// <param name="random">For nonces.</param>
/// <param name="log">What a person reads afterwards.</param>
public sealed class TimeStampClient(
    Ledger ledger,
    TimeStampSettings settings,
    Backoff backoff,
    HttpClient http,
    TimeProvider time,
    RandomNumberGenerator random,
    ILogger log
)
{
    private const int NonceBytes = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private Failure? _failure;

    /// <summary>How it stands now. Can be read at any time, from any thread.</summary>
    public TimeStampState State => new(settings.Url.Host, ledger.NewestTimeStamp, Volatile.Read(ref _failure));

    /// <summary>Asks for a time stamp of the newest checkpoint each interval until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        TimeSpan pause = UntilDue();
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, time, cancellation);
                await ledger.WaitForCheckpointBeyondAsync(ledger.NewestTimeStamp?.Size ?? 0, cancellation);
                if (await FailureOfAskingAsync(ledger.LastCheckpoint!, cancellation) is { } why)
                {
                    Fail(why);
                    pause = backoff.Failed();
                }
                else
                {
                    Succeed();
                    pause = settings.Every;
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // The last one is dated by the authority's clock; a clock here that is far behind must not put the next one off.
    private TimeSpan UntilDue()
    {
        TimeSpan pause = ledger.NewestTimeStamp is { } newest ? newest.Time + settings.Every - time.GetUtcNow() : TimeSpan.Zero;
        if (pause < TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        return pause < settings.Every ? pause : settings.Every;
    }

    private void Succeed()
    {
        backoff.Succeeded();
        if (_failure is not null)
        {
            log.LogInformation("The time-stamping authority {Url} stamps again", settings.Url);
        }

        Volatile.Write(ref _failure, null);
    }

    private void Fail(string why)
    {
        if (_failure is null)
        {
            log.LogWarning("The time-stamping authority {Url} does not stamp: it {Reason}", settings.Url, why);
        }

        Volatile.Write(ref _failure, new Failure(why, time.GetUtcNow()));
    }

    private async Task<string?> FailureOfAskingAsync(StoredCheckpoint newest, CancellationToken cancellation)
    {
        byte[] nonce = new byte[NonceBytes];
        random.GetBytes(nonce);
        Rfc3161TimestampRequest request = TimeStamp.Request(CheckpointNote.Parse(newest.Note), nonce);
        using CancellationTokenSource limit = new(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using HttpRequestMessage post = new(HttpMethod.Post, settings.Url) { Content = new ByteArrayContent(request.Encode()) };
            post.Content.Headers.ContentType = new MediaTypeHeaderValue("application/timestamp-query");
            using HttpResponseMessage answer = await http.SendAsync(post, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return $"answers {(int)answer.StatusCode}";
            }

            byte[] response = await ReadAsync(answer.Content, either.Token);
            (byte[] token, DateTimeOffset stamped) = TimeStamp.TokenOf(request, response);
            ledger.AddTimeStamp(new StoredTimeStamp(newest.Size, token, settings.Url.Host, stamped));
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"does not answer within {Limit.TotalSeconds} s";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return $"is not reached: {e.GetBaseException().Message}";
        }
        catch (EvidenceException e)
        {
            return $"gives no good time stamp: {e.Message}";
        }
    }

    // One byte more than there may be shows that there is more.
    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        byte[] bytes = new byte[TimeStamp.MaxBytes + 1];
        await using Stream stream = await content.ReadAsStreamAsync(cancellation);
        int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return read < bytes.Length ? bytes[..read] : throw new EvidenceException($"Its answer has more than {TimeStamp.MaxBytes} bytes.");
    }
}
