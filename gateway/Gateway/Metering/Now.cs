using System.Collections.Frozen;
using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>
/// The newest reading of every meter. Bus workers store readings, page and recorder look at them, and nobody waits for anybody: a bus that
/// hangs makes values missing and delays nothing.
/// </summary>
public sealed class Now
{
    private readonly FrozenDictionary<string, Cell> _cells;

    /// <summary>Makes a snapshot in which no meter has been read yet.</summary>
    /// <param name="meters">All meters, in the order of the site file.</param>
    /// <param name="start">The instant from which they are missing, UTC.</param>
    public Now(IReadOnlyList<IMeter> meters, DateTimeOffset start)
    {
        Meters = [.. meters.Select(m => m.Registers.Meter)];
        _cells = meters.ToFrozenDictionary(m => m.Registers.Meter, m => new Cell { Newest = m.Missing(start, MissingReason.NotReadYet) });
    }

    /// <summary>The meters' names, in the order of the site file.</summary>
    public IReadOnlyList<string> Meters { get; }

    /// <summary>Stores a meter's newest reading. Only the worker that polls the meter calls it.</summary>
    public void Store(Reading reading)
    {
        Cell cell = _cells[reading.Meter];
        if (reading.Gap is { } gap)
        {
            Note(reading.Meter, gap);
        }

        Interlocked.Or(ref cell.Noted, (int)reading.Quality);
        Volatile.Write(ref cell.Newest, reading);
    }

    /// <summary>
    /// The newest reading of a meter: missing as stale when it is older than allowed, as not read yet when there is none.
    /// </summary>
    /// <param name="meter">The meter's name.</param>
    /// <param name="asOf">The instant for which it is wanted.</param>
    /// <param name="maxAge">The longest time between the two, in either direction: after the clock was set back an old reading looks
    /// new.</param>
    public Reading Newest(string meter, DateTimeOffset asOf, TimeSpan maxAge)
    {
        Reading newest = Volatile.Read(ref _cells[meter].Newest);
        return newest.Missing == MissingReason.NotReadYet || (asOf - newest.Time).Duration() <= maxAge
            ? newest
            : newest with
            {
                Missing = MissingReason.Stale,
                Quality = Quality.Measured,
                Live = default,
            };
    }

    /// <summary>
    /// As <see cref="Newest"/>, with the quality of every reading since the last call: what was saturated or lost once within a slot
    /// is recorded with it. Only the recorder calls it.
    /// </summary>
    public Reading Take(string meter, DateTimeOffset asOf, TimeSpan maxAge)
    {
        Reading newest = Newest(meter, asOf, maxAge);
        if (newest.Missing is not null)
        {
            return newest;
        }

        var noted = (Quality)Interlocked.Exchange(ref _cells[meter].Noted, 0) | newest.Quality;
        return noted == newest.Quality ? newest : newest with { Quality = noted };
    }

    /// <summary>Takes what the meter's registers lack and was not taken yet, one gap for each cause. Only the recorder calls it.</summary>
    public IReadOnlyList<Gap> TakeGaps(string meter)
    {
        Cell cell = _cells[meter];
        lock (cell.Gaps)
        {
            Gap[] gaps = [.. cell.Gaps];
            cell.Gaps.Clear();
            return gaps;
        }
    }

    /// <summary>Notes a gap until it is taken: of a reading, or one that was taken and could not be recorded.</summary>
    public void Note(string meter, Gap gap)
    {
        List<Gap> gaps = _cells[meter].Gaps;
        lock (gaps)
        {
            int same = gaps.FindIndex(g => g.Cause == gap.Cause);
            if (same < 0)
            {
                gaps.Add(gap);
            }
            else
            {
                gaps[same] = gaps[same].With(gap);
            }
        }
    }

    private sealed class Cell
    {
        public readonly List<Gap> Gaps = [];
        public required Reading Newest;
        public int Noted;
    }
}
