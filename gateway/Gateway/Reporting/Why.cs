using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Reporting;

/// <summary>Something that went into a footprint.</summary>
/// <param name="Name">A register, an amount, a factor or a condition.</param>
/// <param name="Value">With its unit, as recorded.</param>
/// <param name="Source">Of a factor: its name in the set and who published it. Of an entry: who entered it, and its document. Null: the
/// site file.</param>
/// <param name="Leaves">Where it is recorded. None: in the footprint's own leaf.</param>
public sealed record WhyInput(string Name, string Value, string? Source, IReadOnlyList<long> Leaves);

/// <summary>How a recorded footprint came about, down to the leaves that it rests on: enough to compute it again by hand.</summary>
/// <param name="Leaf">Its leaf.</param>
/// <param name="Account">Its account.</param>
/// <param name="Kilograms">CO₂, or null where none is stated.</param>
/// <param name="NoAmount">Why there is none, or null.</param>
/// <param name="From">Begin of its time.</param>
/// <param name="To">End, not included.</param>
/// <param name="Method">As the leaf names it.</param>
/// <param name="Formula">What is computed; amounts of several registers are added first.</param>
/// <param name="Standard">Standard and clause that say so.</param>
/// <param name="Rounding">How often and how the result is rounded.</param>
/// <param name="FactorSet">Set and version.</param>
/// <param name="Inputs">What went into it.</param>
/// <param name="Replaces">The footprint that this one takes the place of, or null.</param>
/// <param name="Slots">The slots that it takes the place of, from leaf to leaf, such as <c>17-2995</c>; null where it does not.</param>
/// <param name="Restates">Why it takes the place of its account's slots: <c>ended</c>, <c>instrument</c>, <c>factors</c> or
/// <c>intensity</c>; null where it does not.</param>
/// <param name="Proof">Path of the bundle that proves this leaf and all that it rests on.</param>
public sealed record Why(
    long Leaf,
    string Account,
    string? Kilograms,
    string? NoAmount,
    DateTimeOffset From,
    DateTimeOffset To,
    string Method,
    string Formula,
    string Standard,
    string Rounding,
    string FactorSet,
    IReadOnlyList<WhyInput> Inputs,
    long? Replaces,
    string? Slots,
    string? Restates,
    string Proof
)
{
    /// <summary>Explains a carbon leaf.</summary>
    /// <param name="carbon">A leaf of type <see cref="LeafType.Carbon"/>.</param>
    /// <param name="leafAt">Gives the leaves that it names; null where the bytes were thinned.</param>
    /// <exception cref="InvalidDataException">Its method is none that is known here.</exception>
    public static Why Of(Leaf carbon, Func<long, Leaf?> leafAt)
    {
        var stated = CarbonLeaf.Of(carbon);
        RecordedMethod method = MethodOf(stated);
        Leaf[] sources = [.. carbon.Head.ComputedFrom.Select(leafAt).OfType<Leaf>()];
        Leaf? factors = carbon.Head.Factors is { } index ? leafAt(index) : null;
        return new Why(
            carbon.Head.Index,
            stated.Account,
            stated.Micrograms is { } micrograms ? new DecimalFraction(-9, micrograms).ToString() : null,
            stated.NoAmount,
            stated.From,
            stated.To,
            method.Name,
            method.Formula,
            method.Source,
            $"{(method.TakesInstruments ? "each line " : "")}once, half to even, to whole micrograms",
            stated.Set ?? "none",
            [
                .. Amounts(carbon, stated, sources, method, leafAt),
                .. Factors(method, factors),
                .. Intensities(method, sources),
                .. Conditions(method),
            ],
            stated.Replaces,
            stated.Slots,
            stated.Restates,
            ProofOf(carbon, sources)
        );
    }

    /// <summary>For a person.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{Account}, leaf {Leaf}: {(Kilograms is null ? $"no amount: {NoAmount}" : $"{Kilograms} kg CO2")}"
        );
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{From.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} to {To.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}{InPlaceOf}"
        );
        text.AppendLine(CultureInfo.InvariantCulture, $"{Method}: {Formula}, rounded {Rounding}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  by {Standard}{(FactorSet == "none" ? "" : $"; factors of {FactorSet}")}");
        foreach (WhyInput input in Inputs)
        {
            string source = input.Source is null ? "" : $"\n      {input.Source}";
            text.AppendLine(CultureInfo.InvariantCulture, $"  {input.Name}: {input.Value}{WhereIn(input.Leaves)}{source}");
        }

        return text.AppendLine(CultureInfo.InvariantCulture, $"Proof: {Proof}").ToString();
    }

    /// <summary>Where something is recorded, for people: nothing where that is the leaf that is explained.</summary>
    internal static string WhereIn(IReadOnlyList<long> leaves)
    {
        string leaf = leaves.Count == 1 ? "leaf" : "leaves";
        return leaves.Count == 0 ? "" : $" ({leaf} {string.Join(", ", leaves)})";
    }

    /// <summary>Path of the bundle that proves a leaf and all that it rests on.</summary>
    internal static string ProofOf(Leaf leaf, IEnumerable<Leaf> sources)
    {
        IEnumerable<long> leaves = new SortedSet<long>([
            leaf.Head.Index,
            .. leaf.Head.ComputedFrom,
            .. leaf.Head.Factors is { } f ? [f] : Array.Empty<long>(),
            .. sources.Select(s => s.Head.Config).OfType<long>(),
        ]);
        return $"/v1/log/bundle?{string.Join('&', leaves.Select(l => string.Create(CultureInfo.InvariantCulture, $"leaf={l}")))}";
    }

    private string InPlaceOf
    {
        get
        {
            if (Restates is null)
            {
                return Replaces is { } leaf ? $"; takes the place of leaf {leaf}" : "";
            }

            string before = Replaces is { } anew ? $", and of leaf {anew}" : "";
            return $"; takes the place of the slots of {Account} in the leaves {Slots}{before}: {RestatedBecause}";
        }
    }

    private string RestatedBecause =>
        Restates switch
        {
            "ended" => "the period has ended and is settled with its instruments",
            "instrument" => "an instrument was entered or corrected",
            "intensity" => "the intensity of its slot was stated",
            _ => "a factor was corrected",
        };

    private static IEnumerable<WhyInput> Amounts(
        Leaf carbon,
        CarbonLeaf stated,
        Leaf[] sources,
        RecordedMethod method,
        Func<long, Leaf?> leafAt
    )
    {
        if (sources.FirstOrDefault()?.Head.Type == LeafType.Manual)
        {
            return sources.Select(Entered);
        }

        return stated.Restates is null ? Registers(stated, sources, leafAt) : Restated(carbon, stated, sources, method, leafAt);
    }

    // A whole period: its registers over their stretches, then what each instrument gave.
    private static List<WhyInput> Restated(Leaf carbon, CarbonLeaf stated, Leaf[] sources, RecordedMethod method, Func<long, Leaf?> leafAt)
    {
        AccountSpan span = AccountSpan.In(carbon);
        List<WhyInput> inputs =
        [
            .. from register in span.Registers
            from stretch in register.Value
            let start = CountedIn(leafAt(stretch.From), register.Key)
            let end = CountedIn(leafAt(stretch.To), register.Key)
            select new WhyInput(register.Key, $"{start?.Number} → {end?.Number} {end?.Unit}", null, [stretch.From, stretch.To]),
        ];
        EnteredInstrument[] instruments = [.. EnteredInstrument.AllIn(sources)];
        try
        {
            MarketFootprint footprint = method.Footprint(
                span.Amount(leafAt),
                stated.Claims is { } claims ? new Claims(claims.From, claims.To, [.. instruments.Select(i => i.Instrument)]) : null
            );
            inputs.AddRange(
                footprint.Claims.Select(c => new WhyInput(
                    c.Name,
                    $"{c.Energy} at {c.Factor.Text}",
                    c.Factor.Source,
                    [.. instruments.Where(i => c.Name.Split(' ').Contains(i.Instrument.Id)).SelectMany(i => i.Leaves)]
                ))
            );
            if (footprint.Rest.Value.IsPositive)
            {
                inputs.Add(new WhyInput("without an instrument", footprint.Rest.ToString(), null, []));
            }
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        return inputs;
    }

    private static LeafAmount? CountedIn(Leaf? leaf, string register) =>
        leaf is { Head.Type: LeafType.Reading } ? ReadingLeaf.Of(leaf).FindCounted(register)?.Amount : null;

    private static RecordedMethod MethodOf(CarbonLeaf carbon)
    {
        try
        {
            return RecordedMethod.Read(carbon.Method, carbon.Texts.Select(t => (t.Name, t.Text)));
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static IEnumerable<WhyInput> Registers(CarbonLeaf stated, Leaf[] readings, Func<long, Leaf?> leafAt)
    {
        foreach (string register in stated.Meters ?? [])
        {
            long? basedOn = stated.BaseOf(register);
            Leaf[] with = [.. readings.Where(r => CountedIn(r, register) is not null && (basedOn is null || r.Head.Index >= basedOn))];
            if (with.Length < 2)
            {
                yield return new WhyInput(
                    register,
                    "begins here: it counts from the next footprint on",
                    null,
                    [.. with.Select(l => l.Head.Index)]
                );
                continue;
            }

            LeafAmount from = CountedIn(with[0], register)!.Value,
                to = CountedIn(with[^1], register)!.Value;
            DecimalFraction counted = new(to.Number.Exponent, to.Number.Mantissa - from.Number.Mantissa);
            string? constant =
                with[^1].Head.Config is { } config && leafAt(config) is { } settings
                    ? ConfigLeaf.Of(settings).SettingOf(RegisterName.MeterOf(register), ConfigLeaf.Constant)
                    : null;
            string worth = constant is null ? "" : $" at {constant}";
            yield return new WhyInput(
                register,
                $"{from.Number} → {to.Number} {to.Unit}, {counted} {to.Unit}{worth}",
                null,
                [with[0].Head.Index, with[^1].Head.Index]
            );
        }
    }

    // An entry, or the correction of its amount.
    private static WhyInput Entered(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Manual)
        {
            var manual = ManualLeaf.Of(leaf);
            string document = manual.Entered.Document is { } named ? $", {named}" : "";
            return new WhyInput(
                manual.Subject,
                manual.Entered.Amount.ToString(),
                $"entered by {manual.Entered.By}{document}",
                [leaf.Head.Index]
            );
        }

        var correction = CorrectionLeaf.Of(leaf);
        return new WhyInput(
            "corrected",
            correction.Amount!.Value.ToString(),
            $"entered by {correction.By}, because {correction.Reason}",
            [leaf.Head.Index]
        );
    }

    private static IEnumerable<WhyInput> Factors(RecordedMethod method, Leaf? factors)
    {
        FactorsLeaf? set = factors is null ? null : FactorsLeaf.Of(factors);
        foreach ((string key, string value) in method.Factors)
        {
            string source = set?.TextOf(key) is { } text ? $"{key}: {new StatedFactor(key, text).Source}" : key;
            yield return new WhyInput(key.Split('/')[2], value, source, factors is null ? [] : [factors.Head.Index]);
        }
    }

    private static IEnumerable<WhyInput> Intensities(RecordedMethod method, Leaf[] sources)
    {
        foreach (Leaf leaf in sources.Where(s => s.Head.Type == LeafType.Intensity && method.Slot is not null))
        {
            var intensity = IntensityLeaf.Of(leaf);
            yield return new WhyInput(
                $"intensity from {method.Slot}, {intensity.Minutes} min",
                method.Value!,
                $"{method.Series}: {intensity.Source}",
                [leaf.Head.Index]
            );
        }
    }

    private static IEnumerable<WhyInput> Conditions(RecordedMethod method) =>
        method.Texts.Where(t => FuelConditions.Names.Contains(t.Name)).Select(t => new WhyInput(t.Name, t.Text, null, []));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Why))]
internal sealed partial class WhyJson : JsonSerializerContext;
