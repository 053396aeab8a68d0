using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Site;

namespace EdgeGateway.Entering;

/// <summary>What a person enters, as it comes in: JSON with these members and no others.</summary>
/// <param name="Type"><c>manual</c>, <c>instrument</c>, <c>correction</c> or <c>intensity</c>.</param>
/// <param name="By">Who enters it.</param>
/// <param name="Kind">Of a manual entry <c>invoice</c>, <c>fuel</c>, <c>production</c>, <c>heat</c> or <c>reading</c>; of an instrument one
/// of <see cref="RecordedInstrument.Kinds"/>.</param>
/// <param name="Subject">What a manual entry is about, such as <c>diesel</c>; accounts find it by this.</param>
/// <param name="Id">The number of an instrument, unique with its kind.</param>
/// <param name="From">A day, beginning in the site's time zone, or a time with its offset.</param>
/// <param name="To">The end, not included.</param>
/// <param name="Amount">A number in digits, such as <c>1200.50</c>.</param>
/// <param name="Unit">Of the amount, one of <see cref="Entry.Units"/>.</param>
/// <param name="Document">Name or number of the document behind it.</param>
/// <param name="Sha256">SHA-256 of that document, 64 hexadecimal digits.</param>
/// <param name="Group">The disclosure group that it belongs to.</param>
/// <param name="Supersedes">Index of the leaf that a correction is of.</param>
/// <param name="Reason">Of a correction.</param>
/// <param name="Details">More statements, by <c>topic/detail</c>.</param>
/// <param name="Series">Of intensities: which series of the site file.</param>
/// <param name="Table">Its table (<see cref="SlotIntensity.ParseTable"/>).</param>
public sealed record EntryRequest(
    string? Type = null,
    string? By = null,
    string? Kind = null,
    string? Subject = null,
    string? Id = null,
    string? From = null,
    string? To = null,
    string? Amount = null,
    string? Unit = null,
    string? Document = null,
    string? Sha256 = null,
    string? Group = null,
    long? Supersedes = null,
    string? Reason = null,
    IReadOnlyDictionary<string, string>? Details = null,
    string? Series = null,
    string? Table = null
);

/// <summary>What a person has entered, found good: the records of its leaf. Pure.</summary>
public sealed partial record Entry
{
    /// <summary>The largest request, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MostDetails = 64;

    private static readonly TimeSpan FarthestForecast = TimeSpan.FromDays(7);
    private static readonly TimeSpan ClocksApart = TimeSpan.FromMinutes(10);

    // The unit as people write it, the one registered for SenML that is recorded, and by how many decimal places they differ.
    private static readonly Dictionary<string, (string Recorded, int Places)> Known = new()
    {
        ["Wh"] = ("Wh", 0),
        ["kWh"] = ("Wh", 3),
        ["MWh"] = ("Wh", 6),
        ["GWh"] = ("Wh", 9),
        ["J"] = ("J", 0),
        ["kJ"] = ("J", 3),
        ["MJ"] = ("J", 6),
        ["GJ"] = ("J", 9),
        ["TJ"] = ("J", 12),
        ["g"] = ("kg", -3),
        ["kg"] = ("kg", 0),
        ["t"] = ("kg", 3),
        ["m3"] = ("m3", 0),
        ["L"] = ("l", 0),
        ["l"] = ("l", 0),
        ["m2"] = ("m2", 0),
        ["W"] = ("W", 0),
        ["kW"] = ("W", 3),
        ["MW"] = ("W", 6),
        ["count"] = ("count", 0),
    };

    private static readonly string[] ManualKinds = ["invoice", "fuel", "production", "heat", "reading"],
        InstrumentKinds = [.. RecordedInstrument.Kinds];

    private Entry(string type, IReadOnlyList<LeafRecord> records)
    {
        Type = type;
        Records = records;
    }

    /// <summary>The units that an amount may have.</summary>
    public static IEnumerable<string> Units => Known.Keys;

    /// <summary>Type of its leaf.</summary>
    public string Type { get; }

    /// <summary>What its leaf states.</summary>
    public IReadOnlyList<LeafRecord> Records { get; }

    /// <summary>What it states as a manual entry, else null.</summary>
    public ManualLeaf? Manual { get; private init; }

    /// <summary>What it states as a correction, else null.</summary>
    public CorrectionLeaf? Correction { get; private init; }

    /// <summary>What it states as intensities, else null.</summary>
    public IntensityLeaf? Intensities { get; private init; }

    /// <summary>The disclosure group, or null.</summary>
    public string? Group { get; private init; }

    /// <summary>A hash by which it is known, so that it is not entered twice; null of what may come again.</summary>
    public string? Identity { get; private init; }

