using EdgeGateway.Inputs;
using EdgeGateway.Keeping;
using EdgeGateway.Publishing;
using EdgeGateway.Readings;

namespace EdgeGateway.Serving;

/// <summary>How one of the three questions is answered.</summary>
public enum Verdict
{
    /// <summary>Yes.</summary>
    Good,

    /// <summary>Yes, but somebody should look.</summary>
    Look,

    /// <summary>No.</summary>
    Bad,
}

/// <summary>The answer to: does it measure, does it record, does it deliver?</summary>
/// <param name="Name">The question's word.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="Answer">The answer in a few words.</param>
/// <param name="Reasons">Why not, and what to do; or the figures behind a yes.</param>
public sealed record Status(string Name, Verdict Verdict, string Answer, IReadOnlyList<string> Reasons)
{
    /// <summary>Does it measure?</summary>
    public static Status OfMeasuring(IReadOnlyList<MeterRow> rows)
    {
        int missing = rows.Count(r => r.Missing is not null);
        List<string> reasons = [];
        foreach (IGrouping<MissingReason, MeterRow> silent in rows.Where(r => r.Missing is not null).GroupBy(r => r.Missing!.Value))
        {
            reasons.Add($"{string.Join(", ", silent.Select(r => r.Name))}: {Words.Of(silent.Key)}. {Words.Advice(silent.Key)}");
        }

        foreach (MeterRow row in rows.Where(r => r.Limited))
        {
            reasons.Add($"{row.Name}: {row.Quality}.");
        }

        string meters = Words.Count(rows.Count, "meter", "meters");
        if (rows.Count > 0 && missing == rows.Count)
        {
            return new Status("Does not measure", Verdict.Bad, "no meter has a value", reasons);
        }

        string answer = missing == 0 ? $"all {meters}" : $"{rows.Count - missing} of {meters}";
        return new Status("Measures", reasons.Count > 0 ? Verdict.Look : Verdict.Good, answer, reasons);
    }

    /// <summary>Does it record, and seal what it records?</summary>
    public static Status OfRecording(ServingModel model, DateTimeOffset? newestReading, DateTimeOffset now)
    {
        StoredCheckpoint? checkpoint = model.Ledger.LastCheckpoint;
        long unsealed = model.Ledger.Size - (checkpoint?.Size ?? 0);
        WitnessState[] witnesses = [.. model.Witnesses.Select(w => w.State)];
        FeedState[] feeds = [.. model.Feeds.Select(f => f.State)];
        List<string> facts = RecordingFacts(model, checkpoint, witnesses, feeds, now);

        // A slot may just have begun and a checkpoint be just due: only what is overdue by as long again is late.
        TimeSpan late = 2 * model.ReadingSlot;
        if (newestReading is null && checkpoint is null)
        {
            return new Status("Records", Verdict.Look, "first reading is due", facts);
        }

        if (newestReading is null || (now - newestReading.Value).Duration() > late)
        {
            string since = newestReading is { } last
                ? $"the newest is of {Words.Clock(last, now, model.TimeZone)}, {Words.Ago(last, now)}"
                : "there is none of the last hour";
            string due = $"A reading is due every {Words.Span(model.ReadingSlot)}; {since}.";
            return new Status("Does not record", Verdict.Bad, "no new readings", [due, .. facts]);
        }

        if (unsealed > 0 && checkpoint is not null && now - checkpoint.Time > model.ReadingSlot + (2 * model.Checkpoint))
        {
            return new Status(
                "Records",
                Verdict.Look,
                "but does not sign",
                [
                    $"{Words.Count(unsealed, "leaf is", "leaves are")} not under a checkpoint, which is due every "
                        + $"{Words.Span(model.Checkpoint)}.",
                    .. facts,
                ]
            );
        }

        if (witnesses.Length > 0 && witnesses.All(w => w.Failure is not null))
        {
            return new Status("Records", Verdict.Look, "but is not witnessed", facts);
        }

        if (feeds.FirstOrDefault(f => f.Failure is not null) is { } failing)
        {
            return new Status("Records", Verdict.Look, $"but lacks {char.ToLowerInvariant(failing.Name[0])}{failing.Name[1..]}", facts);
        }

        return new Status("Records", Verdict.Good, $"last reading {Words.Ago(newestReading.Value, now)}", facts);
    }

    private static List<string> RecordingFacts(
        ServingModel model,
        StoredCheckpoint? checkpoint,
        WitnessState[] witnesses,
        FeedState[] feeds,
        DateTimeOffset now
    )
    {
        List<string> facts =
        [
            $"Ledger: {Words.Count(model.Ledger.Size, "leaf", "leaves")}, {Words.Bytes(model.Ledger.FileBytes)}",
            checkpoint is null
                ? "Last checkpoint: none yet"
                : $"Last checkpoint: {Words.Clock(checkpoint.Time, now, model.TimeZone)}, {Words.Ago(checkpoint.Time, now)}, over "
                    + $"{Words.Count(checkpoint.Size, "leaf", "leaves")}",
            .. witnesses.Select(w => Witnessed(w, now, model.TimeZone)),
        ];
        if (model.TimeStamps is { State: var stamp })
        {
            facts.Add(Stamped(stamp, now, model.TimeZone));
        }

        facts.AddRange(feeds.Select(f => Fed(f, now, model.TimeZone)));
        return facts;
    }

