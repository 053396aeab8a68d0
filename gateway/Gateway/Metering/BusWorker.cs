using EdgeGateway.Drivers;
using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>Polls the meters of one bus, once at the start and then at every full second of UTC, on a thread of its own.</summary>
/// <remarks>
/// A bus that hangs stops this thread and nothing else: its readings go stale. A poll that takes longer than a period skips the
/// seconds it missed.
/// </remarks>
public sealed class BusWorker : IAsyncDisposable
{
    /// <summary>How often live values are read.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A bus on which no meter was read, and none found missing, for so long hangs. A full bus takes a few seconds.</summary>
    public static readonly TimeSpan LongestPoll = 30 * Period;

    private readonly IReadOnlyList<IMeter> _meters;
    private readonly Now _now;
    private readonly RegisterBook _book;
    private readonly RegisterFile _file;
    private readonly TimeProvider _time;
    private readonly FaultLog _faults;
    private readonly AutoResetEvent _due = new(true);
    private readonly TaskCompletionSource _firstPoll = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private Task _thread = Task.CompletedTask;
    private volatile bool _stopping;

    /// <summary>Makes a worker that waits for <see cref="Start"/>.</summary>
    /// <param name="bus">The bus's name in the site file.</param>
    /// <param name="meters">The meters on it, in the order in which to read them.</param>
    /// <param name="now">Stores the readings.</param>
    /// <param name="book">The book with the meters' registers.</param>
    /// <param name="file">The file that keeps the book.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log that faults are told to.</param>
    /// <param name="progress">Told of each meter that was read or found missing.</param>
    public BusWorker(
        string bus,
        IReadOnlyList<IMeter> meters,
        Now now,
        RegisterBook book,
        RegisterFile file,
        TimeProvider time,
        ILogger logger,
        Progress? progress = null
    )
    {
        Bus = bus;
        Progress = progress;
        _meters = meters;
        _now = now;
        _book = book;
        _file = file;
        _time = time;
        _faults = new FaultLog(bus, time, logger);
        _timer = time.CreateTimer(_ => OnTick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The bus's name in the site file.</summary>
    public string Bus { get; }

    /// <summary>Shows whether it goes on, or null where nobody asks.</summary>
    public Progress? Progress { get; }

    /// <summary>Ends when every meter of the bus has been read, or found missing, for the first time.</summary>
    public Task FirstPoll => _firstPoll.Task;

    /// <summary>Waits until every bus has been polled once, or for the time given.</summary>
    /// <returns>False when the time passed first: a bus hangs.</returns>
    public static async Task<bool> WaitForFirstPollAsync(IEnumerable<BusWorker> workers, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await Task.WhenAll(workers.Select(w => w.FirstPoll)).WaitAsync(timeout, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Polls at once and then every second.</summary>
    public void Start()
    {
        Arm();
        _thread = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Polls until it is cancelled, then stops as <see cref="Stop"/> does. With whatever its thread ends, this ends.</summary>
    /// <param name="toStop">How long it may take to stop.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task RunAsync(TimeSpan toStop, CancellationToken cancellation)
    {
        Start();
        try
        {
            await _thread.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Stop(toStop);
        }
    }

    /// <summary>Lets the meter being read end, keeps what was counted, and reads no other.</summary>
    /// <returns>False when it did not end in time: the bus hangs. Its thread ends with the process.</returns>
    public bool Stop(TimeSpan timeout)
    {
        _stopping = true;
        _timer.Dispose();
        _due.Set();
        return Task.WaitAny([_thread], timeout) == 0;
    }

    /// <summary>Frees the timer. The thread is stopped by <see cref="Stop"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        if (_thread.IsCompleted)
        {
            _due.Dispose();
        }
    }

    /// <summary>Reads every meter once, keeps what it counted and stores the reading. The thread does it at each tick.</summary>
    public void Poll()
    {
        foreach (IMeter meter in _meters)
        {
            if (_stopping)
            {
                break;
            }

            // The registers are kept before the reading is shown, so that no count that anybody has seen is lost with this process.
            Reading reading = Read(meter);
            Keep();
            _now.Store(reading);
            Progress?.Made();
        }

        _firstPoll.TrySetResult();
    }

    private void Keep()
    {
        try
        {
            _file.Write(_book);
            _faults.TellRecovery("register file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            _faults.TellFault("register file", "write", e);
        }
    }

    private void Run()
    {
        Thread.CurrentThread.Name = $"bus {Bus}";
        while (_due.WaitOne() && !_stopping)
        {
            Poll();
        }
    }

    private void OnTick()
    {
        if (!_stopping)
        {
            _due.Set();
            Arm();
        }
    }

    // The timer is set for one tick at a time, at the next full second, so that ticks follow a clock that is corrected. When it has fired
    // a moment early, it is set for the second after, or the same second would be polled twice.
    private void Arm()
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan left = Interval.SlotOf(now, Period).End - now;
        _timer.Change(left < Period / 10 ? left + Period : left, Timeout.InfiniteTimeSpan);
    }

    private Reading Read(IMeter meter)
    {
        string name = meter.Registers.Meter;
        DateTimeOffset time = _time.GetUtcNow();
        try
        {
            Reading reading = meter.Read(time);
            _faults.TellRecovery(name);
            if (reading.Gap is { } gap)
            {
                _faults.TellGap(name, gap);
            }

            return reading;
        }
        catch (ChipException e)
        {
            _faults.TellFault(name, e.Reason.Code(), e);
            return meter.Missing(time, e.Reason);
        }
#pragma warning disable CA1031 // The top of the loop: whatever goes wrong with one meter, the others are read.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faults.TellFault(name, e.GetType().Name, e);
            return meter.Missing(time, MissingReason.Fault);
        }
    }
}
