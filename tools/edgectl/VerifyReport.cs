using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Recomputing;

namespace EdgeGateway.Edgectl;

/// <summary>The verdict of <c>edgectl verify</c>, in sentences or as JSON (its members stand in the README of edgectl).</summary>
internal static class VerifyReport
{
    private const int LongestLine = 400;
    private const int MostDifferences = 50;

    public static void WriteVerified(
        TextWriter output,
        bool json,
        TrustAnchors trust,
        IReadOnlyList<LogSummary> logs,
        IReadOnlyCollection<Recomputation> again
    )
    {
        if (json)
        {
            bool differs = again.Any(r => r.Differences.Count > 0);
            JsonOutput.Write(output, j =>
            {
                WriteJson(
                    j,
                    differs ? "differs" : "verified",
                    differs
                        ? $"{(Flows(again) ? "Footprints or flows" : "Footprints")} are not what their own readings and factors give."
                        : null,
                    logs
                );
                WriteJson(j, again);
                CertificateReport.WriteJson(j, trust, logs);
            });
            return;
        }

        int differing = again.Sum(r => r.Differences.Count);
        if (differing > 0)
        {
            string what = Flows(again)
                ? Many(differing, "footprint or flow is", "footprints and flows are")
                : Many(differing, "footprint is", "footprints are");
            Line(output, $"DIFFERS  The signatures hold, but {what} not what their own readings and factors give:");
            foreach (Difference difference in again.SelectMany(r => r.Differences).Take(MostDifferences))
            {
                Line(output, $"  leaf {difference.Leaf}, {difference.Account}: {difference.What}");
            }

            output.WriteLine();
        }

        Line(
            output,
            logs.Any(l => l.Head.Origin.Simulated)
                    ? $"VERIFIED, but SIMULATED: {(logs.All(l => l.Head.Origin.Simulated) ? "" : "some of ")}these readings "
                        + "were made up or replayed. Nothing was measured."
                : differing > 0
                    ? Flows(again) ? "VERIFIED, but for these leaves"
                        : "VERIFIED, but for these footprints"
                : "VERIFIED"
        );
        output.WriteLine(
            "The leaves are those that the device signed, unaltered and in their order. A signature does not prove that a meter "
                + "was wired right."
        );
        foreach (LogSummary log in logs)
        {
            output.WriteLine();
            WriteLog(output, log);
        }

        CertificateReport.WriteUnused(output, trust, logs);
        WriteRecomputed(output, again);
    }

    private static void WriteRecomputed(TextWriter output, IReadOnlyCollection<Recomputation> again)
    {
        if (again.Count == 0)
        {
            return;
        }

        output.WriteLine();
        long differences = again.Sum(r => r.Differences.Count(d => !d.IsFlow)),
            missing = again.Sum(r => r.NotGiven.Count);
        Row(
            output,
            "recomputed",
            $"{Many(again.Sum(r => r.Computed), "footprint")} from readings and factors: "
                + $"{(differences == 0 ? "the same to the last digit" : $"{differences} DIFFER, see above")}"
        );
        if (missing > 0)
        {
            Row(
                output,
                "",
                $"{missing} more could not be: leaves they rest on were not given, such as leaf "
                    + $"{again.First(r => r.NotGiven.Count > 0).NotGiven.FirstMissing}"
            );
        }

        long notStated = again.Sum(r => r.NotStated);
        if (notStated > 0)
        {
            Row(output, "", $"{Many(notStated, "slot")} without an amount");
        }

        foreach (NotAdded gap in again.SelectMany(r => r.NotAdded))
        {
            Row(
                output,
                "",
                $"{gap.Account} had other meters for a time: what {gap.Register} counted between leaf {gap.From} and leaf "
                    + $"{gap.To} is not in it"
            );
        }

        WriteFlows(output, again);
    }

    private static bool Flows(IEnumerable<Recomputation> again) => again.Any(r => r.Differences.Any(d => d.IsFlow));