    /// <summary>The same answer, with what of the gateway itself does not run: somebody should look then.</summary>
    public Status With(IEnumerable<Loop> loops, DateTimeOffset now, TimeZoneInfo zone)
    {
        List<string> broken = [];
        foreach (Loop loop in loops)
        {
            if (loop.Outage is { } outage)
            {
                broken.Add(Stopped(loop.Name, outage, now, zone));
            }
        }

        if (broken.Count == 0)
        {
            return this;
        }

        Status worse = Verdict == Verdict.Good ? this with { Verdict = Verdict.Look, Answer = "but not all of it runs" } : this;
        return worse with { Reasons = [.. broken, .. Reasons] };
    }

    private static string Stopped(string name, Outage outage, DateTimeOffset now, TimeZoneInfo zone)
    {
        string next = outage.NextTry is { } at ? $" Next try {Words.Clock(at, now, zone)}." : "";
        return $"{name} does not run since {Words.Clock(outage.Since, now, zone)}: {outage.Why}{next}";
    }

    private static string Witnessed(WitnessState witness, DateTimeOffset now, TimeZoneInfo zone)
    {
        string said = witness.Time is { } time
            ? $"Witness {witness.Name}: {Words.Count(witness.Size, "leaf", "leaves")}, {Words.Clock(time, now, zone)}"
            : $"Witness {witness.Name}: nothing cosigned yet";
        return witness.Failure is { } failure ? $"{said}. Now not: {failure.Reason}" : said;
    }

    private static string Fed(FeedState feed, DateTimeOffset now, TimeZoneInfo zone)
    {
        string said = feed.Taken is { } taken
            ? $"{feed.Name}: {Words.Clock(taken, now, zone)}, from {feed.From}"
            : $"{feed.Name}: none yet, from {feed.From}";
        return feed.Failure is { } failure ? $"{said}. {failure.Reason}" : said;
    }

    private static string Stamped(TimeStampState stamp, DateTimeOffset now, TimeZoneInfo zone)
    {
        string said = stamp.Newest is { } newest
            ? $"Time stamp: {Words.Count(newest.Size, "leaf", "leaves")}, {Words.Clock(newest.Time, now, zone)}, by {newest.Host}"
            : "Time stamp: none yet";
        return stamp.Failure is { } failure ? $"{said}. The next one waits: {stamp.Host} {failure.Reason}"
            : stamp.Newest is null ? $"{said}, {stamp.Host} is asked"
            : said;
    }

    /// <summary>Does it deliver?</summary>
    public static Status OfDelivering(IReadOnlyList<DeliveryState> states, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (states.Count == 0)
        {
            return new Status(
                "Does not deliver",
                Verdict.Look,
                "no publisher is configured",
                ["Readings stay on this device. They can be fetched from /v1/log/entries."]
            );
        }

        int failing = states.Count(s => s.IsRetrying);
        string[] facts = [.. states.SelectMany(s => Facts(s, now, zone))];
        return failing == states.Count ? new Status("Does not deliver", Verdict.Bad, "readings wait here, none is lost", facts)
            : failing > 0
                ? new Status(
                    "Delivers",
                    Verdict.Look,
                    $"but not to {string.Join(", ", states.Where(s => s.IsRetrying).Select(s => s.Name))}",
                    facts
                )
            : states.Any(s => s.Rejected > 0) ? new Status("Delivers", Verdict.Look, "but some was rejected", facts)
            : new Status("Delivers", Verdict.Good, states.All(s => s.Backlog == 0) ? "all that is signed" : "what is waiting", facts);
    }

    private static IEnumerable<string> Facts(DeliveryState state, DateTimeOffset now, TimeZoneInfo zone)
    {
        string last = state.LastSuccess is { } success ? $", last {Words.Ago(success, now)}" : "";
        string waiting = state.Backlog > 0 ? $", {Words.Count(state.Backlog)} waiting" : "";
        yield return $"{state.Name}: {Words.Count(state.DeliveredUpTo, "leaf", "leaves")} delivered{last}{waiting} ({state.Destination})";
        if (state.LastFailure is { } failure && (state.IsRetrying || state.Rejected > 0))
        {
            yield return $"{state.Name}: failed {Words.Clock(failure.Time, now, zone)}: {failure.Reason}";
        }

        if (state.Note is { } note)
        {
            yield return $"{state.Name}: {note}";
        }
    }
}
