namespace EdgeGateway.Evidence;

/// <summary>
/// What each type of leaf holds: which labels its head has and which records, in which order and form. The same is written in
/// <c>evidence.cddl</c>. Types that are not listed pass: a newer device may write them, and a verifier counts them as unknown.
/// </summary>
/// <remarks>Part of the recorded format: a type may get further optional records at its end, nothing else ever changes.</remarks>
public static class LeafSchema
{
    private enum Form
    {
        /// <summary>A text.</summary>
        Text,

        /// <summary>A whole number of 0 or more, without a unit.</summary>
        Count,

        /// <summary>Unix time in seconds.</summary>
        Instant,

        /// <summary>A number with its unit.</summary>
        Quantity,

        /// <summary>A number with its unit, or a text that says why there is none.</summary>
        QuantityOrReason,

        /// <summary>Whole micrograms, as kilograms with nine decimals, or a text that says why there is no amount.</summary>
        AmountOrReason,

        /// <summary>Whether a condition has begun or ended.</summary>
        State,

        /// <summary>Any text, or a number with or without a unit.</summary>
        Statement,

        /// <summary>Bytes.</summary>
        Bytes,
    }

    private enum Label
    {
        Never,
        May,
        Must,
    }

    private static readonly Dictionary<string, Layout> Layouts = new()
    {
        [LeafType.Genesis] = new([
            new("origin", Form.Text),
            new("device", Form.Text),
            new("key", Form.Bytes),
            new("cert", Form.Bytes, Optional: true),
        ]),
        [LeafType.Boot] = new([new("boot-id", Form.Text)]),
        [LeafType.Start] = new([new("version", Form.Text), new("registers-from-file", Form.Count)], new(IsPath, Form.QuantityOrReason)),
        [LeafType.Config] = new([new("group", Form.Text), new("class", Form.Text)], new(IsMeterName, Form.Text)) { Group = Label.Must },
        [LeafType.Factors] = new(
            [new("set", Form.Text), new("version", Form.Text), new("validFrom", Form.Text), new("validUntil", Form.Text)],
            new(IsPath, Form.Text)
        ),
        [LeafType.Reading] = new([], new(IsMeterName, Form.QuantityOrReason))
        {
            Group = Label.Must,
            Config = Label.Must,
            Measured = true,
        },
        [LeafType.Carbon] = new(
            [new(null, Form.AmountOrReason), new("from", Form.Instant), new("to", Form.Instant), new("method", Form.Text)],
            new(_ => true, Form.Statement)
        )
        {
            Factors = Label.May,
            ComputedFrom = Label.May,
        },
        [LeafType.Flow] = new(
            [
                new("from", Form.Instant),
                new("to", Form.Instant),
                new("previous", Form.Count, Optional: true),
                new("method", Form.Text),
                new("slot", Form.Instant),
                new("tolerance", Form.Quantity),
                new("efficiency", Form.Quantity, Optional: true),
                new("reason", Form.Text, Optional: true),
                new("residual", Form.Quantity, Optional: true),
                new("found", Form.Quantity, Optional: true),
            ],
            new(IsPath, Form.QuantityOrReason)
        )
        {
            ComputedFrom = Label.May,
        },
        [LeafType.Gap] = new([
            new("cause", Form.Text),
            new("meter", Form.Text, Optional: true),
            new("from", Form.Instant),
            new("to", Form.Instant),
            new("lost", Form.Count, Optional: true),
            new("log", Form.Text, Optional: true),
            new("witnessed", Form.Count, Optional: true),
            new("recorded", Form.Count, Optional: true),
        ])
        {
            Group = Label.May,
        },
        [LeafType.Calibration] = new([
            new("meter", Form.Text),
            new("correction", Form.Text),
            new("calibrated", Form.Instant, Optional: true),
            new("by", Form.Text, Optional: true),
            new("reference", Form.Text, Optional: true),
            new("uncertainty", Form.Text, Optional: true),
            new("before", Form.Text),
        ])
        {
            Group = Label.Must,
        },
        [LeafType.Exchange] = new(
            [new("meter", Form.Text), new("reading", Form.Text), new("read", Form.Instant)],
            new(IsMeterName, Form.Quantity)
        )
        {
            Group = Label.Must,
            Measured = true,
        },
        [LeafType.ClockStep] = new([new("step", Form.Instant)]),
        [LeafType.Manual] = new(
            [
                new("kind", Form.Text),
                new("subject", Form.Text),
                new("from", Form.Instant),
                new("to", Form.Instant),
                new("amount", Form.Quantity),
                new("by", Form.Text),
                new("document", Form.Text, Optional: true),
                new("sha256", Form.Bytes, Optional: true),
            ],
            new(IsPath, Form.Statement)
        )
        {
            Group = Label.May,
        },
        [LeafType.Instrument] = new(
            [
                new("kind", Form.Text),
                new("id", Form.Text),
                new("from", Form.Instant),
                new("to", Form.Instant),
                new("amount", Form.Quantity),
                new("by", Form.Text),
                new("document", Form.Text, Optional: true),
                new("sha256", Form.Bytes, Optional: true),
            ],
            new(IsPath, Form.Statement)
        )
        {
            Group = Label.May,
        },
        [LeafType.Intensity] = new(
            [new("series", Form.Text), new("source", Form.Text), new("minutes", Form.Count)],
            new(IsPath, Form.Text)
        ),
        [LeafType.Correction] = new(
            [new("supersedes", Form.Count), new("reason", Form.Text), new("by", Form.Text)],
            new(_ => true, Form.Statement)
        )
        {
            Group = Label.May,
        },
        [LeafType.Alarm] = new([
            new("alarm", Form.Text),
            new("state", Form.State),
            new("meter", Form.Text, Optional: true),
            new("text", Form.Text, Optional: true),
        ])
        {
            Group = Label.May,
        },
        [LeafType.KeyRotation] = new([new("key", Form.Bytes), new("cert", Form.Bytes, Optional: true), new("until", Form.Instant)]),
    };

