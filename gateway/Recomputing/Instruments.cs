using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>An instrument as it held when a footprint claimed it.</summary>
/// <param name="Instrument">With what its corrections say.</param>
/// <param name="Leaf">Index of the leaf in which it was entered.</param>
internal sealed record HeldInstrument(RecordedInstrument Instrument, long Leaf)
{
    /// <summary>As <see cref="Claimed.Name"/> names it.</summary>
    public string Name =>
        Instrument.Kind == "settlement"
            ? $"contract {Instrument.Contract} settled by {Instrument.Id}"
            : $"{Instrument.Kind} {Instrument.Id}";
}

/// <summary>What a footprint takes of an instrument.</summary>
/// <param name="By">The footprint.</param>
/// <param name="Instrument">The instrument.</param>
/// <param name="Energy">How much of it.</param>
internal sealed record InstrumentUse(StatedFootprint By, HeldInstrument Instrument, Quantity Energy);

/// <summary>A claim that does not hold beside the others.</summary>
/// <param name="By">The footprint.</param>
/// <param name="What">Why, in words.</param>
internal sealed record WrongClaim(StatedFootprint By, string What);

/// <summary>The instruments that footprints claim, and that none is claimed twice or for more than it is.</summary>
/// <param name="corrections">Of instruments too.</param>
internal sealed class Instruments(Corrections corrections)
{
    private readonly List<Contract> _contracts = [];

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Instrument && InstrumentLeaf.Of(leaf) is { Kind: "contract" } contract)
        {
            _contracts.Add(new Contract(leaf.Head.Index, contract.Entered.From, contract.Entered.To));
        }
    }

    /// <summary>The instruments among the leaves that a footprint rests on, each with all corrections before the footprint.</summary>
    /// <exception cref="EvidenceException">One is left out.</exception>
    /// <exception cref="CarbonException">One could prove nothing.</exception>
    public IReadOnlyList<HeldInstrument> ClaimedBy(StatedFootprint footprint, ClaimedPeriod period, Source[] sources)
    {
        if (footprint.Carbon.To <= period.From || footprint.Carbon.To > period.To)
        {
            throw new EvidenceException("it claims instruments of a period in which it does not end");
        }

        Contract leftOut = _contracts.Find(c =>
            c.Leaf < footprint.Index && c.From < period.To && period.From < c.To && sources.All(s => s.Index != c.Leaf)
        );
        if (leftOut.Leaf > 0)
        {
            throw new EvidenceException($"it leaves out the contract of leaf {leftOut.Leaf}");
        }

        return [.. sources.Where(s => s.Instrument is not null).Select(s => Held(s, footprint.Index, sources))];
    }

    /// <summary>What is wrong with what all footprints that count claim, instrument by instrument.</summary>
    public static IEnumerable<WrongClaim> WronglyClaimed(IEnumerable<InstrumentUse> uses)
    {
        foreach (IGrouping<string, InstrumentUse> use in uses.GroupBy(u => u.Instrument.Name))
        {
            if (WronglyClaimed(use.Key, [.. use]) is { } wrong)
            {
                yield return wrong;
            }
        }
    }

    private static WrongClaim? WronglyClaimed(string name, InstrumentUse[] uses)
    {
        InstrumentUse first = uses[0],
            last = uses[^1];
        if (Array.Find(uses, u => u.By.Account != first.By.Account) is { } elsewhere)
        {
            return new WrongClaim(elsewhere.By, $"it claims {name}, which {first.By.Account} claims too, in leaf {first.By.Index}");
        }

        if (uses.Any(u => u.Instrument.Leaf != first.Instrument.Leaf))
        {
            return new WrongClaim(
                last.By,
                $"it claims {name}, which is in the log twice, as leaf {first.Instrument.Leaf} and leaf {last.Instrument.Leaf}"
            );
        }

        Quantity claimed = uses.Select(u => u.Energy).Aggregate((a, b) => a + b).In(Unit.KilowattHour),
            most = last.Instrument.Instrument.Energy.In(Unit.KilowattHour);
        return claimed.Value > most.Value ? new WrongClaim(last.By, $"{name} is for {most}, and with it {claimed} are claimed") : null;
    }

    private HeldInstrument Held(Source source, long before, Source[] sources)
    {
        InstrumentLeaf holds = source.Instrument!;
        LeafAmount? amount = holds.Entered.Amount;
        foreach (CorrectionMark mark in corrections.ChainOf(source.Index, before))
        {
            CorrectionLeaf correction = Array.Find(sources, s => s.Index == mark.Leaf)?.Correction
                ?? throw new EvidenceException($"it leaves out leaf {mark.Leaf}, which corrects the instrument of leaf {source.Index}");
            holds = holds.CorrectedBy(correction);
            amount = correction.StatesAmount ? correction.Amount : amount;
        }

        return new HeldInstrument(
            RecordedInstrument.Read(
                holds.Kind,
                holds.Id,
                holds.Entered.From,
                holds.Entered.To,
                Corrections.AmountOf(source.Index, amount),
                holds.Entered.Detail
            ),
            source.Index
        );
    }

    private readonly record struct Contract(long Leaf, DateTimeOffset From, DateTimeOffset To);
}