    private static void WriteFlows(TextWriter output, IReadOnlyCollection<Recomputation> again)
    {
        long computed = again.Sum(r => r.FlowsComputed),
            missing = again.Sum(r => r.FlowsNotGiven.Count),
            reasons = again.Sum(r => r.FlowsNotAttributed);
        if (computed > 0)
        {
            long differences = again.Sum(r => r.Differences.Count(d => d.IsFlow));
            Row(
                output,
                "",
                $"{Many(computed, "slot")} of flows from readings and the battery's content "
                    + $"before{(reasons > 0 ? $", {reasons} not attributed" : "")}: "
                    + $"{(differences == 0 ? "the same to the last digit" : $"{differences} DIFFER, see above")}"
            );
        }

        if (missing > 0)
        {
            Row(
                output,
                "",
                $"{Many(missing, "slot")} of flows could not be: leaves they rest on were not given, such as leaf "
                    + $"{again.First(r => r.FlowsNotGiven.Count > 0).FlowsNotGiven.FirstMissing}"
            );
        }
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyCollection<Recomputation> again)
    {
        if (again.Count == 0)
        {
            return;
        }

        json.WriteStartObject("recomputed");
        json.WriteNumber("footprints", again.Sum(r => r.Computed));
        json.WriteNumber("leavesNotGiven", again.Sum(r => r.NotGiven.Count));
        json.WriteNumber("withoutAmount", again.Sum(r => r.NotStated));
        json.WriteNumber("flows", again.Sum(r => r.FlowsComputed));
        json.WriteNumber("flowsNotAttributed", again.Sum(r => r.FlowsNotAttributed));
        json.WriteNumber("flowsNotGiven", again.Sum(r => r.FlowsNotGiven.Count));
        json.WriteStartArray("notAdded");
        foreach (NotAdded gap in again.SelectMany(r => r.NotAdded))
        {
            json.WriteStartObject();
            json.WriteString("account", gap.Account);
            json.WriteString("register", gap.Register);
            json.WriteNumber("from", gap.From);
            json.WriteNumber("to", gap.To);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach (Difference difference in again.SelectMany(r => r.Differences))
        {
            json.WriteStartObject();
            json.WriteNumber("leaf", difference.Leaf);
            json.WriteString("account", difference.Account);
            json.WriteString("what", Plain(difference.What));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Says why something is refused, and nothing of what it holds: none of that is verified.</summary>
    public static void WriteRefused(TextWriter output, bool json, string reason)
    {
        if (json)
        {
            JsonOutput.Write(output, j => WriteJson(j, "refused", Plain(reason), []));
            return;
        }

        Line(output, $"REFUSED  {reason}");
        output.WriteLine("Nothing in these files is shown or to be relied on.");
    }

    private static void WriteLog(TextWriter output, LogSummary log)
    {
        Origin origin = log.Head.Origin;
        Row(output, "log", $"{origin}{(origin.Simulated ? "   SIMULATED" : "")}");
        Row(output, "device", $"{origin.DeviceId}, epoch {origin.Epoch}");
        if (log.Batches > 0 || log.Tiled)
        {
            WriteStretch(output, log);
        }

        if (log.SingleLeaves.Count > 0)
        {
            string which = string.Join(", ", log.SingleLeaves.Take(20)) + (log.SingleLeaves.Count > 20 ? ", …" : "");
            Row(
                output,
                log.Batches > 0 ? "also" : "leaves",
                $"{which}: {Many(log.SingleLeaves.Count, "single leaf", "single leaves")}, each with its own proof"
            );
            Row(output, "", "Nothing is said of the leaves between them.");
        }

        string who = log.Signer.Certificate is { } certificate
            ? $"for which {certificate.Path[^1].Subject} vouches, whom you trust"
            : "which you trust";
        Row(output, "signed", $"by the device, {who}: {Many(log.Head.Size, "leaf", "leaves")} with the root {log.Head.Root}");
        CertificateReport.Write(output, log);
        WriteWitnesses(output, log);
        CertificateReport.WriteStamps(output, log);
        WriteTimeStatus(output, log);
        WriteFindings(output, log);
    }

    private static void WriteWitnesses(TextWriter output, LogSummary log)
    {
        string label = "witnesses";
        foreach ((string name, (long size, DateTimeOffset time)) in log.Witnessed)
        {
            Row(
                output,
                label,
                $"{name}, whom you trust, cosigned {Many(size, "leaf", "leaves")} at "
                    + $"{Time(time)}{(size == log.Head.Size ? "" : $"; the {log.Head.Size - size} after them are not witnessed")}"
            );
            label = "";
        }

        if (log.Unchecked > 0)
        {
            Row(
                output,
                label,
                $"not checked: on {Many(log.Unchecked, "checkpoint")} there are signatures of others than your witnesses, or "
                    + $"damaged ones{(log.Witnessed.Count == 0 ? ". Count the log as not witnessed." : "")}"
            );
        }
        else if (log.Witnessed.Count == 0)
        {
            Row(output, label, "not witnessed: no one but the device has signed");
        }
    }

    private static void WriteStretch(TextWriter output, LogSummary log)
    {
        Row(output, "leaves", log.First == log.Last ? $"{log.First}, the only one given" : $"{log.First} to {log.Last}, without a gap");
        Row(output, "", log.First == 0 ? "They begin with the log's genesis." : $"Earlier leaves, 0 to {log.First - 1}, were not given.");
        Row(
            output,
            "",
            log.Withheld == 0
                ? "None is withheld."
                : $"{log.Withheld} withheld or thinned: only the hash was given, and what they hold is in none of the figures below."
        );
        Row(
            output,
            log.Tiled ? "tiles" : "batches",
            log.Tiled
                ? "the whole log, every tile"
                : $"{log.Batches}{(log.Repeated == 0 ? "" : $", {log.Repeated} of them only repeat others")}"
        );
    }

    private static void WriteTimeStatus(TextWriter output, LogSummary log)
    {
        string label = "clock";
        foreach ((TimeStatus status, LeafCount count) in log.NotSynchronised)
        {
            Row(output, label, $"not synchronised from {Between(count.Times)}: {Many(count.Count, "leaf", "leaves")}, {Words(status)}");
            label = "";
        }

        if (log.NotSynchronised.Count == 0 && log.Shown + log.SingleLeaves.Count > 0)
        {
            Row(output, label, "synchronised in all leaves shown, by the device's own statement");
        }
    }

    private static void WriteFindings(TextWriter output, LogSummary log)
    {
        string label = "readings";
        foreach ((string group, LeafCount count) in log.Readings)
        {
            Row(output, label, $"{Group(group)}: {Many(count.Count, "reading")} from {Between(count.Times)}");
            label = "";
        }

        label = "missing";
        foreach (((string meter, string reason), long count) in log.Missing)
        {
            Row(output, label, $"{meter}: {Many(count, "value")}, {reason}");
            label = "";
        }

        label = "carbon";
        foreach ((string account, AccountSum sum) in log.Carbon)
        {
            string without = sum.NotStated == 0 ? "" : $"; {Many(sum.NotStated, "slot")} without an amount";
            Row(
                output,
                label,
                $"{account}: {sum.Kilograms} kg CO2 over "
                    + $"{Many(sum.Stated, "slot")}{without}{(sum.Replaced == 0 ? "" : $"; {sum.Replaced} more replaced by later ones")}"
            );
            label = "";
        }

        if (log.Others.Count > 0)
        {
            Row(output, "also", string.Join(", ", log.Others.Select(o => $"{o.Value} {o.Key}")));
        }

        if (log.Unknown.Count > 0)
        {
            Row(
                output,
                "unknown",
                $"leaf types this version cannot explain: {string.Join(", ", log.Unknown.Select(o => $"{o.Value} {o.Key}"))}"
            );
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string verdict, string? reason, IReadOnlyList<LogSummary> logs)
    {
        json.WriteString("verdict", verdict);
        json.WriteString("reason", reason);
        json.WriteStartArray("logs");
        foreach (LogSummary log in logs)
        {
            json.WriteStartObject();
            json.WriteString("origin", log.Head.Origin.ToString());
            json.WriteString("device", log.Head.Origin.DeviceId);
            json.WriteNumber("epoch", log.Head.Origin.Epoch);
            json.WriteBoolean("simulated", log.Head.Origin.Simulated);
            if (log.Batches > 0 || log.Tiled)
            {
                json.WriteNumber("first", log.First);
                json.WriteNumber("last", log.Last);
            }
            else
            {
                json.WriteNull("first");
                json.WriteNull("last");
            }

            json.WriteBoolean("fromGenesis", (log.Batches > 0 || log.Tiled) && log.First == 0);
            json.WriteStartArray("singleLeaves");
            foreach (long index in log.SingleLeaves)
            {
                json.WriteNumberValue(index);
            }

            json.WriteEndArray();
            json.WriteNumber("withheld", log.Withheld);
            json.WriteNumber("batches", log.Batches);
            json.WriteNumber("repeatedBatches", log.Repeated);
            json.WriteString("root", log.Head.Root.ToString());
            json.WriteBoolean("witnessed", log.IsWitnessed);
            Array(json, "cosignatures", log.Witnessed, (name, cosigned) =>
            {
                json.WriteString("witness", name);
                json.WriteNumber("size", cosigned.Size);
                json.WriteString("time", Time(cosigned.Time));
            });
            json.WriteNumber("uncheckedCosignedCheckpoints", log.Unchecked);
            CertificateReport.WriteJson(json, log);
            Array(json, "notSynchronised", log.NotSynchronised, (status, count) =>
            {
                json.WriteString("status", Code(status));
                Leaves(json, count);
            });
            Array(json, "readings", log.Readings, (group, count) =>
            {
                json.WriteString("group", group);
                Leaves(json, count);
            });
            Array(json, "missing", log.Missing, (key, count) =>
            {
                json.WriteString("meter", key.Meter);
                json.WriteString("reason", key.Reason);
                json.WriteNumber("values", count);
            });
            Array(json, "carbon", log.Carbon, (account, sum) =>
            {
                json.WriteString("account", account);
                json.WriteString("kg", sum.Kilograms);
                json.WriteNumber("slots", sum.Stated);
                json.WriteNumber("slotsWithoutAmount", sum.NotStated);
                json.WriteNumber("slotsReplaced", sum.Replaced);
            });
            Array(json, "otherLeaves", log.Others, (type, count) => Type(json, type, count));
            Array(json, "unknownLeaves", log.Unknown, (type, count) => Type(json, type, count));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Array<TKey, TValue>(
        Utf8JsonWriter json,
        string name,
        IReadOnlyDictionary<TKey, TValue> items,
        Action<TKey, TValue> members
    )
        where TKey : notnull
    {
        json.WriteStartArray(name);
        foreach ((TKey key, TValue value) in items)
        {
            json.WriteStartObject();
            members(key, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Leaves(Utf8JsonWriter json, LeafCount count)
    {
        json.WriteNumber("leaves", count.Count);
        json.WriteString("from", Time(count.Times.From));
        json.WriteString("to", Time(count.Times.To));
    }

    private static void Type(Utf8JsonWriter json, string type, long count)
    {
        json.WriteString("type", type);
        json.WriteNumber("leaves", count);
    }

    private static string Words(TimeStatus status) =>
        status switch
        {
            TimeStatus.Unknown => "the clock had not been set since power-on (U)",
            TimeStatus.Informative => "the clock was set by hand or simulated (I)",
            TimeStatus.Relative => "the time is relative to a known instant (R)",
            _ => "synchronised (S)",
        };

    private static string Code(TimeStatus status) =>
        status switch
        {
            TimeStatus.Unknown => "U",
            TimeStatus.Informative => "I",
            TimeStatus.Relative => "R",
            _ => "S",
        };

    private static string Group(string name) => name.Length > 0 ? name : "(without a group)";

    internal static string Many(long count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{count} {many ?? one + "s"}";

    private static string Between(TimeSpread times) => $"{Time(times.From)} to {Time(times.To)}";

    internal static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    internal static void Row(TextWriter output, string label, string text) => Line(output, $"{label, -11}{text}");

    private static void Line(TextWriter output, string text) => output.WriteLine(Plain(text));

    // What stands in a file could steer the terminal or turn the direction of writing: only characters that show themselves are written.
    internal static string Plain(string text)
    {
        StringBuilder plain = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool shows =
                Rune.GetUnicodeCategory(rune)
                is not (
                    UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.PrivateUse
                    or UnicodeCategory.OtherNotAssigned
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.Surrogate
                );
            plain.Append(shows ? rune.ToString() : "\uFFFD");
            if (plain.Length > LongestLine)
            {
                return plain.Append('…').ToString();
            }
        }

        return plain.ToString();
    }
}
