using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeGateway.Carbon;

namespace EdgeGateway.Edgectl;

/// <summary>
/// <c>edgectl enter manual|instrument|correction|intensity</c>: has the gateway on this device record what a person knows.
/// </summary>
internal static class EnterCommand
{
    private const int Refused = 1,
        MostBytesOfTable = 60 << 10;

    public static Command Create()
    {
        return new Command("enter", "Enter what no meter reads, on the device itself. It becomes a leaf of the signed log.")
        {
            CreateManual(),
            CreateInstrument(),
            CreateCorrection(),
            CreateIntensity(),
        };
    }

    private static Command CreateManual()
    {
        Options common = new();
        Option<string> kind = new("--kind") { Description = "invoice, fuel, production, heat or reading.", Required = true };
        Option<string> subject = new("--subject")
        {
            Description = "What it is about, such as diesel. Accounts in the site file find it by this.",
            Required = true,
        };
        Command manual = new("manual", "Enter an invoice, a delivery of fuel, a count of products.")
        {
            kind,
            subject,
            common.From,
            common.To,
            common.Amount,
            common.By,
            common.Document,
            common.Detail,
            common.Group,
            common.Data,
        };
        manual.SetAction(parsed =>
            Send(parsed, common, "manual", common.Period(parsed, [("kind", parsed.GetValue(kind)), ("subject", parsed.GetValue(subject))]))
        );
        return manual;
    }

    private static Command CreateInstrument()
    {
        Options common = new();
        Option<string> means = new("--kind")
        {
            Description = "certificate, contract, supplier (a supplier's rate) or settlement (of a contract).",
            Required = true,
        };
        Option<string> id = new("--id") { Description = "Its number. Each is claimed once.", Required = true };
        Option<string> market = new("--market") { Description = "The market that it is for, such as CN.", Required = true };
        Option<string?> retired = new("--retired") { Description = "Of a certificate: the day on which it was retired for this site." };
        Option<string?> factor = new("--factor")
        {
            Description = "What a kilowatt-hour emitted, as in \"0.35 kgCO2/kWh\". Without it: non-fossil.",
        };
        Option<string?> contract = new("--contract") { Description = "Of a settlement: the id of its contract." };
        Command instrument = new(
            "instrument",
            "Enter a certificate, a contract, a rate or a settlement that the market-based account rests on."
        )
        {
            means,
            id,
            market,
            retired,
            factor,
            contract,
            common.From,
            common.To,
            common.Amount,
            common.By,
            common.Document,
            common.Detail,
            common.Group,
            common.Data,
        };
        instrument.SetAction(parsed =>
            Send(
                parsed,
                common,
                "instrument",
                common.Period(parsed, [("kind", parsed.GetValue(means)), ("id", parsed.GetValue(id))]),
                details:
                [
                    (RecordedInstrument.MarketDetail, parsed.GetValue(market)),
                    (RecordedInstrument.RetiredDetail, parsed.GetValue(retired)),
                    (RecordedInstrument.FactorDetail, parsed.GetValue(factor)),
                    (RecordedInstrument.ContractDetail, parsed.GetValue(contract)),
                ]
            )
        );
        return instrument;
    }

    private static Command CreateCorrection()
    {
        Options common = new();
        Option<long> leaf = new("--leaf") { Description = "Index of the leaf that is wrong. It stays.", Required = true };
        Option<string> reason = new("--reason") { Description = "Why.", Required = true };
        Command correction = new("correction", "Correct what was entered.")
        {
            leaf,
            reason,
            common.MayBeAmount,
            common.By,
            common.Detail,
            common.Group,
            common.Data,
        };
        correction.SetAction(parsed =>
            Send(
                parsed,
                common,
                "correction",
                [("reason", parsed.GetValue(reason)), .. AmountOf(parsed.GetValue(common.MayBeAmount))],
                parsed.GetValue(leaf)
            )
        );
        return correction;
    }

    private static Command CreateIntensity()
    {
        Option<string> series = new("--series") { Description = "Which series of the site file.", Required = true };
        Argument<string> table = new("FILE") { Description = "The table: from,until,gCO2/kWh, and a line a slot." };
        Option<string> data = Door.DataOption();
        Command intensity = new("intensity", "Enter the carbon intensities of a grid, slot by slot, where they do not come by themselves.")
        {
            series,
            table,
            data,
        };
        intensity.SetAction(parsed => Send(parsed, data, () => TableJson(parsed.GetRequiredValue(series), parsed.GetRequiredValue(table))));
        return intensity;
    }

