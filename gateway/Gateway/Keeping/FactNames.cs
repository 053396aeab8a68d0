using System.Globalization;

namespace EdgeGateway.Keeping;

/// <summary>
/// Every fact that the ledger remembers beside its leaves: its name here, its form in the record below that parses and writes it. Facts
/// become durable with the leaves of the tick that wrote them. What a value is written by is named in the table; nothing else takes one
/// apart.
/// </summary>
/// <remarks>
/// <code>
/// name                             form                                  written by              read by
/// origin                           Origin                                Process                 Recorder, LostLog, DeviceKeyHistory
/// boot                             BootFact                              Process                 Process
/// config:GROUP                     StatementFact                         Settings                Settings
/// calibration:METER, index:METER   StatementFact                         Installation            Installation
/// factors:SET                      StatementFact                         FactorLeaves            FactorLeaves
/// carbon:ACCOUNT                   BasesFact                             Footprints              Footprints
/// span:ACCOUNT:PERIOD:…            AccountSpan                           Footprints, Settlement  the same, CarbonTotals
/// span-of:ACCOUNT                  name of the open span                 Footprints              Footprints
/// settling:ACCOUNT                 name of the open period               Footprints              Footprints
/// made:PRODUCT:MONTH               AccountSpan                           Products                Products, CarbonTotals
/// flows                            LeafListFact: flow leaf, readings     Flows                   Flows, FlowReport
/// demand                           DemandRecord                          Demand                  Demand, page
/// entered:TYPE:HASH                EnteredFact                           Entries                 Entries
/// entry-of:LEAF, superseded:LEAF   LeafFact                              Corrections             Entries, CarbonTotals
/// instrument:LEAF                  empty                                 Instruments             Settlement
/// footprint:LEAF:ACCOUNT           LeafFact                              EntryFootprints         EntryFootprints, CarbonTotals
/// production:LEAF                  ProductionFact, empty: withdrawn      EnteredProduction       EnteredProduction, CarbonTotals
/// reported-to:PRODUCT              ReportedFact                          EnteredProduction       EnteredProduction
/// intensity:SERIES:SLOT            IntensityFact                         Intensities             RecordedIntensities
/// kept                             LeafListFact, ascending               OpenTick                Thinning
/// thinned, thinned-slot            LeafFact, milliseconds                Thinning                Thinning
/// keyrot                           LeafListFact, ascending               KeyHandover             DeviceKeyHistory
/// </code>
/// </remarks>
public static class FactNames
{
    /// <summary>The log.</summary>
    public const string Origin = "origin";

    /// <summary>The kernel's boot, and how many there were.</summary>
    public const string Boot = "boot";

    /// <summary>Where the energy flows go on.</summary>
    public const string Flows = "flows";

    /// <summary>The peak of demand, and what was warned of.</summary>
    public const string Demand = "demand";

    /// <summary>Readings between two boundaries on which footprints rest, and which are not thinned.</summary>
    public const string Kept = "kept";

    /// <summary>Up to which leaf was thinned.</summary>
    public const string Thinned = "thinned";

    /// <summary>Length in milliseconds of the shortest slot that footprints ever had.</summary>
    public const string ThinnedSlot = "thinned-slot";

    /// <summary>The leaves that change the key.</summary>
    public const string KeyChanges = "keyrot";

    /// <summary>Begins the names of all spans of accounts.</summary>
    public const string AllSpans = "span:";

    /// <summary>Begins the names of all months in which a product was counted.</summary>
    public const string AllMade = "made:";

    /// <summary>Begins the names of all instruments.</summary>
    public const string AllInstruments = "instrument:";

    /// <summary>Begins the names of all footprints of entries.</summary>
    public const string AllFootprints = "footprint:";

    /// <summary>Begins the names of all entries of production.</summary>
    public const string AllProduction = "production:";

    /// <summary>The settings of a group that are in force.</summary>
    public static string Config(string group) => $"config:{group}";

    /// <summary>The calibration of a meter that is in force.</summary>
    public static string Calibration(string meter) => $"calibration:{meter}";

    /// <summary>What a meter's face showed when it was last set.</summary>
    public static string Index(string meter) => $"index:{meter}";

