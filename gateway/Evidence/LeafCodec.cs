using System.Buffers;
using System.Formats.Cbor;
using EdgeGateway.Readings;

namespace EdgeGateway.Evidence;

/// <summary>
/// Writes and strictly reads leaves: SenML records (RFC 8428 §6) in deterministic CBOR (RFC 8949 §4.2.1; the labels are chosen so that
/// the length-first order of RFC 7049 §3.9 is the same), definite lengths, no floats, nothing after the end.
/// </summary>
/// <remarks>
/// <code>
/// [ { 0: "in-L1/1-0:1.8.0.255", 1: "Wh", 2: 4([-3, 12500]), 6: 1781481600,      ← first record carries the leaf's labels
///     "bc": 1, "mc": 61000, "ts": "S", "cfg": 3, "grp": "boundary", "seq": 7, "typ": "reading", "salt": h'…' },
///   { 0: "in-L2/1-0:1.8.0.255", 3: "no-answer" } ]                               ← missing: a reason, no value
/// </code>
/// A record without a time is of the leaf's own time ("now" in RFC 8428 §4.5.3 is when the leaf was made).
/// </remarks>
public static partial class LeafCodec
{
    /// <summary>The largest leaf, in bytes (C2SP tlog-tiles: entries have a 16-bit length). Larger content enters by its hash.</summary>
    public const int MaxBytes = 65_535;

    /// <summary>
    /// No leaf is smaller, in bytes: it would lack its salt or another label that every leaf has. It bounds how many leaves a batch of a
    /// given length can hold before anything of it is verified.
    /// </summary>
    public const int MinBytes = 54;

    /// <summary>Random bytes in a salt.</summary>
    public const int SaltBytes = 16;

    private const int Name = 0,
        Unit = 1,
        Value = 2,
        TextValue = 3,
        Time = 6,
        DataValue = 8;
    private const string TimeStatusCodes = "UISR";

