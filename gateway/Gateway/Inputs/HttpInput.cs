using System.Net;
using System.Net.Http.Headers;
using EdgeGateway.Site;

namespace EdgeGateway.Inputs;

/// <summary>
/// A document on a web server, asked for each interval; not sent again where the server knows by its tag that it has not changed (RFC 9110
/// §13.1.2).
/// </summary>
/// <param name="settings">Where, and how often.</param>
/// <param name="http">Bounds the time and size of an answer.</param>
/// <param name="time">The clock of the pauses.</param>
public sealed class HttpInput(HttpInputSettings settings, HttpClient http, TimeProvider time) : IInput
{
    private EntityTagHeaderValue? _taken; // of the document that is in the log

    /// <inheritdoc/>
    public string From => settings.Url.ToString();

    /// <inheritdoc/>
    public async Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation)
    {
        while (true)
        {
            Answer answer = await AskAsync(cancellation);
            if (answer.Document is not null)
            {
                _taken = await take(answer.Document) ? answer.Tag : null;
            }

            await Task.Delay(settings.Every, time, cancellation);
        }
    }

    private async Task<Answer> AskAsync(CancellationToken cancellation)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, settings.Url);
            if (_taken is not null)
            {
                request.Headers.IfNoneMatch.Add(_taken);
            }

            using HttpResponseMessage answer = await http.SendAsync(request, cancellation);
            if (answer.StatusCode == HttpStatusCode.NotModified)
            {
                return new Answer(null, _taken);
            }

            return answer.IsSuccessStatusCode
                ? new Answer(await answer.Content.ReadAsByteArrayAsync(cancellation), answer.Headers.ETag)
                : throw new IOException($"{settings.Url} answers {(int)answer.StatusCode}.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"{settings.Url} does not answer within {http.Timeout.TotalSeconds} s.");
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{settings.Url} is not reached: {e.GetBaseException().Message}", e);
        }
    }

    // Document is null where the server says that it has not changed.
    private sealed record Answer(byte[]? Document, EntityTagHeaderValue? Tag);
}
