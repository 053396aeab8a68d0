using System.Runtime.ExceptionServices;
using EdgeGateway.Drivers;

namespace EdgeGateway.Metering;

/// <summary>One chip between the meters of its channels: each sample, or failure to get one, goes once to each of them.</summary>
/// <remarks>The chip is read again when a channel asks for a second sample: once a poll, in whatever order its meters are read.</remarks>
public abstract class SharedChip<TSample>
{
    private readonly Func<TSample> _read;
    private readonly bool[] _taken;
    private TSample? _sample;
    private ExceptionDispatchInfo? _fault;

    /// <summary>Shares a chip.</summary>
    /// <param name="read">Reads it.</param>
    /// <param name="channels">How many channels it has.</param>
    protected SharedChip(Func<TSample> read, int channels)
    {
        _read = read;
        _taken = new bool[channels];
        _taken.AsSpan().Fill(true);
    }

    /// <summary>The next sample for a channel.</summary>
    /// <exception cref="ChipException">The chip could not be read.</exception>
    protected TSample Read(int channel)
    {
        if (_taken[channel])
        {
            ReadChip();
            _taken.AsSpan().Clear();
        }

        _taken[channel] = true;
        _fault?.Throw();
        return _sample!;
    }

    private void ReadChip()
    {
        try
        {
            _sample = _read();
            _fault = null;
        }
        catch (ChipException e)
        {
            _fault = ExceptionDispatchInfo.Capture(e);
        }
    }
}
