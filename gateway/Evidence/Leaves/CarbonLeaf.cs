namespace EdgeGateway.Evidence.Leaves;

/// <summary>A text of a leaf with its name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">What it says.</param>
public readonly record struct NamedText(string Name, string Text);

/// <summary>Where a register that came to an account later than the others begins.</summary>
/// <param name="Register">Its name (<see cref="RegisterName"/>).</param>
/// <param name="Leaf">Index of the reading leaf from which it counts.</param>
public readonly record struct RegisterBase(string Register, long Leaf);

/// <summary>Between which readings a register was counted in slots that are accounted anew.</summary>
/// <param name="Register">Its name (<see cref="RegisterName"/>).</param>
/// <param name="Stretches">From reading leaf to reading leaf, such as <c>12-400 401-2990</c>.</param>
public readonly record struct CountedStretches(string Register, string Stretches)
{
    /// <summary>The stretches; null where the text is none. Their order is not judged.</summary>
    public IReadOnlyList<LeafRange>? Ranges => LeafRange.ParseAll(Stretches);
}

/// <summary>The period whose instruments a footprint claims.</summary>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end, not included.</param>
public readonly record struct ClaimedPeriod(DateTimeOffset From, DateTimeOffset To);

/// <summary>The footprint of one account: of a slot, of an entry, or of a period that is accounted anew.</summary>
/// <remarks>
/// <code>
///   of a slot             method, its texts, set            meters, bases
///   of an entry           method, its texts, set                           replaces
///   of a period anew      method, its texts, set   restates, claims, slots, stretches   replaces
/// </code>
/// </remarks>
public sealed record CarbonLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new(
            [new(null, LeafForm.AmountOrReason), new("from", LeafForm.Instant), new("to", LeafForm.Instant), new("method", LeafForm.Text)],
            new(_ => true, LeafForm.Statement)
        )
        {
            Factors = LeafLabel.May,
            ComputedFrom = LeafLabel.May,
        };

    private const string Base = "/base";
    private const int NanoExponent = -9; // a microgram in kilograms

    /// <summary>The account.</summary>
    public required string Account { get; init; }

    /// <summary>CO₂, whole micrograms; null where none is stated.</summary>
    public long? Micrograms { get; init; }

    /// <summary>Why no amount is stated; null where one is.</summary>
    public string? NoAmount { get; init; }

    /// <summary>Begin of its time.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End, not included.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>How it was computed, for example <c>location-based</c>.</summary>
    public required string Method { get; init; }

    /// <summary>What the method took: factors, their values, conditions. Also texts that this version does not know.</summary>
    public IReadOnlyList<NamedText> Texts { get; init; } = [];

    /// <summary>The factor set with its version (<see cref="FactorsLeaf.Name"/>); null where the method cites none.</summary>
    public string? Set { get; init; }

    /// <summary>Why the slots of a period are accounted anew: <c>ended</c>, <c>instrument</c>, <c>factors</c> or <c>intensity</c>; null
    /// where none are.</summary>
    public string? Restates { get; init; }

    /// <summary>The period whose instruments it claims, or null.</summary>
    public ClaimedPeriod? Claims { get; init; }

    /// <summary>The carbon leaves that it takes the place of, such as <c>17-2995</c>; null where it does not.</summary>
    public string? Slots { get; init; }

    /// <summary>What it counts in their place, by register.</summary>
    public IReadOnlyList<CountedStretches> Stretches { get; init; } = [];

    /// <summary>The registers that a slot's footprint adds up, by name; null: it is not of a slot.</summary>
    public IReadOnlyList<string>? Meters { get; init; }

    /// <summary>Those among them that came later than the others.</summary>
    public IReadOnlyList<RegisterBase> Bases { get; init; } = [];

    /// <summary>Index of the footprint that it takes the place of, or null.</summary>
    public long? Replaces { get; init; }

    /// <summary>What this version does not know.</summary>
    public IReadOnlyList<LeafRecord> Others { get; init; } = [];

    /// <summary>The slots that it takes the place of, ascending; empty where it does not; null where its text is none of these.</summary>
    public IReadOnlyList<LeafRange>? SlotRanges
    {
        get
        {
            if (Slots is null)
            {
                return [];
            }

            if (LeafRange.ParseAll(Slots) is not { } ranges)
            {
                return null;
            }

            for (int i = 0; i < ranges.Count; i++)
            {
                if (ranges[i].From > ranges[i].To || (i > 0 && ranges[i].From <= ranges[i - 1].To))
                {
                    return null;
                }
            }

            return ranges;
        }
    }

    /// <summary>Where a register begins that came to the account later; null where it goes on.</summary>
    public long? BaseOf(string register)
    {
        foreach (RegisterBase at in Bases)
        {
            if (at.Register == register)
            {
                return at.Leaf;
            }
        }

        return null;
    }

    /// <summary>A text of the method, or null.</summary>
    public string? TextOf(string name)
    {
        foreach (NamedText text in Texts)
        {
            if (text.Name == name)
            {
                return text.Text;
            }
        }

        return null;
    }

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static CarbonLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Carbon);
        LeafRecord amount = records.Next() ?? throw new EvidenceException($"Leaf {leaf.Head.Index} states no footprint.");
        bool stated = amount is { Unit: "kg", Number.Exponent: NanoExponent };
        Rest rest = new();
        CarbonLeaf carbon = new()
        {
            Account = amount.Name,
            Micrograms = stated ? amount.Number!.Value.Mantissa : null,
            NoAmount = stated ? null : amount.Text ?? throw records.Wrong(amount, "neither kilograms with nine decimals nor a reason"),
            From = records.Time("from"),
            To = records.Time("to"),
            Method = records.Text("method"),
        };
        while (records.Next() is { } record)
        {
            rest.Take(record);
        }

        return rest.In(carbon);
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = new(8 + Texts.Count + Stretches.Count + Bases.Count)
        {
            Micrograms is { } amount
                ? new LeafRecord(Account) { Unit = "kg", Number = new DecimalFraction(NanoExponent, amount) }
                : LeafRecord.Of(Account, NoAmount ?? throw new InvalidOperationException("A footprint states an amount or a reason.")),
            LeafRecord.Of("from", From),
            LeafRecord.Of("to", To),
            LeafRecord.Of("method", Method),
        };
        foreach (NamedText text in Texts)
        {
            records.Add(LeafRecord.Of(text.Name, text.Text));
        }

        AddText(records, "set", Set);
        AddText(records, "restates", Restates);
        if (Claims is { } claims)
        {
            records.Add(LeafRecord.Of("claims/from", claims.From));
            records.Add(LeafRecord.Of("claims/to", claims.To));
        }

        AddText(records, "slots", Slots);
        foreach (CountedStretches counted in Stretches)
        {
            records.Add(LeafRecord.Of(counted.Register, counted.Stretches));
        }

        AddText(records, "meters", Meters is null ? null : string.Join(' ', Meters));
        foreach (RegisterBase at in Bases)
        {
            records.Add(LeafRecord.Of(at.Register + Base, at.Leaf));
        }

        records.AddRange(Others);
        if (Replaces is { } replaces)
        {
            records.Add(LeafRecord.Of("replaces", replaces));
        }

        return records;
    }

    private static void AddText(List<LeafRecord> records, string name, string? text)
    {
        if (text is not null)
        {
            records.Add(LeafRecord.Of(name, text));
        }
    }

    /// <summary>What follows the method. Any of it may be missing, and what is not of its form is none of it.</summary>
    private sealed class Rest
    {
        private List<NamedText>? _texts;
        private List<CountedStretches>? _stretches;
        private List<RegisterBase>? _bases;
        private List<LeafRecord>? _others;
        private string? _set,
            _restates,
            _slots,
            _meters;
        private LeafRecord? _claimsFrom,
            _claimsTo;
        private long? _replaces;

        public void Take(LeafRecord record)
        {
            switch (record)
            {
                case { Text: { } text }:
                    TakeText(record.Name, text);
                    break;
                case { Name: "replaces", Number: { Exponent: 0, Mantissa: var leaf }, Unit: null }:
                    _replaces = leaf;
                    break;
                case { Name: "claims/from", Unit: "s" }:
                    _claimsFrom = record;
                    break;
                case { Name: "claims/to", Unit: "s" }:
                    _claimsTo = record;
                    break;
                case { Number: { Exponent: 0, Mantissa: var leaf }, Unit: null } when record.Name.EndsWith(Base, StringComparison.Ordinal):
                    (_bases ??= []).Add(new RegisterBase(record.Name[..^Base.Length], leaf));
                    break;
                default:
                    (_others ??= []).Add(record);
                    break;
            }
        }

        public CarbonLeaf In(CarbonLeaf carbon)
        {
            bool claims = _claimsFrom is not null && _claimsTo is not null;
            return carbon with
            {
                Texts = _texts ?? [],
                Set = _set,
                Restates = _restates,
                Claims = claims ? new ClaimedPeriod(_claimsFrom!.AsTime(), _claimsTo!.AsTime()) : null,
                Slots = _slots,
                Stretches = _stretches ?? [],
                Meters = _meters?.Split(' '),
                Bases = _bases ?? [],
                Replaces = _replaces,
                Others = _others ?? [],
            };
        }

        private void TakeText(string name, string text)
        {
            switch (name)
            {
                case "set":
                    _set = text;
                    break;
                case "restates":
                    _restates = text;
                    break;
                case "slots":
                    _slots = text;
                    break;
                case "meters":
                    _meters = text;
                    break;
                default:
                    if (_slots is not null && name.Contains('/', StringComparison.Ordinal))
                    {
                        (_stretches ??= []).Add(new CountedStretches(name, text)); // only registers follow the slots
                    }
                    else
                    {
                        (_texts ??= []).Add(new NamedText(name, text));
                    }

                    break;
            }
        }
    }
}