    private static readonly SearchValues<char> InNames = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:./_"
    );

    /// <summary>The bytes of a leaf.</summary>
    /// <exception cref="EvidenceException">The leaf cannot be written: no record, a record without exactly one value, a bad name, too
    /// large.</exception>
    public static byte[] Encode(Leaf leaf)
    {
        if (leaf.Records.Count == 0)
        {
            throw new EvidenceException("A leaf has at least one record.");
        }

        LeafSchema.Check(leaf);
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(leaf.Records.Count);
        for (int i = 0; i < leaf.Records.Count; i++)
        {
            WriteRecord(writer, leaf.Records[i], i == 0 ? leaf.Head : null);
        }

        writer.WriteEndArray();
        byte[] bytes = writer.Encode();
        return bytes.Length <= MaxBytes
            ? bytes
            : throw new EvidenceException($"A leaf has at most {MaxBytes} bytes; this one ({leaf.Head.Type}) would have {bytes.Length}.");
    }

    /// <summary>Reads a leaf and refuses whatever <see cref="Encode"/> would not have written.</summary>
    /// <exception cref="EvidenceException">The bytes are not a leaf; the sentence says why.</exception>
    public static Leaf Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new EvidenceException($"A leaf has at most {MaxBytes} bytes; this one has {bytes.Length}.");
        }

        try
        {
            StrictCbor reader = new(bytes);
            int count = reader.ReadArray();
            if (count == 0)
            {
                throw new EvidenceException("The leaf has no record.");
            }

            HeadLabels labels = default;
            List<LeafRecord> records = new(Math.Min(count, 256));
            for (int i = 0; i < count; i++)
            {
                records.Add(ReadRecord(ref reader, i == 0, ref labels));
            }

            if (reader.Remaining != 0)
            {
                throw new EvidenceException($"{reader.Remaining} bytes follow the end of the leaf.");
            }

            Leaf leaf = new(labels.ToHead(), records);
            LeafSchema.Check(leaf);
            return leaf;
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new EvidenceException($"The leaf is not deterministic CBOR as this log writes it: {e.Message}", e);
        }
    }

    private static void WriteRecord(CborWriter writer, LeafRecord record, LeafHead? head)
    {
        CheckRecord(record);
        writer.WriteStartMap(CountPairs(record, head));
        writer.WriteInt32(Name);
        writer.WriteTextString(record.Name);
        if (record.Unit is not null)
        {
            writer.WriteInt32(Unit);
            writer.WriteTextString(record.Unit);
        }

        if (record.Number is { } number)
        {
            writer.WriteInt32(Value);
            WriteNumber(writer, number);
        }

        if (record.Text is not null)
        {
            writer.WriteInt32(TextValue);
            writer.WriteTextString(record.Text);
        }

        if (record.Data is { } data)
        {
            writer.WriteInt32(DataValue);
            writer.WriteByteString(data.Span);
        }

        if ((record.Time ?? head?.Time) is { } time)
        {
            writer.WriteInt32(Time);
            WriteTime(writer, time);
        }

        if (record.Quality != Quality.Measured)
        {
            writer.WriteTextString("q");
            writer.WriteInt32((int)record.Quality);
        }

        if (record.AccuracyClass is not null)
        {
            writer.WriteTextString("cls");
            writer.WriteTextString(record.AccuracyClass);
        }

        if (head is not null)
        {
            WriteHead(writer, head);
            if (HasOwnTime(record, head))
            {
                writer.WriteTextString("at");
                WriteTime(writer, head.Time);
            }
        }

        writer.WriteEndMap();
    }

    // The first record's t is the leaf's time, unless that record has its own: then the leaf's stands under "at".
    private static bool HasOwnTime(LeafRecord first, LeafHead head) => first.Time is { } own && own != head.Time;

    private static int CountPairs(LeafRecord record, LeafHead? head)
    {
        const int NameAndValue = 2,
            AlwaysInHead = 6;
        int pairs =
            NameAndValue
            + Present(record.Unit)
            + (head is null ? Present(record.Time) : 1)
            + (record.Quality == Quality.Measured ? 0 : 1)
            + Present(record.AccuracyClass);
        if (head is null)
        {
            return pairs;
        }

        return pairs
            + AlwaysInHead
            + Present(head.Group)
            + Present(head.Config)
            + Present(head.Factors)
            + (head.ComputedFrom.Count > 0 ? 1 : 0)
            + (head.Simulated ? 1 : 0)
            + (HasOwnTime(record, head) ? 1 : 0);

        static int Present(object? value) => value is null ? 0 : 1;
    }

    private static void WriteHead(CborWriter writer, LeafHead head)
    {
        if (head.Salt.Length != SaltBytes)
        {
            throw new EvidenceException($"A salt has {SaltBytes} bytes; this one has {head.Salt.Length}.");
        }

        WriteUnsigned(writer, "bc", head.BootCount);
        WriteUnsigned(writer, "mc", head.MonotonicMs);
        writer.WriteTextString("ts");
        writer.WriteTextString(TimeStatusCodes[(int)head.TimeStatus].ToString());
        WriteUnsigned(writer, "seq", head.Index);
        writer.WriteTextString("typ");
        writer.WriteTextString(head.Type);
        writer.WriteTextString("salt");
        writer.WriteByteString(head.Salt.Span);
        if (head.Group is not null)
        {
            writer.WriteTextString("grp");
            writer.WriteTextString(head.Group);
        }

        if (head.Config is { } config)
        {
            WriteUnsigned(writer, "cfg", config);
        }

        if (head.Factors is { } factors)
        {
            WriteUnsigned(writer, "fct", factors);
        }

        if (head.ComputedFrom.Count > 0)
        {
            writer.WriteTextString("of");
            writer.WriteStartArray(head.ComputedFrom.Count);
            foreach (long index in head.ComputedFrom)
            {
                writer.WriteUInt64((ulong)index);
            }

            writer.WriteEndArray();
        }

        if (head.Simulated)
        {
            writer.WriteTextString("sim_");
            writer.WriteBoolean(true);
        }
    }

    private static void WriteUnsigned(CborWriter writer, string label, long value)
    {
        writer.WriteTextString(label);
        writer.WriteUInt64((ulong)value);
    }

    private static void WriteNumber(CborWriter writer, DecimalFraction number)
    {
        if (number.Exponent == 0)
        {
            writer.WriteInt64(number.Mantissa);
            return;
        }

        writer.WriteTag(CborTag.DecimalFraction);
        writer.WriteStartArray(2);
        writer.WriteInt32(number.Exponent);
        writer.WriteInt64(number.Mantissa);
        writer.WriteEndArray();
    }

    private static void WriteTime(CborWriter writer, DateTimeOffset time)
    {
        long ms = time.ToUnixTimeMilliseconds();
        WriteNumber(writer, ms % 1000 == 0 ? new DecimalFraction(0, ms / 1000) : new DecimalFraction(-3, ms));
    }

    private static LeafRecord ReadRecord(ref StrictCbor reader, bool first, ref HeadLabels head)
    {
        string name = "";
        string? unit = null,
            text = null,
            accuracyClass = null;
        DecimalFraction? value = null;
        ReadOnlyMemory<byte>? data = null;
        DateTimeOffset? time = null;
        Quality quality = Quality.Measured;
        for (int pairs = reader.ReadMap(); pairs > 0; pairs--)
        {
            if (reader.ReadLabel(out ReadOnlySpan<byte> label, out long number))
            {
                int code = CodeOf(label);
                switch (code)
                {
                    case 'q':
                        quality = ReadQuality(ref reader);
                        break;
                    case ('c' << 16) | ('l' << 8) | 's':
                        accuracyClass = ReadText(ref reader, "cls");
                        break;
                    case var _ when first && head.TryRead(ref reader, code):
                        break;
                    default:
                        SkipUnknown(ref reader, StrictCbor.TextOf(label));
                        break;
                }

                continue;
            }

            switch (number)
            {
                case Name:
                    name = ReadText(ref reader, "n");
                    break;
                case Unit:
                    unit = ReadText(ref reader, "u");
                    break;
                case Value:
                    value = ReadNumber(ref reader);
                    break;
                case TextValue:
                    text = ReadText(ref reader, "vs");
                    break;
                case Time:
                    time = ReadTime(ref reader);
                    break;
                case DataValue:
                    data = reader.ReadString(StrictCbor.Major.Bytes).ToArray();
                    break;
                default:
                    throw new EvidenceException($"The SenML label {number} has no place in a leaf.");
            }
        }

        if (first)
        {
            head.FirstTime = time;
            time = head.At is null ? null : time;
        }

        LeafRecord record = new(name)
        {
            Unit = unit,
            Number = value,
            Text = text,
            Data = data,
            Time = time,
            Quality = quality,
            AccuracyClass = accuracyClass,
        };
        CheckRecord(record);
        return record;
    }

    // A label of up to four letters as a number; 0 for a longer one, which is none of ours.
    private static int CodeOf(ReadOnlySpan<byte> label)
    {
        int code = 0;
        foreach (byte letter in label.Length <= 4 ? label : default)
        {
            code = (code << 8) | letter;
        }

        return code;
    }

    // RFC 8428 §4.4: a label that ends with "_" must be understood, others may be passed over.
    private static void SkipUnknown(ref StrictCbor reader, string label)
    {
        if (label.EndsWith('_'))
        {
            throw new EvidenceException($"The label '{label}' must be understood, and this version does not know it.");
        }

        if (label is "seq" or "typ" or "ts" or "bc" or "mc" or "salt" or "grp" or "cfg" or "fct" or "of" or "at")
        {
            throw new EvidenceException($"The label '{label}' belongs on the leaf's first record.");
        }

        reader.Skip();
    }

    private static DecimalFraction ReadNumber(ref StrictCbor reader)
    {
        const ulong DecimalFractionTag = 4;
        switch (reader.Next)
        {
            case StrictCbor.Major.Unsigned or StrictCbor.Major.Negative:
                return new DecimalFraction(0, reader.ReadInteger());
            case StrictCbor.Major.Tag when reader.ReadTag() == DecimalFractionTag:
                if (reader.ReadArray() != 2)
                {
                    throw new EvidenceException("A decimal fraction has two parts, exponent and mantissa.");
                }

                long exponent = reader.ReadInteger();
                long mantissa = reader.ReadInteger();
                return exponent is 0 or < -30 or > 30
                    ? throw new EvidenceException($"A decimal fraction with the exponent {exponent} is not written by this log.")
                    : new DecimalFraction((int)exponent, mantissa);
            default:
                throw new EvidenceException("A number in a leaf is an integer or a decimal fraction (tag 4), never anything else.");
        }
    }

    private static DateTimeOffset ReadTime(ref StrictCbor reader)
    {
        DecimalFraction number = ReadNumber(ref reader);
        return !IsTime(number)
                ? throw new EvidenceException(
                    $"A time is in whole seconds, or else in milliseconds, and in the years 1 to 9999; {number} is not."
                )
            : number.Exponent == 0 ? DateTimeOffset.FromUnixTimeSeconds(number.Mantissa)
            : DateTimeOffset.FromUnixTimeMilliseconds(number.Mantissa);
    }

    /// <summary>Whether a number is a Unix time in its only form: whole seconds, or else milliseconds; in the years 1 to 9999.</summary>
    internal static bool IsTime(DecimalFraction number)
    {
        const long FirstSecond = -62_135_596_800,
            EndSecond = 253_402_300_800;
        return number.Exponent switch
        {
            0 => number.Mantissa is >= FirstSecond and < EndSecond,
            -3 => number.Mantissa % 1000 != 0 && number.Mantissa is >= FirstSecond * 1000 and < EndSecond * 1000,
            _ => false,
        };
    }

    private static Quality ReadQuality(ref StrictCbor reader)
    {
        long bits = ReadPositive(ref reader, "q");
        return bits is > 0 and <= int.MaxValue
            ? (Quality)bits
            : throw new EvidenceException("The label 'q' is above 0 and below 2^31, or absent.");
    }

    private static string ReadText(ref StrictCbor reader, string label) =>
        reader.Next == StrictCbor.Major.Text ? reader.ReadText() : throw new EvidenceException($"The value of '{label}' is a text.");

    private static long ReadPositive(ref StrictCbor reader, string label) =>
        reader.Next == StrictCbor.Major.Unsigned
            ? reader.ReadInteger()
            : throw new EvidenceException($"The value of '{label}' is a whole number, 0 or more.");

    private static void CheckRecord(LeafRecord record)
    {
        int values = (record.Number is null ? 0 : 1) + (record.Text is null ? 0 : 1) + (record.Data is null ? 0 : 1);
        if (values != 1)
        {
            throw new EvidenceException($"The record '{record.Name}' has {values} values; a record has exactly one.");
        }

        if (record.Name.Length == 0 || !char.IsAsciiLetterOrDigit(record.Name[0]) || record.Name.AsSpan().ContainsAnyExcept(InNames))
        {
            throw new EvidenceException(
                $"'{record.Name}' is not a SenML name: letters, digits and - : . / _, first a letter or digit (RFC 8428 §4.5.1)."
            );
        }
    }
}