    /// <summary>The emission factors that are in force.</summary>
    public static string Factors(string set) => $"factors:{set}";

    /// <summary>The readings from which an account counts on.</summary>
    public static string Bases(string account) => $"carbon:{account}";

    /// <summary>Begins the names of an account's spans.</summary>
    public static string SpansOf(string account) => $"{AllSpans}{account}:";

    /// <summary>The span that an account's newest slot is in.</summary>
    public static string OpenSpan(string account) => $"span-of:{account}";

    /// <summary>The period that an account's newest slot is in.</summary>
    public static string OpenPeriod(string account) => $"settling:{account}";

    /// <summary>Begins the names of the months in which a product was counted.</summary>
    public static string MadeOf(string product) => $"{AllMade}{product}:";

    /// <summary>Under what an entry is remembered, so that it is not entered twice.</summary>
    /// <param name="type">Of its leaf.</param>
    /// <param name="hash">Of what it states.</param>
    public static string Entered(string type, string hash) => $"entered:{type}:{hash}";

    /// <summary>The entry that a correction is of.</summary>
    public static string EntryOf(long leaf) => $"entry-of:{LeafFact.Text(leaf)}";

    /// <summary>The correction that takes the place of a leaf.</summary>
    public static string Superseded(long leaf) => $"superseded:{LeafFact.Text(leaf)}";

    /// <summary>An instrument that was entered.</summary>
    public static string Instrument(long leaf) => $"{AllInstruments}{LeafFact.Text(leaf)}";

    /// <summary>An account's newest footprint of an entry.</summary>
    public static string Footprint(long entry, string account) => $"{FootprintsOf(entry)}{account}";

    /// <summary>Begins the names of the footprints of an entry.</summary>
    public static string FootprintsOf(long entry) => $"{AllFootprints}{LeafFact.Text(entry)}:";

    /// <summary>What an entry states of production.</summary>
    public static string Production(long entry) => $"{AllProduction}{LeafFact.Text(entry)}";

    /// <summary>Up to when a product's reports go.</summary>
    public static string ReportedTo(string product) => $"reported-to:{product}";

    /// <summary>The intensity of a slot.</summary>
    public static string Intensity(string series, string slot) => $"intensity:{series}:{slot}";
}

/// <summary>The name of an account's span: which account, which period or slot, and what else parts it from others of the period.</summary>
/// <remarks>
/// <code>
/// span:ACCOUNT:2026-06:market                            all that is settled by instruments together
/// span:ACCOUNT:2026-06:TERMS:MILLISECONDS                what is multiplied by the same terms without a break, since then
/// span:ACCOUNT:20260601T0800Z:SERIES:MINUTES:intensity   what lies in one slot of intensities
/// </code>
/// </remarks>
/// <param name="Account">The account.</param>
/// <param name="Period">The month or year, or the slot of intensities.</param>
/// <param name="Rest">What parts it from others.</param>
public readonly record struct SpanName(string Account, string Period, string Rest)
{
    private const string Market = "market";
    private const string OfIntensity = ":intensity";

    /// <summary>It is settled by instruments.</summary>
    public bool IsMarket => Rest == Market;

    /// <summary>It is a slot of intensities.</summary>
    public bool IsIntensity => Rest.EndsWith(OfIntensity, StringComparison.Ordinal);

    /// <summary>Of what is settled by instruments.</summary>
    public static SpanName OfMarket(string account, string period) => new(account, period, Market);

    /// <summary>Of what is multiplied by the same terms without a break.</summary>
    /// <param name="account">The account.</param>
    /// <param name="period">The month or year.</param>
    /// <param name="terms">A hash of the terms.</param>
    /// <param name="since">Where the stretch begins.</param>
    public static SpanName OfTerms(string account, string period, string terms, DateTimeOffset since) =>
        new(account, period, string.Create(CultureInfo.InvariantCulture, $"{terms}:{since.ToUnixTimeMilliseconds()}"));

    /// <summary>Of what lies in one slot of intensities.</summary>
    /// <param name="account">The account.</param>
    /// <param name="slot">Name of the slot.</param>
    /// <param name="series">The series of intensities.</param>
    /// <param name="length">Length of its slots.</param>
    public static SpanName OfSlot(string account, string slot, string series, TimeSpan length) =>
        new(account, slot, string.Create(CultureInfo.InvariantCulture, $"{series}:{(long)length.TotalMinutes}{OfIntensity}"));

    /// <summary>Reads the name of a fact.</summary>
    public static SpanName Parse(string fact)
    {
        string[] parts = fact.Split(':', 4);
        return new SpanName(parts[1], parts[2], parts[3]);
    }

    /// <summary>Whether another one of the account is of the same period and terms, whenever it begins.</summary>
    public bool HasTermsOf(SpanName other) =>
        Account == other.Account && Period == other.Period && TermsIn(Rest) is { } terms && terms == TermsIn(other.Rest);

    /// <summary>The name of its fact.</summary>
    public override string ToString() => $"{FactNames.SpansOf(Account)}{Period}:{Rest}";

    private static string? TermsIn(string rest) => rest.Split(':') is [var terms, _] ? terms : null;
}

