using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Evidence;

/// <summary>
/// That each leaf holds what its type does: which labels its head has and which records, in which order and form (the layout of its view).
/// The same is written in <c>evidence.cddl</c>. Types that are not listed pass: a newer device may write them, and a verifier counts them
/// as unknown.
/// </summary>
/// <remarks>Part of the recorded format: a type may get further optional records at its end, nothing else ever changes.</remarks>
public static class LeafSchema
{
    private static readonly Dictionary<string, LeafLayout> Layouts = new()
    {
        [LeafType.Genesis] = GenesisLeaf.Layout,
        [LeafType.Boot] = BootLeaf.Layout,
        [LeafType.Start] = StartLeaf.Layout,
        [LeafType.Config] = ConfigLeaf.Layout,
        [LeafType.Factors] = FactorsLeaf.Layout,
        [LeafType.Reading] = ReadingLeaf.Layout,
        [LeafType.Carbon] = CarbonLeaf.Layout,
        [LeafType.Flow] = FlowLeaf.Layout,
        [LeafType.Gap] = GapLeaf.Layout,
        [LeafType.Calibration] = CalibrationLeaf.Layout,
        [LeafType.Exchange] = ExchangeLeaf.Layout,
        [LeafType.ClockStep] = ClockStepLeaf.Layout,
        [LeafType.Manual] = ManualLeaf.Layout,
        [LeafType.Instrument] = InstrumentLeaf.Layout,
        [LeafType.Intensity] = IntensityLeaf.Layout,
        [LeafType.Correction] = CorrectionLeaf.Layout,
        [LeafType.Alarm] = AlarmLeaf.Layout,
        [LeafType.KeyRotation] = KeyRotationLeaf.Layout,
    };

    /// <summary>Refuses a leaf of a known type that is not laid out as that type is.</summary>
    /// <exception cref="EvidenceException">It is not; the sentence names the type and the record.</exception>
    public static void Check(Leaf leaf)
    {
        CheckNames(leaf);
        if (!Layouts.TryGetValue(leaf.Head.Type, out LeafLayout? layout))
        {
            return;
        }

        LeafHead head = leaf.Head;
        CheckLabel(head, "grp", layout.Group, head.Group is not null);
        CheckLabel(head, "cfg", layout.Config, head.Config is not null);
        CheckLabel(head, "fct", layout.Factors, head.Factors is not null);
        CheckLabel(head, "of", layout.ComputedFrom, head.ComputedFrom.Count > 0);
        int next = 0;
        foreach (LayoutRecord rule in layout.First)
        {
            bool here = next < leaf.Records.Count && (rule.Name is null || leaf.Records[next].Name == rule.Name);
            if (here)
            {
                CheckForm(head, leaf.Records[next++], rule.Form, measured: false);
            }
            else if (!rule.Optional)
            {
                string found = next < leaf.Records.Count ? $"'{leaf.Records[next].Name}'" : "its end";
                throw new EvidenceException(
                    $"In a leaf of type '{head.Type}' the record '{rule.Name ?? "amount"}' is missing before {found}."
                );
            }
        }

        for (; next < leaf.Records.Count; next++)
        {
            if (layout.Rest is not { } rest || !rest.Fits(leaf.Records[next].Name))
            {
                throw new EvidenceException(
                    $"'{leaf.Records[next].Name}' is not a record of a leaf of type '{head.Type}' as this version knows it."
                );
            }

            CheckForm(head, leaf.Records[next], rest.Form, layout.Measured);
        }
    }

    // Two records of one name would be two values of one register, and readers would differ in which they take.
    private static void CheckNames(Leaf leaf)
    {
        if (leaf.Records.Count == 1)
        {
            return;
        }

        const int FewRecords = 8;
        if (leaf.Records.Count <= FewRecords)
        {
            CheckFewNames(leaf.Records);
            return;
        }

        HashSet<string> seen = new(leaf.Records.Count);
        foreach (LeafRecord record in leaf.Records)
        {
            if (!seen.Add(record.Name))
            {
                throw new EvidenceException($"The leaf has two records '{record.Name}'.");
            }
        }
    }

    // Most leaves: comparing each with each is faster than a set.
    private static void CheckFewNames(IReadOnlyList<LeafRecord> records)
    {
        for (int i = 1; i < records.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (records[i].Name == records[j].Name)
                {
                    throw new EvidenceException($"The leaf has two records '{records[i].Name}'.");
                }
            }
        }
    }

    private static void CheckLabel(LeafHead head, string label, LeafLabel rule, bool there)
    {
        if (rule != LeafLabel.May && there != (rule == LeafLabel.Must))
        {
            throw new EvidenceException($"A leaf of type '{head.Type}' {(there ? "has no" : "has the")} label '{label}'.");
        }
    }

    private static void CheckForm(LeafHead head, LeafRecord record, LeafForm form, bool measured)
    {
        bool number = record.Number is not null,
            unit = record.Unit is not null;
        bool good = form switch
        {
            LeafForm.Text => record.Text is not null && !unit,
            LeafForm.Count => record.Number is { Exponent: 0, Mantissa: >= 0 } && !unit,
            LeafForm.Instant => record is { Number: { } seconds, Unit: "s" } && LeafCodec.IsTime(seconds),
            LeafForm.Quantity => number && unit,
            LeafForm.QuantityOrReason => number == unit && record.Data is null,
            LeafForm.AmountOrReason => record is { Unit: "kg", Number.Exponent: -9 } || (record.Text is not null && !unit),
            LeafForm.State => record.Text is "began" or "ended" && !unit,
            LeafForm.Statement => record.Data is null && (number || !unit),
            _ => record.Data is not null && !unit,
        };
        if (!good)
        {
            throw new EvidenceException($"The record '{record.Name}' of a leaf of type '{head.Type}' is not {Words(form)}.");
        }

        if (!measured && (record.Quality != Readings.Quality.Measured || record.AccuracyClass is not null || record.Time is not null))
        {
            throw new EvidenceException(
                $"The record '{record.Name}' of a leaf of type '{head.Type}' has a quality, a class or a time of its own."
            );
        }
    }

    private static string Words(LeafForm form) =>
        form switch
        {
            LeafForm.Text => "a text",
            LeafForm.Count => "a whole number without a unit",
            LeafForm.Instant => "a time in seconds",
            LeafForm.Quantity => "a number with its unit",
            LeafForm.QuantityOrReason => "a number with its unit, nor a reason",
            LeafForm.AmountOrReason => "kilograms with nine decimals, nor a reason",
            LeafForm.State => "'began' or 'ended'",
            LeafForm.Statement => "a text or a number",
            _ => "bytes",
        };
}