    /// <summary>Of reports that follow each other: of what they are, so that none overlaps the one before. Else null.</summary>
    public string? InOrder { get; private init; }

    /// <summary>Reads a request and judges all of it that can be judged without the ledger.</summary>
    /// <param name="json">The request.</param>
    /// <param name="now">What is over by now, and what is not.</param>
    /// <param name="zone">Where a day begins.</param>
    /// <param name="groups">The site's disclosure groups.</param>
    /// <param name="intensities">The site's series of intensities.</param>
    /// <exception cref="InvalidDataException">It is refused; the sentence says why.</exception>
    public static Entry Parse(
        ReadOnlySpan<byte> json,
        DateTimeOffset now,
        TimeZoneInfo zone,
        IReadOnlyList<string> groups,
        IReadOnlyList<IntensitySettings> intensities
    )
    {
        EntryRequest request = Deserialized(json);
        if (request.Group is { } group && !groups.Contains(group))
        {
            throw new InvalidDataException($"'{Clean(group)}' is no group of this site. Its groups are {string.Join(", ", groups)}.");
        }

        Forbid(
            request.Type != LeafType.Intensity && (request.Series ?? request.Table) is not null,
            "series and table belong to intensities."
        );
        Entry entry = request.Type switch
        {
            LeafType.Manual => ManualOf(request, now, zone),
            LeafType.Instrument => InstrumentOf(request, now, zone),
            LeafType.Correction => CorrectionOf(request),
            LeafType.Intensity => IntensityOf(request, now, intensities),
            _ => throw new InvalidDataException(
                $"type is '{Clean(request.Type ?? "")}'. Write manual, instrument, correction or intensity."
            ),
        };
        return entry with { Group = request.Group };
    }