/// <summary>The name of a month in which a product was counted.</summary>
/// <param name="Product">The product, whose name may have a colon.</param>
/// <param name="Month">For example <c>2026-06</c>.</param>
public readonly record struct MadeName(string Product, string Month)
{
    /// <summary>Reads the name of a fact.</summary>
    public static MadeName Parse(string fact)
    {
        int colon = fact.LastIndexOf(':');
        return new MadeName(fact[FactNames.AllMade.Length..colon], fact[(colon + 1)..]);
    }

    /// <summary>The name of its fact.</summary>
    public override string ToString() => $"{FactNames.MadeOf(Product)}{Month}";
}

/// <summary>The name of an account's footprint of an entry.</summary>
/// <param name="Entry">Index of the entry's leaf.</param>
/// <param name="Account">The account.</param>
public readonly record struct FootprintName(long Entry, string Account)
{
    /// <summary>Reads the name of a fact.</summary>
    public static FootprintName Parse(string fact)
    {
        string[] parts = fact.Split(':', 3);
        return new FootprintName(LeafFact.Parse(parts[1]), parts[2]);
    }
}

/// <summary>A fact that is the index of one leaf, and the last part of a name that is one.</summary>
public static class LeafFact
{
    /// <summary>Reads an index.</summary>
    public static long Parse(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Reads the index in which a name ends.</summary>
    public static long InName(string fact) => Parse(fact[(fact.LastIndexOf(':') + 1)..]);

    /// <summary>Writes an index.</summary>
    public static string Text(long leaf) => leaf.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A fact that is indexes of leaves, with spaces between.</summary>
public static class LeafListFact
{
    /// <summary>Reads the indexes; none where there is no fact.</summary>
    public static IReadOnlyList<long> Parse(string? fact) =>
        [.. (fact ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(LeafFact.Parse)];

    /// <summary>Writes indexes as they come.</summary>
    public static string Text(IEnumerable<long> leaves) => string.Join(' ', leaves.Select(LeafFact.Text));
}

/// <summary>Which boot of the kernel the log has seen last.</summary>
/// <param name="BootId">The kernel's name of it.</param>
/// <param name="Count">Boots that the log has seen.</param>
public readonly record struct BootFact(string BootId, long Count)
{
    /// <summary>Reads the fact; a new log has seen no boot.</summary>
    public static BootFact Parse(string? fact)
    {
        string[] parts = (fact ?? "- 0").Split(' ');
        return new BootFact(parts[0], LeafFact.Parse(parts[1]));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{BootId} {LeafFact.Text(Count)}";
}

/// <summary>A statement that is in force.</summary>
/// <param name="Leaf">Index of its leaf.</param>
/// <param name="Hash">Of what it states.</param>
public readonly record struct StatementFact(long Leaf, string Hash)
{
    /// <summary>Reads the fact.</summary>
    public static StatementFact Parse(string fact)
    {
        string[] parts = fact.Split(' ');
        return new StatementFact(LeafFact.Parse(parts[0]), parts[1]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{LeafFact.Text(Leaf)} {Hash}";
}

/// <summary>The reading from which an account counts a meter on.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Leaf">Index of the reading leaf.</param>
public readonly record struct MeterBase(string Meter, long Leaf);

/// <summary>The readings from which an account counts on.</summary>
public static class BasesFact
{
    /// <summary>Reads the fact; none where there is no fact.</summary>
    public static IReadOnlyList<MeterBase> Parse(string? fact) =>
        [
            .. (fact ?? "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(part => part.Split('='))
                .Select(part => new MeterBase(part[0], LeafFact.Parse(part[1]))),
        ];

    /// <summary>Writes the fact.</summary>
    public static string Text(IEnumerable<MeterBase> bases) => string.Join(' ', bases.Select(b => $"{b.Meter}={LeafFact.Text(b.Leaf)}"));
}

/// <summary>That something was entered.</summary>
/// <param name="Leaf">Index of its leaf.</param>
/// <param name="Reported">A machine reported it: it may come again, and then it is the same.</param>
public readonly record struct EnteredFact(long Leaf, bool Reported)
{
    private const string ReportedMark = " reported";

    /// <summary>What it is where an entry was withdrawn: it may be entered anew.</summary>
    public const string Withdrawn = "";

    /// <summary>Reads the fact; null where nothing was entered, or it was withdrawn.</summary>
    public static EnteredFact? Parse(string? fact)
    {
        if (string.IsNullOrEmpty(fact))
        {
            return null;
        }

        bool reported = fact.EndsWith(ReportedMark, StringComparison.Ordinal);
        return new EnteredFact(LeafFact.Parse(reported ? fact[..^ReportedMark.Length] : fact), reported);
    }

    /// <inheritdoc/>
    public override string ToString() => LeafFact.Text(Leaf) + (Reported ? ReportedMark : "");
}

/// <summary>When something was made of a product, as an entry says.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End, not included.</param>
/// <param name="Product">The product.</param>
public readonly record struct ProductionFact(DateTimeOffset From, DateTimeOffset To, string Product)
{
    /// <summary>What it is where the entry was corrected to 0.</summary>
    public const string Withdrawn = "";

    /// <summary>Reads the fact; null where there is none, or it was withdrawn.</summary>
    public static ProductionFact? Parse(string? fact)
    {
        if (string.IsNullOrEmpty(fact))
        {
            return null;
        }

        string[] parts = fact.Split(' ', 3);
        return new ProductionFact(
            DateTimeOffset.FromUnixTimeMilliseconds(LeafFact.Parse(parts[0])),
            DateTimeOffset.FromUnixTimeMilliseconds(LeafFact.Parse(parts[1])),
            parts[2]
        );
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{From.ToUnixTimeMilliseconds()} {To.ToUnixTimeMilliseconds()} {Product}");
}

/// <summary>Up to when all that was made of a product is recorded; only once a machine has reported it.</summary>
/// <param name="End">The end of all of it.</param>
/// <param name="Leaf">The leaf that goes so far.</param>
public readonly record struct ReportedFact(DateTimeOffset End, long Leaf)
{
    /// <summary>Reads the fact; null where there is none.</summary>
    public static ReportedFact? Parse(string? fact)
    {
        if (fact is null)
        {
            return null;
        }

        string[] parts = fact.Split(' ');
        return new ReportedFact(DateTimeOffset.FromUnixTimeMilliseconds(LeafFact.Parse(parts[0])), LeafFact.Parse(parts[1]));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{End.ToUnixTimeMilliseconds()} {Leaf}");
}

/// <summary>The newest intensity of a slot.</summary>
/// <param name="Leaf">The leaf that states it.</param>
/// <param name="Minutes">Length of the slot.</param>
/// <param name="Value">As it was stated, with its unit.</param>
public readonly record struct IntensityFact(long Leaf, long Minutes, string Value)
{
    /// <summary>Reads the fact; null where there is none.</summary>
    public static IntensityFact? Parse(string? fact)
    {
        if (fact is null)
        {
            return null;
        }

        string[] parts = fact.Split(' ', 3);
        return new IntensityFact(LeafFact.Parse(parts[0]), LeafFact.Parse(parts[1]), parts[2]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Leaf} {Minutes} {Value}");
}
