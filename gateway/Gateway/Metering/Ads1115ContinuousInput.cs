using System.Runtime.ExceptionServices;
using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Metering;

/// <summary>A stretch of time on a ready line's clock.</summary>
/// <param name="FromNs">Where it begins, ns.</param>
/// <param name="ToNs">Where it ends, ns.</param>
public readonly record struct Ads1115Gap(long FromNs, long ToNs);

/// <summary>What an input gave since it was last asked.</summary>
/// <param name="RmsV">RMS volts of the newest window, or null when there was none.</param>
/// <param name="VoltSeconds">RMS volts times length over the windows.</param>
/// <param name="Clipped">A sample was at the end of the range.</param>
/// <param name="LostSamples">Samples that the chip made and nobody read.</param>
/// <param name="Gap">The stretch in which nothing was counted, or null when everything was.</param>
/// <param name="NowNs">The ready line's clock at the last round.</param>
public readonly record struct Ads1115Taken(double? RmsV, double VoltSeconds, bool Clipped, long LostSamples, Ads1115Gap? Gap, long NowNs);

/// <summary>
/// One input of an ADS1115 that converts continuously: a sample for each edge of its ready line, in windows of 0.2 s without a gap.
/// </summary>
/// <remarks>
/// The sampler's thread serves it, the bus worker's takes from it. A sample that was missed ends its window: nothing is integrated across
/// it, and the stretch until the next window is a gap.
/// </remarks>
/// <param name="chip">The chip, for this input alone.</param>
/// <param name="input">The input that its clamp is wired to.</param>
/// <param name="range">Full-scale range.</param>
/// <param name="ready">Its ALERT/RDY pin; active is low.</param>
public sealed class Ads1115ContinuousInput(Ads1115 chip, Ads1115Input input, Ads1115Range range, IPulseLine ready)
{
    private const double MainsHz = 50;
    private const double SlowestRate = Ads1115.NominalRate * 0.85;
    private const double FastestRate = Ads1115.NominalRate * 1.15;

    // A conversion takes 1.3 ms at the slowest rate. A chip that gives no edge for 100 ms was reset, or its wire is off.
    private const long SilentNs = 100_000_000;
    private const long TryAgainNs = 1_000_000_000;

    private readonly Lock _lock = new();
    private RmsWindow _window = new();
    private bool _running;

    // Its clock at the last round. Only the sampler's thread uses the ready line itself: to read its clock takes what came up to then, so
    // a second thread would get edges that the first one misses.
    private long _nowNs;
    private long _lastEdgeNs;
    private long _tryAtNs;
    private long _windowStartNs;
    private long _samples;
    private long? _coveredToNs;
    private double? _rmsV;
    private double _voltSeconds;
    private bool _clipped;
    private long _lost;
    private Ads1115Gap? _gap;
    private ExceptionDispatchInfo? _fault;

    /// <summary>How many samples were read.</summary>
    public long SamplesRead { get; private set; }

    /// <summary>How many samples are known to have been missed.</summary>
    public long SamplesLost { get; private set; }

    /// <summary>
    /// Reads the newest sample when there is one. Called more often than the chip converts, by the sampler's thread only.
    /// </summary>
    public void Serve()
    {
        long nowNs = _nowNs;
        try
        {
            nowNs = ready.ReadClock();
            Volatile.Write(ref _nowNs, nowNs);
            if (!_running)
            {
                Start(nowNs);
                return;
            }

            int conversions = TakeConversions(out long atNs);
            if (conversions > 0)
            {
                _lastEdgeNs = atNs;
                Sample(conversions, atNs, chip.ReadConversion());
            }
            else if (nowNs - _lastEdgeNs > SilentNs)
            {
                chip.RequireContinuous(input, range);
                throw new ChipException(
                    Readings.MissingReason.NoAnswer,
                    "ADS1115",
                    chip.Address,
                    "ALERT/RDY",
                    "the chip converts, but its ready line does not move. Check that wire and its pull-up."
                );
            }
        }
        // This is the top of the thread's loop: whatever goes wrong with this input, the others are sampled, and its meter says that it is
        // missing.
#pragma warning disable CA1031
        catch (Exception fault)
#pragma warning restore CA1031
        {
            lock (_lock)
            {
                _running = false;
                _tryAtNs = nowNs + TryAgainNs;
                _fault = ExceptionDispatchInfo.Capture(fault);
            }
        }
    }

    /// <summary>Takes what there is since the last call.</summary>
    /// <exception cref="ChipException">The chip cannot be read now. What was counted before is given by the next call that can.</exception>
    public Ads1115Taken Take()
    {
        lock (_lock)
        {
            _fault?.Throw();
            Ads1115Taken taken = new(_rmsV, _voltSeconds, _clipped, _lost, _gap, Volatile.Read(ref _nowNs));
            _rmsV = null;
            _voltSeconds = 0;
            _clipped = false;
            _lost = 0;
            _gap = null;
            return taken;
        }
    }

    private void Start(long nowNs)
    {
        if (nowNs < _tryAtNs)
        {
            return;
        }

        chip.StartContinuous(input, range);
        while (ready.TryTake(out _)) { }

        lock (_lock)
        {
            _running = true;
            _lastEdgeNs = nowNs;
            _samples = 0;
            _fault = null;
            _window = new RmsWindow();
        }
    }

    // How many conversions have ended since the last call, and when the last one did. None where only its second edge is missing so far.
    private int TakeConversions(out long atNs)
    {
        int count = 0;
        atNs = 0;
        while (ready.TryTake(out Edge edge))
        {
            // Each conversion gives two edges, so half of the lost ones stand for conversions.
            count += (int)((edge.LostBefore + 1) / 2);
            if (edge.High)
            {
                count++;
                atNs = edge.TimeNs;
            }
        }

        return atNs == 0 ? 0 : count;
    }

    private void Sample(int conversions, long atNs, short counts)
    {
        lock (_lock)
        {
            SamplesRead++;
            _clipped |= counts is short.MaxValue or short.MinValue;
            if (conversions > 1)
            {
                SamplesLost += conversions - 1;
                _lost += conversions - 1;
                _window = new RmsWindow();
                _samples = 0;
            }

            bool complete = _window.Add(atNs, counts, out RmsResult result);
            if (complete)
            {
                Book(result);
            }

            if (complete || _samples == 0)
            {
                _windowStartNs = atNs;
                _samples = 0;
            }

            _samples++;
        }
    }

    private void Book(RmsResult window)
    {
        // The rate of this chip, by its edges. How much of the mains the converter averages away depends on it.
        double rate = _samples * 1e9 / (_lastEdgeNs - _windowStartNs);
        double passes = Ads1115.Passes(MainsHz, Math.Clamp(rate, SlowestRate, FastestRate));
        _rmsV = window.RmsCounts * range.FullScaleMv() / 1000 / 32768 / passes;
        _voltSeconds += _rmsV.Value * (window.EndNs - window.StartNs) / 1e9;
        if (_coveredToNs < window.StartNs)
        {
            _gap = new Ads1115Gap(_gap?.FromNs ?? _coveredToNs.Value, window.StartNs);
        }

        _coveredToNs = window.EndNs;
    }
}
