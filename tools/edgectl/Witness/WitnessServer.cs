using System.Net;
using System.Text;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>
/// The HTTP of a witness: <c>POST /add-checkpoint</c>. For the outside world a reverse proxy stands in front and speaks TLS.
/// </summary>
internal sealed class WitnessServer(Witness witness, TimeProvider time) : IDisposable
{
    // A device sends a few kilobytes at once; who takes longer keeps a place that others need.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpListener _listener = new() { IgnoreWriteExceptions = true };

    /// <summary>Answers until it is stopped.</summary>
    /// <param name="prefix">For example <c>http://127.0.0.1:8081/</c>.</param>
    /// <param name="ready">Called once it listens.</param>
    /// <param name="stop">Ends it; requests at work are answered.</param>
    /// <exception cref="IOException">It cannot listen there.</exception>
    public async Task RunAsync(string prefix, Action ready, CancellationToken stop)
    {
        try
        {
            _listener.Prefixes.Add(prefix);
            _listener.Start();
        }
        catch (Exception e) when (e is HttpListenerException or ArgumentException)
        {
            throw new IOException($"It cannot listen at {prefix}: {e.Message}", e);
        }

        using CancellationTokenRegistration stopping = stop.Register(_listener.Stop);
        ready();
        List<Task> atWork = [];
        while (!stop.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e)
                when (stop.IsCancellationRequested && e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                break;
            }

            atWork.RemoveAll(t => t.IsCompleted);
            atWork.Add(Task.Run(() => AnswerAsync(context), CancellationToken.None));
        }

        await Task.WhenAll(atWork).WaitAsync(Patience, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            WitnessAnswer answer = await JudgeAsync(context.Request);
            byte[] body = Encoding.UTF8.GetBytes(answer.Text);
            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = answer.ContentType;
            context.Response.ContentLength64 = body.Length;
            await context.Response.OutputStream.WriteAsync(body);
            context.Response.Close();
        }
        catch (Exception e) when (e is IOException or HttpListenerException or ObjectDisposedException or OperationCanceledException)
        {
            context.Response.Abort(); // the caller has gone, or took too long
        }
#pragma warning disable CA1031 // The top of a request: whatever failed, the others are answered, and nothing was cosigned.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"edgectl: a request failed: {e.Message}");
            context.Response.StatusCode = 500;
            context.Response.Close();
        }
    }

    private async Task<WitnessAnswer> JudgeAsync(HttpListenerRequest request)
    {
        if (request.Url?.AbsolutePath != "/add-checkpoint")
        {
            return new WitnessAnswer(404, "A witness answers POST /add-checkpoint.\n");
        }

        if (request.HttpMethod != "POST")
        {
            return new WitnessAnswer(405, "A witness answers POST /add-checkpoint.\n");
        }

        byte[] body = new byte[AddCheckpoint.MaxBytes + 1];
        using CancellationTokenSource late = new(Patience, time);
        int length = await request.InputStream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, late.Token);
        return length <= AddCheckpoint.MaxBytes
            ? witness.AddCheckpoint(Encoding.UTF8.GetString(body, 0, length))
            : new WitnessAnswer(413, $"A request has at most {AddCheckpoint.MaxBytes} bytes.\n");
    }
}
