using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Recomputing;

namespace EdgeGateway.Edgectl;

/// <summary>The part of the verdict that is about certificates, revocations and time stamps.</summary>
internal static class CertificateReport
{
    /// <summary>What the signatures rest on beside trusted keys.</summary>
    public static void Write(TextWriter output, LogSummary log)
    {
        foreach (CertificateUse use in log.Certificates.Values)
        {
            SignerStanding standing = use.Standing;
            CertificateValidity validity = standing.Validity!;
            VerifyReport.Row(
                output,
                "certified",
                $"by the certificate {standing.Certificate!.Name}: {(standing.IsGood
                ? $"good until {VerifyReport.Time(validity.Until)}"
                : $"{validity.Why} at {VerifyReport.Time(validity.Until)}. {standing.Evidence!.By}, whom you trust, saw "
                    + $"{VerifyReport.Many(use.Size, "leaf", "leaves")} before, at {VerifyReport.Time(standing.Evidence.Time)}")}"
            );
            foreach (RevocationCheck check in validity.Revocation)
            {
                VerifyReport.Row(
                    output,
                    "revocation",
                    check switch
                    {
                        { List: null } => $"not checked: there is no revocation list of {check.Issuer} for all its certificates",
                        { List.NextUpdate: null } =>
                            $"looked up in the list of {check.Issuer} of {VerifyReport.Time(check.List.ThisUpdate)}, which does "
                                + "not say when the next was due",
                        _ => $"looked up in the list of {check.Issuer} of "
                            + $"{VerifyReport.Time(check.List.ThisUpdate)}{(check.IsStale ? ", which is stale: the next" : "; the next")} "
                            + $"was due at {VerifyReport.Time(check.List.NextUpdate.Value)}",
                    }
                );
            }
        }

        if (log.NotJudged > 0)
        {
            string rests = log.Signer.Certificate is null ? "trust rests on the key you gave" : "nothing rests on them";
            string what = VerifyReport.Many(
                log.NotJudged,
                "certificate, revocation list or change of the key",
                "certificates, revocation lists and changes of the key"
            );
            VerifyReport.Row(output, "not judged", $"{what} in the bundle; {rests}");
        }
    }

    /// <summary>Who has stamped how much.</summary>
    public static void WriteStamps(TextWriter output, LogSummary log)
    {
        string label = "stamped";
        foreach ((string authority, (long size, TimeStamp stamp)) in log.Stamped)
        {
            string accuracy = stamp.Accuracy is { } about ? FormattableString.Invariant($", give or take {about.TotalSeconds} s") : "";
            string rest = size == log.Head.Size ? "" : $"; the {log.Head.Size - size} after them are not time-stamped";
            VerifyReport.Row(
                output,
                label,
                $"{authority}, which you trust: {VerifyReport.Many(size, "leaf was", "leaves were")} there by "
                    + $"{VerifyReport.Time(stamp.Time)}{accuracy}{rest}"
            );
            label = "";
        }

        if (log.UncheckedStamps > 0)
        {
            VerifyReport.Row(
                output,
                label,
                $"not checked: {VerifyReport.Many(log.UncheckedStamps, "time stamp")} in the bundle that no authority you trust "
                    + $"has made, or damaged{(log.Stamped.Count == 0 ? ". Count the log as not time-stamped." : "")}"
            );
        }
    }

    /// <summary>Revocation lists that the user gave and that no certificate here is of.</summary>
    public static void WriteUnused(TextWriter output, TrustAnchors trust, IReadOnlyList<LogSummary> logs)
    {
        foreach (RevocationList list in Unused(trust, logs))
        {
            output.WriteLine();
            VerifyReport.Row(
                output,
                "not used",
                $"the revocation list of {list.Issuer.Name} of {VerifyReport.Time(list.ThisUpdate)}: nothing here rests on a "
                    + "certificate of it"
            );
        }
    }

    /// <summary>The members of a log.</summary>
    public static void WriteJson(Utf8JsonWriter json, LogSummary log)
    {
        json.WriteString("trust", log.Signer.Certificate is null ? "key" : "certificate");
        json.WriteStartArray("certificates");
        foreach (CertificateUse use in log.Certificates.Values)
        {
            WriteJson(json, use);
        }

        json.WriteEndArray();
        json.WriteStartArray("timeStamps");
        foreach ((string authority, (long size, TimeStamp stamp)) in log.Stamped)
        {
            json.WriteStartObject();
            json.WriteString("authority", authority);
            json.WriteNumber("size", size);
            json.WriteString("time", VerifyReport.Time(stamp.Time));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("uncheckedTimeStamps", log.UncheckedStamps);
        json.WriteNumber("notJudged", log.NotJudged);
    }

    /// <summary>The members of the whole verdict.</summary>
    public static void WriteJson(Utf8JsonWriter json, TrustAnchors trust, IReadOnlyList<LogSummary> logs)
    {
        json.WriteStartArray("unusedRevocationLists");
        foreach (RevocationList list in Unused(trust, logs))
        {
            json.WriteStringValue(VerifyReport.Plain(list.Issuer.Name));
        }

        json.WriteEndArray();
    }

    private static void WriteJson(Utf8JsonWriter json, CertificateUse use)
    {
        (SignerStanding standing, CertificateValidity validity) = (use.Standing, use.Standing.Validity!);
        json.WriteStartObject();
        json.WriteString("serial", standing.Certificate!.Serial);
        json.WriteString("issuer", VerifyReport.Plain(standing.Certificate.Path[0].Issuer));
        json.WriteString("authority", VerifyReport.Plain(standing.Certificate.Path[^1].Subject));
        string lapsed = validity.IsRevoked ? "revoked" : "expired";
        json.WriteString("state", standing.IsGood ? "good" : lapsed);
        json.WriteString("until", VerifyReport.Time(validity.Until));
        if (!standing.IsGood)
        {
            json.WriteString("seenBy", standing.Evidence!.By);
            json.WriteString("seen", VerifyReport.Time(standing.Evidence.Time));
            json.WriteNumber("seenSize", use.Size);
        }

        json.WriteStartArray("revocation");
        foreach (RevocationCheck check in validity.Revocation)
        {
            json.WriteStartObject();
            json.WriteString("issuer", VerifyReport.Plain(check.Issuer));
            json.WriteBoolean("checked", check.List is not null);
            json.WriteBoolean("stale", check.IsStale);
            json.WriteString("list", check.List is { } list ? VerifyReport.Time(list.ThisUpdate) : null);
            json.WriteString("nextUpdate", check.List?.NextUpdate is { } next ? VerifyReport.Time(next) : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<RevocationList> Unused(TrustAnchors trust, IReadOnlyList<LogSummary> logs) =>
        trust.RevocationLists.Where(l => !logs.Any(s => s.Certificates.Values.Any(c => c.Standing.Certificate!.IsNamedBy(l))));
}
