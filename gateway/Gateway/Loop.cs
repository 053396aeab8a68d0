using System.Globalization;

namespace EdgeGateway;

/// <summary>What the gateway does for its readers; the page answers for each whether it does.</summary>
public enum Duty
{
    /// <summary>Reads meters.</summary>
    Measures,

    /// <summary>Records, signs and has others witness it.</summary>
    Records,

    /// <summary>Delivers what is recorded.</summary>
    Delivers,
}

/// <summary>Why a loop does not do its work.</summary>
/// <param name="Since">Since when, wall time, UTC.</param>
/// <param name="Why">For a person to read.</param>
/// <param name="NextTry">When it begins again by itself, or has just begun; null: its thread hangs, which no new beginning ends.</param>
public sealed record Outage(DateTimeOffset Since, string Why, DateTimeOffset? NextTry);

/// <summary>
/// One of the things that the gateway does for as long as it runs. When its body ends or throws, whatever the reason, that is told once,
/// and it begins again after a pause; when it has run for <see cref="Trial"/>, that it works again is told.
/// </summary>
/// <param name="name">For a person to read.</param>
/// <param name="duty">Where the page shows that it does not work.</param>
/// <param name="body">Runs until it is cancelled.</param>
/// <param name="backoff">Not shared.</param>
/// <param name="time">For pauses and times: real time, however fast a simulation runs.</param>
/// <param name="log">What a person reads afterwards.</param>
/// <param name="progress">Shows that the body hangs; null where it may wait for others as long as it likes.</param>
public sealed class Loop(
    string name,
    Duty duty,
    Func<CancellationToken, Task> body,
    Backoff backoff,
    TimeProvider time,
    ILogger log,
    Progress? progress = null
) : BackgroundService
{
    /// <summary>A loop that began again is trusted when it has run so long.</summary>
    public static readonly TimeSpan Trial = TimeSpan.FromSeconds(10);

    // What hangs when the gateway stops must not keep the recorder, which stops after it, from sealing.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(5);
    private Outage? _outage;

    /// <summary>For a person to read.</summary>
    public string Name => name;

    /// <summary>What it is for.</summary>
    public Duty Duty => duty;

    /// <summary>Why it does not do its work, or null while it does. Can be read at any time, from any thread.</summary>
    public Outage? Outage
    {
        get
        {
            if (Volatile.Read(ref _outage) is { } outage)
            {
                return outage;
            }

            return progress is { StandsStill: true } hung ? Standstill(hung.Idle) : null;
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(LongestStop, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await base.StopAsync(either.Token);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Exception? fault = await EndAsync(stoppingToken);
            if (stoppingToken.IsCancellationRequested)
            {
                TellOfStop(fault);
                return;
            }

            TimeSpan pause = backoff.Failed();
            Fail(fault, pause);
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Runs the body to its end, and gives what it threw.
    private async Task<Exception?> EndAsync(CancellationToken stopping)
    {
        progress?.Made();
        Task running = Task.Run(() => body(stopping), CancellationToken.None);
        try
        {
            if (_outage is not null)
            {
                await Task.WhenAny(running, Task.Delay(Trial, time, stopping));
                Trust(running, stopping);
            }

            await running;
            return null;
        }
#pragma warning disable CA1031 // Whatever a body throws, the others go on and it begins again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }

    private void Trust(Task running, CancellationToken stopping)
    {
        if (!running.IsCompleted && !stopping.IsCancellationRequested)
        {
            Volatile.Write(ref _outage, null);
            backoff.Succeeded();
            log.LogInformation("{Name}: works again", name);
        }
    }

    private void Fail(Exception? fault, TimeSpan pause)
    {
        DateTimeOffset now = time.GetUtcNow();
        string why = fault?.Message ?? "It came to an end, although nothing had told it to.";
        if (_outage?.Why != why)
        {
            // What the world does wrong is said by the sentence; of our own faults the trace is wanted.
            log.LogError(fault is IOException ? null : fault, "{Name}: has stopped, and begins again by itself: {Reason}", name, why);
        }

        Volatile.Write(ref _outage, new Outage(_outage?.Since ?? now, why, now + pause));
    }

    private void TellOfStop(Exception? fault)
    {
        if (fault is not (null or OperationCanceledException))
        {
            log.LogError(fault, "{Name}: did not end well: {Reason}", name, fault.Message);
        }
    }

    private Outage Standstill(TimeSpan idle) =>
        new(
            time.GetUtcNow() - idle,
            string.Create(CultureInfo.InvariantCulture, $"It has done nothing for {(long)idle.TotalSeconds} s: what it waits for hangs."),
            null
        );
}
