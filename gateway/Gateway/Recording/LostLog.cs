using System.Globalization;
using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using EdgeGateway.Signing;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Recording;

/// <summary>
/// A log that others have seen further than the device has it, because its card lost what had been flushed or an old copy was put back. It
/// cannot be continued: two leaves would have one index. The device goes on in a new epoch, and says so in its first leaves.
/// </summary>
/// <remarks>
/// What happened is written to <c>log-lost</c> in the data folder before anything is moved, and removed once the new log has recorded it,
/// so that a power cut at any step loses neither log nor statement. The old ledger stays beside the new one as
/// <c>ledger-&lt;epoch&gt;.db</c>.
/// </remarks>
public sealed class LostLog
{
    private readonly string _marker;

    private LostLog(string marker, Origin origin, long witnessed, long recorded, DateTimeOffset last)
    {
        _marker = marker;
        Origin = origin;
        Witnessed = witnessed;
        RecordedSize = recorded;
        Last = last;
    }

    /// <summary>The log that cannot go on.</summary>
    public Origin Origin { get; }

    /// <summary>Leaves that others have seen.</summary>
    public long Witnessed { get; }

    /// <summary>Leaves that the device had when it learnt of it.</summary>
    public long RecordedSize { get; }

    /// <summary>The time of the last of these.</summary>
    public DateTimeOffset Last { get; }

    /// <summary>
    /// Opens the ledger of a data folder; a new one when the log was declared lost, or when it lacks the leaf that has changed the device's
    /// key, which <c>device.keys</c> shows to have been recorded.
    /// </summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="lost">What the new log has to state, or null when nothing was lost.</param>
    /// <exception cref="InvalidDataException">A file cannot be read.</exception>
    public static Ledger OpenLedger(string folder, out LostLog? lost)
    {
        string path = Path.Combine(folder, "ledger.db");
        lost = MoveAway(folder);
        Ledger ledger = Ledger.Open(path);
        if (LacksKeyChange(folder, ledger) is { } change)
        {
            Declare(folder, ledger, change.Origin, change.Leaf + 1);
            ledger.Dispose();
            lost = MoveAway(folder);
            ledger = Ledger.Open(path);
        }

        return ledger;
    }

    /// <summary>Says durably that a log cannot go on. The new epoch begins when the ledger is opened again.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="ledger">The ledger as it is.</param>
    /// <param name="origin">Its log.</param>
    /// <param name="witnessed">Leaves that others have seen.</param>
    public static void Declare(string folder, Ledger ledger, Origin origin, long witnessed)
    {
        long size = ledger.Size;
        DateTimeOffset last = ledger.Leaves(size - 1, size) is [{ } newest] ? LeafCodec.Decode(newest).Head.Time : DateTimeOffset.UnixEpoch;
        string marker = Path.Combine(folder, "log-lost"),
            temporary = marker + ".new";
        using (FileStream file = new(temporary, FileMode.Create))
        {
            file.Write(
                Encoding.UTF8.GetBytes(
                    string.Create(CultureInfo.InvariantCulture, $"{origin} {witnessed} {size} {last.ToUnixTimeMilliseconds()}\n")
                )
            );
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, marker, overwrite: true);
    }

    /// <summary>Moves the ledger of a log that was declared lost out of the way. Call it before the ledger is opened.</summary>
    /// <returns>What the new log has to state, or null when nothing was lost.</returns>
    /// <exception cref="InvalidDataException">What was declared cannot be read.</exception>
    public static LostLog? MoveAway(string folder)
    {
        string marker = Path.Combine(folder, "log-lost"),
            path = Path.Combine(folder, "ledger.db");
        if (!File.Exists(marker))
        {
            return null;
        }

        LostLog lost = Read(marker);
        if (File.Exists(path) && IsOf(path, lost.Origin))
        {
            // Opening and closing it has brought the write-ahead log into the file.
            File.Move(
                path,
                Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"ledger-{lost.Origin.Epoch}.db")),
                overwrite: false
            );
        }

        return lost;
    }

    /// <summary>What the new log states of it.</summary>
    public GapLeaf GapUntil(DateTimeOffset begin) =>
        new()
        {
            Cause = GapCause.LogLost.Code(),
            From = Last,
            To = begin,
            Log = Origin.ToString(),
            Witnessed = Witnessed,
            Recorded = RecordedSize,
        };

    /// <summary>The new log has stated it.</summary>
    public void Recorded() => File.Delete(_marker);

    // The newest change of the key by device.keys, where the ledger is of the same log and does not reach so far.
    private static DeviceKeyChange? LacksKeyChange(string folder, Ledger ledger)
    {
        if (!File.Exists(DeviceKeyHistory.PathIn(folder)) || ledger.Fact(FactNames.Origin) is not { } origin)
        {
            return null;
        }

        DeviceKeyChange newest = DeviceKeyHistory.Read(folder).Changes[^1];
        return newest.Origin == Origin.Parse(origin) && newest.Leaf >= ledger.Size ? newest : null;
    }

    private static bool IsOf(string path, Origin origin)
    {
        try
        {
            using Ledger ledger = Ledger.Open(path);
            return ledger.Fact(FactNames.Origin) == origin.ToString();
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"The ledger {path} cannot be read: {e.Message}", e);
        }
    }

    private static LostLog Read(string marker)
    {
        string[] parts = File.ReadAllText(marker).TrimEnd('\n').Split(' ');
        try
        {
            return new LostLog(marker, Origin.Parse(parts[0]), Number(1), Number(2), DateTimeOffset.FromUnixTimeMilliseconds(Number(3)));
        }
        catch (Exception e) when (e is EvidenceException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new InvalidDataException(
                $"{marker} cannot be read: {e.Message} It says that the log was lost; keep it with ledger.db and ask for help.",
                e
            );
        }

        long Number(int i) => long.Parse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