    /// <summary>A table of intensities, as its publisher gives it.</summary>
    /// <param name="series">Of which series it is.</param>
    /// <param name="table">The table.</param>
    /// <param name="now">Slots up to a week ahead may be stated.</param>
    /// <exception cref="InvalidDataException">It is refused; the sentence says why.</exception>
    public static Entry OfIntensities(IntensitySettings series, string table, DateTimeOffset now)
    {
        IReadOnlyList<SlotIntensity> slots;
        try
        {
            slots = SlotIntensity.ParseTable(table, series.Slot);
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        Forbid(slots.Count == 0, "No slot of the table has a value.");
        Forbid(slots[0].From.Year < 2000, $"The first slot begins at {slots[0].From:u}. Nothing before the year 2000 is accounted here.");
        Forbid(
            slots[^1].Until > now + FarthestForecast,
            $"The last slot ends at {slots[^1].Until:u}. Intensities are stated up to {FarthestForecast.TotalDays} days ahead."
        );
        IntensityLeaf leaf = new()
        {
            Series = series.Name,
            Source = series.Source,
            Minutes = (long)series.Slot.TotalMinutes,
            Slots = [.. slots.Select(s => new StatedIntensity(s.Name, s.Value))],
        };
        return new Entry(LeafType.Intensity, leaf.Records()) { Intensities = leaf };
    }

    /// <summary>
    /// How many were made of a product in a time, as a machine reports it: JSON with <c>from</c>, <c>to</c>, <c>amount</c>, <c>unit</c>,
    /// and if need be <c>document</c> and <c>details</c>.
    /// </summary>
    /// <param name="product">Of which product.</param>
    /// <param name="by">Who reports it.</param>
    /// <param name="json">The report.</param>
    /// <param name="now">It must be over by now, but for the 10 minutes by which clocks may differ.</param>
    /// <param name="zone">Where a day begins.</param>
    /// <exception cref="InvalidDataException">It is refused; the sentence says why.</exception>
    public static Entry OfProduction(string product, string by, string json, DateTimeOffset now, TimeZoneInfo zone)
    {
        EntryRequest report = Deserialized(Encoding.UTF8.GetBytes(json));
        Forbid(
            report with { From = null, To = null, Amount = null, Unit = null, Document = null, Details = null } != new EntryRequest(),
            "A report of production has from, to, amount and unit, and may have document and details. Which product it is of "
                + "stands in the site file."
        );
        EntryRequest stated = report with { Kind = "production", Subject = product, By = by };
        return ManualOf(stated, now + ClocksApart, zone) with { InOrder = product };
    }

    private static Entry IntensityOf(EntryRequest request, DateTimeOffset now, IReadOnlyList<IntensitySettings> intensities)
    {
        Forbid(
            request with { Type = null, Series = null, Table = null } != new EntryRequest(),
            "Intensities have series and table; who publishes them stands in the site file."
        );
        string known =
            intensities.Count == 0
                ? "The site file names none: see its section intensities."
                : $"Those of the site file are {string.Join(", ", intensities.Select(i => i.Name))}.";
        IntensitySettings series = intensities.FirstOrDefault(i => i.Name == request.Series)
            ?? throw new InvalidDataException($"series is '{Clean(request.Series ?? "")}'. {known}");
        return OfIntensities(
            series,
            request.Table ?? throw new InvalidDataException("table is missing: the lines of from,until,value."),
            now
        );
    }

    private static EntryRequest Deserialized(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, EntryJson.Default.EntryRequest) ?? throw new InvalidDataException("The entry is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The entry is not JSON with the members of an entry: {e.Message}", e);
        }
    }

    private static Entry ManualOf(EntryRequest request, DateTimeOffset now, TimeZoneInfo zone)
    {
        ForbidCorrection(request);
        Forbid(request.Id is not null, "A manual entry has a subject, no id.");
        string kind = KindOf(request, ManualKinds);
        string subject = Required("subject", request.Subject);
        ManualLeaf leaf = new(kind, subject, EnteredOf(request, now, zone, mayLieAhead: false));
        return new Entry(LeafType.Manual, leaf.Records()) { Manual = leaf, Identity = Hash(leaf.Statement) };
    }

    private static Entry InstrumentOf(EntryRequest request, DateTimeOffset now, TimeZoneInfo zone)
    {
        ForbidCorrection(request);
        Forbid(request.Subject is not null, "An instrument has an id, no subject.");
        string kind = KindOf(request, InstrumentKinds);
        string id = Required("id", request.Id);
        InstrumentLeaf leaf = new(kind, id, EnteredOf(request, now, zone, mayLieAhead: kind == "contract"));
        RefuseEmptyProof(leaf);
        return new Entry(LeafType.Instrument, leaf.Records()) { Identity = Hash($"{kind}/{id}") };
    }

    private static void ForbidCorrection(EntryRequest request) =>
        Forbid(request.Supersedes is not null || request.Reason is not null, "supersedes and reason belong to a correction.");

    private static string KindOf(EntryRequest request, string[] kinds) =>
        kinds.Contains(request.Kind)
            ? request.Kind!
            : throw new InvalidDataException(
                $"kind is '{Clean(request.Kind ?? "")}'. Write {string.Join(", ", kinds[..^1])} or {kinds[^1]}."
            );

    private static Entered EnteredOf(EntryRequest request, DateTimeOffset now, TimeZoneInfo zone, bool mayLieAhead)
    {
        DateTimeOffset from = Instant("from", request.From, zone);
        DateTimeOffset to = Instant("to", request.To, zone);
        Forbid(from >= to, $"The period from {request.From} to {request.To} does not end after it begins. Its end is not part of it.");
        Forbid(from.Year < 2000, $"from is {request.From}. Nothing before the year 2000 is accounted here.");
        Forbid(to > now && !mayLieAhead, $"The period ends at {to:u}, which is not over. Only a contract may lie ahead.");
        Forbid(to.Year > 2100, $"to is {request.To}. A contract ends before the year 2100.");
        return new Entered
        {
            From = from,
            To = to,
            Amount = AmountOf(request),
            By = Required("by", request.By),
            Document = request.Document is { } document ? Required("document", document) : null,
            Sha256 = DocumentHashOf(request),
            Details = [.. DetailsOf(request)],
        };
    }

    private static ReadOnlyMemory<byte>? DocumentHashOf(EntryRequest request)
    {
        if (request.Sha256 is not { } hash)
        {
            return null;
        }

        Forbid(request.Document is null, "sha256 is that of a document, and no document is named.");
        return HashOf(hash);
    }

    private static void RefuseEmptyProof(InstrumentLeaf leaf)
    {
        Entered entered = leaf.Entered;
        Forbid(entered.Amount.Number.Mantissa == 0, "The amount is 0. An instrument is for some electricity.");
        try
        {
            var amount = MeteredAmount.FromRecord(entered.Amount.Number.Mantissa, entered.Amount.Number.Exponent, entered.Amount.Unit);
            RecordedInstrument.Read(leaf.Kind, leaf.Id, entered.From, entered.To, amount, entered.Detail);
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static Entry CorrectionOf(EntryRequest request)
    {
        Forbid(
            request.Kind is not null
                || request.Subject is not null
                || request.Id is not null
                || request.From is not null
                || request.To is not null
                || request.Sha256 is not null
                || request.Document is not null,
            "A correction has supersedes, reason, by, an amount with its unit and details. For another kind, subject or period "
                + "correct with the amount 0 and enter it anew."
        );
        long supersedes = request.Supersedes is { } index and >= 0
            ? index
            : throw new InvalidDataException("supersedes is the index of the leaf that is wrong, a whole number from 0.");
        CorrectionLeaf leaf = new()
        {
            Supersedes = supersedes,
            Reason = Required("reason", request.Reason),
            By = Required("by", request.By),
            Amount = request.Amount is null && request.Unit is null ? null : AmountOf(request),
            Details = [.. DetailsOf(request)],
        };
        Forbid(leaf.Amount is null && leaf.Details.Count == 0, "A correction says what is right: an amount with its unit, or details.");
        return new Entry(LeafType.Correction, leaf.Records()) { Correction = leaf };
    }

    /// <summary>
    /// By what an entry is known: an instrument by its kind and id, a manual entry by all it says but who entered it. A hash.
    /// </summary>
    /// <param name="entered">Its leaf.</param>
    public static string IdentityOf(Leaf entered)
    {
        if (entered.Head.Type == LeafType.Manual)
        {
            return Hash(ManualLeaf.Of(entered).Statement);
        }

        var instrument = InstrumentLeaf.Of(entered);
        return Hash($"{instrument.Kind}/{instrument.Id}");
    }

    private static string Hash(string said) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(said)));

    private static LeafAmount AmountOf(EntryRequest request)
    {
        if (!Known.TryGetValue(request.Unit ?? "", out (string Recorded, int Places) unit))
        {
            throw new InvalidDataException(
                $"The unit of the amount is '{Clean(request.Unit ?? "")}'. Write one of {string.Join(", ", Known.Keys)}."
            );
        }

        Match number = Number().Match(request.Amount ?? "");
        if (!number.Success)
        {
            throw new InvalidDataException(
                $"The amount is '{Clean(request.Amount ?? "")}'. Write up to 18 digits with a point, such as 1200.50, not below 0."
            );
        }

        string decimals = number.Groups["decimals"].Value;
        BigInteger mantissa = BigInteger.Parse(number.Groups["whole"].Value + decimals, CultureInfo.InvariantCulture);
        Forbid(mantissa >= BigInteger.Pow(10, 18), $"The amount {request.Amount} has more than 18 digits.");
        return new LeafAmount(new DecimalFraction(unit.Places - decimals.Length, (long)mantissa), unit.Recorded);
    }

    private static IEnumerable<LeafRecord> DetailsOf(EntryRequest request)
    {
        IReadOnlyDictionary<string, string> details = request.Details ?? new Dictionary<string, string>();
        Forbid(details.Count > MostDetails, $"There are {details.Count} details; write at most {MostDetails}, and the rest in a document.");
        foreach ((string name, string text) in details.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            Forbid(
                !DetailName().IsMatch(name),
                $"'{Clean(name)}' is no name of a detail: topic/detail in letters, digits and - . _, such as supplier/name."
            );
            yield return LeafRecord.Of(name, Required(name, text));
        }
    }

    private static DateTimeOffset Instant(string name, string? text, TimeZoneInfo zone)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
        {
            Forbid(day.Year is < 2000 or > 2200, $"{name} is {text}. Nothing before the year 2000 or after 2200 is accounted here.");
            DateTime midnight = day.ToDateTime(TimeOnly.MinValue);
            return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
        }

        return
            Zoned().IsMatch(text ?? "")
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
            ? time.ToUniversalTime()
            : throw new InvalidDataException(
                $"{name} is '{Clean(text ?? "")}'. Write a day, 2026-06-01, or a time with its offset, 2026-06-01T06:00:00+08:00."
            );
    }

    private static byte[] HashOf(string hex) =>
        hex.Length == 64 && hex.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(hex)
            : throw new InvalidDataException("sha256 is not 64 hexadecimal digits.");

    private static string Required(string name, string? text) =>
        text is { Length: > 0 and <= 200 } && !text.Any(char.IsControl) && text.Trim() == text
            ? text
            : throw new InvalidDataException(
                $"{name} is {(string.IsNullOrEmpty(text) ? "missing" : $"'{Clean(text)}'")}. Write 1 to 200 characters in one "
                    + "line, without spaces around them."
            );

    private static void Forbid(bool wrong, string sentence)
    {
        if (wrong)
        {
            throw new InvalidDataException(sentence);
        }
    }

    private static string Clean(string text) =>
        string.Concat(text.Take(60).Select(c => char.IsControl(c) ? '\uFFFD' : c)) + (text.Length > 60 ? "…" : "");

    [GeneratedRegex(@"^(?<whole>[0-9]{1,18})(\.(?<decimals>[0-9]{1,12}))?\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}/[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex DetailName();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Zoned();

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false
    )]
    [JsonSerializable(typeof(EntryRequest))]
    private sealed partial class EntryJson : JsonSerializerContext;
}