    /// <summary>Refuses a leaf of a known type that is not laid out as that type is.</summary>
    /// <exception cref="EvidenceException">It is not; the sentence names the type and the record.</exception>
    public static void Check(Leaf leaf)
    {
        CheckNames(leaf);
        if (!Layouts.TryGetValue(leaf.Head.Type, out Layout? layout))
        {
            return;
        }

        LeafHead head = leaf.Head;
        CheckLabel(head, "grp", layout.Group, head.Group is not null);
        CheckLabel(head, "cfg", layout.Config, head.Config is not null);
        CheckLabel(head, "fct", layout.Factors, head.Factors is not null);
        CheckLabel(head, "of", layout.ComputedFrom, head.ComputedFrom.Count > 0);
        int next = 0;
        foreach (Rule rule in layout.First)
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

    private static void CheckLabel(LeafHead head, string label, Label rule, bool there)
    {
        if (rule != Label.May && there != (rule == Label.Must))
        {
            throw new EvidenceException($"A leaf of type '{head.Type}' {(there ? "has no" : "has the")} label '{label}'.");
        }
    }

    private static void CheckForm(LeafHead head, LeafRecord record, Form form, bool measured)
    {
        bool number = record.Number is not null,
            unit = record.Unit is not null;
        bool good = form switch
        {
            Form.Text => record.Text is not null && !unit,
            Form.Count => record.Number is { Exponent: 0, Mantissa: >= 0 } && !unit,
            Form.Instant => record is { Number: { } seconds, Unit: "s" } && LeafCodec.IsTime(seconds),
            Form.Quantity => number && unit,
            Form.QuantityOrReason => number == unit && record.Data is null,
            Form.AmountOrReason => record is { Unit: "kg", Number.Exponent: -9 } || (record.Text is not null && !unit),
            Form.State => record.Text is "began" or "ended" && !unit,
            Form.Statement => record.Data is null && (number || !unit),
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

    private static string Words(Form form) =>
        form switch
        {
            Form.Text => "a text",
            Form.Count => "a whole number without a unit",
            Form.Instant => "a time in seconds",
            Form.Quantity => "a number with its unit",
            Form.QuantityOrReason => "a number with its unit, nor a reason",
            Form.AmountOrReason => "kilograms with nine decimals, nor a reason",
            Form.State => "'began' or 'ended'",
            Form.Statement => "a text or a number",
            _ => "bytes",
        };

    // "<meter>/<what>": exactly one slash, with something on either side.
    private static bool IsMeterName(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && name.IndexOf('/', slash + 1) < 0;
    }

    private static bool IsPath(string name) => name.Contains('/', StringComparison.Ordinal);

    /// <summary>A record at its place. Without a name: any.</summary>
    private sealed record Rule(string? Name, Form Form, bool Optional = false);

    /// <summary>Records after those that have their places, any number.</summary>
    private sealed record RestRule(Func<string, bool> Fits, Form Form);

    private sealed record Layout(Rule[] First, RestRule? Rest = null)
    {
        public Label Group { get; init; }

        public Label Config { get; init; }

        public Label Factors { get; init; }

        public Label ComputedFrom { get; init; }

        /// <summary>The records of <see cref="Rest"/> may have a quality, an accuracy class and a time of their own.</summary>
        public bool Measured { get; init; }
    }
}