    private static byte[] TableJson(string series, string table)
    {
        byte[] text = BoundedFile.Read(table, MostBytesOfTable);
        if (text.Length > MostBytesOfTable)
        {
            throw new IOException($"{table} is larger than {MostBytesOfTable >> 10} KiB. Enter it in parts.");
        }

        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("type", "intensity");
            json.WriteString("series", series);
            json.WriteString("table", Encoding.UTF8.GetString(text));
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    // The number and the unit with one space between; what else is wrong with them the gateway says.
    private static (string Name, string? Value)[] AmountOf(string? text) =>
        text?.Split(' ', 2) is not { } parts ? [] : [("amount", parts[0]), ("unit", parts.Length > 1 ? parts[1] : "")];

    private static int Send(
        ParseResult parsed,
        Options options,
        string type,
        IReadOnlyList<(string Name, string? Value)> members,
        long? supersedes = null,
        IReadOnlyList<(string Name, string? Value)>? details = null
    ) => Send(parsed, options.Data, () => Json(parsed, options, type, members, supersedes, details ?? []));

    private static int Send(ParseResult parsed, Option<string> data, Func<byte[]> entry)
    {
        TextWriter output = parsed.InvocationConfiguration.Output,
            error = parsed.InvocationConfiguration.Error;
        string door = Door.In(parsed.GetRequiredValue(data));
        try
        {
            (HttpStatusCode status, JsonDocument answer) = Door.Send(door, "/v1/entries", entry(), "application/json");
            using JsonDocument said = answer;
            if (status == HttpStatusCode.Created)
            {
                output.WriteLine(
                    $"Recorded as leaf {said.RootElement.GetProperty("leaf").GetInt64()} of "
                        + $"{said.RootElement.GetProperty("log").GetString()}."
                );
                return Program.Ok;
            }

            error.WriteLine($"edgectl: {said.RootElement.GetProperty("detail").GetString()} Nothing was recorded.");
            return Refused;
        }
        catch (Exception e) when (Door.IsShut(e))
        {
            string why =
                e is OperationCanceledException
                    ? $"it does not answer within {Door.Limit.TotalSeconds} s; whether the entry was recorded is not known, "
                        + "look for it before you repeat it"
                    : e.GetBaseException().Message;
            error.WriteLine(
                $"edgectl: {door}: no gateway takes entries there: {why} Name its data folder with --data, as a user who may use it."
            );
            return Program.Unreadable;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            error.WriteLine($"edgectl: {e.Message} Nothing was sent.");
            return Program.Unreadable;
        }
    }

    private static byte[] Json(
        ParseResult parsed,
        Options options,
        string type,
        IReadOnlyList<(string Name, string? Value)> members,
        long? supersedes,
        IReadOnlyList<(string Name, string? Value)> named
    )
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("by", parsed.GetRequiredValue(options.By));
            foreach (
                (string name, string? value) in members.Append(("group", parsed.GetValue(options.Group))).Where(m => m.Item2 is not null)
            )
            {
                json.WriteString(name, value);
            }

            if (supersedes is { } leaf)
            {
                json.WriteNumber("supersedes", leaf);
            }
            else if (parsed.GetValue(options.Document) is { } document)
            {
                using FileStream file = File.OpenRead(document);
                json.WriteString("document", Path.GetFileName(document));
                json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(file)));
            }

            (string Name, string? Text)[] details =
            [
                .. named.Where(d => d.Value is not null),
                .. (parsed.GetValue(options.Detail) ?? []).Select(DetailOf),
            ];
            if (details.Length > 0)
            {
                json.WriteStartObject("details");
                foreach ((string name, string? text) in details)
                {
                    json.WriteString(name, text);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static (string Name, string? Text) DetailOf(string detail) =>
        detail.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
            ? (detail[..equals], detail[(equals + 1)..])
            : throw new FormatException($"--detail {detail} is not TOPIC/DETAIL=TEXT.");

    // A command's own: an option that two commands share is told of each.
    private sealed class Options
    {
        public Option<string> By { get; } = new("--by") { Description = "Who enters it.", Required = true };

        public Option<string> Data { get; } = Door.DataOption();

        public Option<string?> Group { get; } = new("--group") { Description = "The disclosure group that it belongs to." };

        public Option<string[]> Detail { get; } =
            new("--detail") { Description = "Another statement, TOPIC/DETAIL=TEXT. May be given several times." };

        public Option<string> From { get; } =
            new("--from") { Description = "Begin of the period: a day (site's time zone), or a time with its offset.", Required = true };

        public Option<string> To { get; } =
            new("--to") { Description = "End of the period; that day or instant is not part of it.", Required = true };

        public Option<string> Amount { get; } =
            new("--amount") { Description = "Amount with its unit, as in \"1200.5 L\" or \"350 MWh\".", Required = true };

        public Option<string?> MayBeAmount { get; } = new("--amount") { Description = "The amount that is right, with its unit." };

        public Option<string?> Document { get; } =
            new("--document") { Description = "The document behind it, a file: its name and SHA-256 are recorded, not its content." };

        public List<(string Name, string? Value)> Period(ParseResult parsed, List<(string Name, string? Value)> more) =>
            [.. more, ("from", parsed.GetValue(From)), ("to", parsed.GetValue(To)), .. AmountOf(parsed.GetValue(Amount))];
    }
}
