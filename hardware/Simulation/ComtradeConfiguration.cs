using System.Globalization;

namespace EdgeGateway.Simulation;

/// <summary>What a channel of a recording measures.</summary>
public enum RecordedQuantity
{
    /// <summary>Volts.</summary>
    Voltage,

    /// <summary>Amperes.</summary>
    Current,
}

/// <summary>How the data file of a recording is written (IEEE C37.111).</summary>
public enum ComtradeFormat
{
    /// <summary>Text, a line a sample.</summary>
    Ascii,

    /// <summary>16-bit integers.</summary>
    Binary,

    /// <summary>32-bit integers, revision 2013.</summary>
    Binary32,

    /// <summary>FLOAT32 of revision 2013: IEEE 754 single precision.</summary>
    SinglePrecision,
}

/// <summary>An analog channel as the configuration file describes it; <paramref name="Scale"/> and <paramref name="Offset"/> make primary
/// volts or amperes of what the data file holds.</summary>
internal readonly record struct AnalogChannel(
    string Id,
    string Phase,
    string Component,
    RecordedQuantity Quantity,
    double Scale,
    double Offset,
    double SkewSeconds,
    double Maximum
);

/// <summary>Samples that were taken at one rate.</summary>
/// <param name="RateHz">Samples a second. 0: the time stamps tell the time.</param>
/// <param name="Last">The number of the last sample, from 1.</param>
internal readonly record struct SamplingSection(double RateHz, int Last);

/// <summary>The configuration file of a COMTRADE recording, read line by line.</summary>
/// <remarks>
/// Fields by line; what a revision adds is in brackets:
/// <code>
/// station, recorder [1999: , revision year]
/// TT, ##A, ##D
/// n, id, phase, component, unit, a, b, skew µs, min, max [1999: , primary, secondary, P|S]    ×A
/// n, id [1999: , phase, component], normal state                                             ×D
/// line frequency
/// number of rates (0: time stamps only), then lines: rate Hz, last sample at it
/// date, time of the first sample       (1991: month/day/year, 1999 and later: day/month/year)
/// date, time of the trigger
/// ASCII | BINARY [2013: | BINARY32 | FLOAT32]
/// [1999: multiplier of time stamps]
/// [2013: time code, local code]
/// [2013: time quality, leap second]
/// </code>
/// </remarks>
internal sealed class ComtradeConfiguration
{
    private readonly string _file;
    private readonly string[] _lines;
    private int _next;

    private ComtradeConfiguration(string file)
    {
        _file = file;
        _lines = RecordingException.ReadLines(file);

        string[] first = ReadFields("station, recorder and, from 1999 on, the revision year", 2);
        Station = first[0];
        Recorder = first[1];
        Revision = RevisionOf(first);
        ChannelCounts counts = ReadChannelCounts();
        Channels = new AnalogChannel[counts.Analog];
        for (int i = 0; i < Channels.Length; i++)
        {
            Channels[i] = Channel(i + 1);
        }

        DigitalChannels = counts.Digital;
        CheckDigitalChannels();
        string frequency = ReadLine("the line frequency");
        NominalHz = frequency.Length == 0 ? null : Positive(frequency, "line frequency", "as in 50");
        Sections = ReadSections();
        Start = ReadLine("date and time of the first sample");
        string trigger = ReadLine("date and time of the trigger");
        Format = ReadFormat();
        double multiplier = Revision == 1991 ? 1 : Positive(ReadLine("the multiplier of time stamps"), "time stamp multiplier", "as in 1");
        if (Revision == 2013)
        {
            ReadLine("time code and local code");
            ReadLine("time quality and leap second");
        }

        // Revision 2013: nine digits of a second in the dates say that time stamps count nanoseconds.
        bool nanoseconds = Revision == 2013 && (SecondDigits(Start) > 6 || SecondDigits(trigger) > 6);
        StampSeconds = multiplier * (nanoseconds ? 1e-9 : 1e-6);
    }

    public string Station { get; }

    public string Recorder { get; }

    public int Revision { get; }

    public AnalogChannel[] Channels { get; }

    public int DigitalChannels { get; }

    public double? NominalHz { get; }

    /// <summary>The sections, one or more.</summary>
    public SamplingSection[] Sections { get; }

    /// <summary>Date and time of the first sample as the file states them. Their time zone is the recorder's.</summary>
    public string Start { get; }

    public ComtradeFormat Format { get; }

    /// <summary>What one count of a time stamp is worth.</summary>
    public double StampSeconds { get; }

    public int SampleCount => Sections[^1].Last;

    public static ComtradeConfiguration Read(string file) => new(file);

    private int RevisionOf(string[] fields)
    {
        if (fields.Length < 3 || fields[2].Length == 0)
        {
            return 1991;
        }

        return fields[2] switch
        {
            "1991" => 1991,
            "1999" => 1999,
            "2013" => 2013,
            _ => throw Wrong($"The revision year is '{fields[2]}'", "The third field is 1991, 1999 or 2013, or absent for 1991."),
        };
    }

    private void CheckDigitalChannels()
    {
        for (int i = 0; i < DigitalChannels; i++)
        {
            string[] f = ReadFields($"digital channel {i + 1}: number, id and normal state", Revision == 1991 ? 3 : 5);
            if (f[^1] is not ("0" or "1" or ""))
            {
                throw Wrong(
                    $"'{string.Join(',', f)}' is not a digital channel",
                    $"Here digital channel {i + 1} is due, its normal state is 0 or 1."
                );
            }
        }
    }

    private ComtradeFormat ReadFormat() =>
        ReadLine("the data file type").ToUpperInvariant() switch
        {
            "ASCII" => ComtradeFormat.Ascii,
            "BINARY" => ComtradeFormat.Binary,
            "BINARY32" when Revision == 2013 => ComtradeFormat.Binary32,
            "FLOAT32" when Revision == 2013 => ComtradeFormat.SinglePrecision,
            var other => throw Wrong(
                $"The data file type is '{other}'",
                $"Revision {Revision} knows ASCII, BINARY{(Revision == 2013 ? ", BINARY32 and FLOAT32" : " only")}."
            ),
        };

    private ChannelCounts ReadChannelCounts()
    {
        string[] counts = ReadFields("the numbers of channels", 3);
        if (
            !int.TryParse(counts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int total)
            || !Count(counts[1], 'A', out int analog)
            || !Count(counts[2], 'D', out int digital)
            || (long)analog + digital != total
        )
        {
            throw Wrong(
                $"'{string.Join(',', counts)}' does not give the numbers of channels",
                "Write total, analog and digital channels, as in 9,6A,3D; the total is their sum."
            );
        }

        // Each channel has a line, so a count above the number of lines is wrong. Refusing it keeps a broken file from taking much memory.
        if (analog > _lines.Length)
        {
            throw Wrong(
                $"{analog} analog channels are announced in a file of {_lines.Length} lines",
                "Each channel has a line of its own."
            );
        }

        return analog > 0
            ? new ChannelCounts(analog, digital)
            : throw Wrong("There is no analog channel", "A waveform needs at least one.");

        static bool Count(string field, char kind, out int count)
        {
            count = 0;
            return field.Length > 1
                && char.ToUpperInvariant(field[^1]) == kind
                && int.TryParse(field[..^1].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out count);
        }
    }

    private AnalogChannel Channel(int number)
    {
        string[] f = ReadFields($"analog channel {number}", Revision == 1991 ? 10 : 13);
        if (f[0] != number.ToString(CultureInfo.InvariantCulture))
        {
            throw Wrong($"The channel number is '{f[0]}'", $"Here channel {number} of {Channels.Length} is due.");
        }

        if (f[1].Length == 0)
        {
            throw Wrong($"Channel {number} has no id", "The second field names it, as in IA.");
        }

        (RecordedQuantity quantity, double unit) = UnitOf(f[4])
            ?? throw Wrong(
                $"Channel {f[1]} has the unit '{f[4]}'",
                "Voltages are in uV, mV, V, kV, currents in uA, mA, A, kA; MV is understood as megavolts."
            );
        double a = Number(f[5], "multiplier a");
        double b = f[6].Length == 0 ? 0 : Number(f[6], "offset b");
        double skew = f[7].Length == 0 ? 0 : Number(f[7], "skew");
        double maximum = f[9].Length == 0 ? 0 : Number(f[9], "maximum");
        double ratio = 1;
        if (Revision != 1991 && f[12] is "S" or "s")
        {
            ratio = Positive(f[10], "primary rating", "as in 200") / Positive(f[11], "secondary rating", "as in 5");
        }
        else if (Revision != 1991 && f[12] is not ("P" or "p"))
        {
            throw Wrong($"Channel {f[1]} has '{f[12]}' in its last field", "P says that values are primary, S that they are secondary.");
        }

        return new(f[1], f[2], f[3], quantity, a * unit * ratio, b * unit * ratio, skew * 1e-6, maximum);
    }

    /// <summary>Recorders write K as well as k. M is kept apart from m: a megavolt is not a millivolt.</summary>
    private static RecordedUnit? UnitOf(string unit) =>
        unit switch
        {
            "V" or "v" => new RecordedUnit(RecordedQuantity.Voltage, 1),
            "kV" or "KV" or "kv" => new RecordedUnit(RecordedQuantity.Voltage, 1e3),
            "MV" => new RecordedUnit(RecordedQuantity.Voltage, 1e6),
            "mV" or "mv" => new RecordedUnit(RecordedQuantity.Voltage, 1e-3),
            "uV" or "µV" or "μV" => new RecordedUnit(RecordedQuantity.Voltage, 1e-6),
            "A" or "a" => new RecordedUnit(RecordedQuantity.Current, 1),
            "kA" or "KA" or "ka" => new RecordedUnit(RecordedQuantity.Current, 1e3),
            "mA" or "ma" => new RecordedUnit(RecordedQuantity.Current, 1e-3),
            "uA" or "µA" or "μA" => new RecordedUnit(RecordedQuantity.Current, 1e-6),
            _ => null,
        };

    private SamplingSection[] ReadSections()
    {
        string text = ReadLine("the number of sampling rates");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > _lines.Length)
        {
            throw Wrong(
                $"The number of sampling rates is '{text}'",
                "Write how many lines with a rate follow, or 0 when time stamps tell the time."
            );
        }

        var sections = new SamplingSection[Math.Max(1, count)];
        for (int i = 0; i < sections.Length; i++)
        {
            string[] f = ReadFields("a sampling rate and the last sample at it", 2);
            double rate = Number(f[0], "sampling rate");
            if (rate < 0 || (rate == 0) != (count == 0))
            {
                throw Wrong($"The sampling rate is {f[0]}", "It is more than 0, and 0 only when the line with the number of rates says 0.");
            }

            int before = i == 0 ? 0 : sections[i - 1].Last;
            if (!int.TryParse(f[1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) || last <= before)
            {
                throw Wrong($"The last sample at this rate is '{f[1]}'", $"It is a whole number above {before}.");
            }

            sections[i] = new SamplingSection(rate, last);
        }

        return sections;
    }

    private static int SecondDigits(string dateAndTime)
    {
        int point = dateAndTime.LastIndexOf('.');
        return point < 0 ? 0 : dateAndTime.Length - point - 1;
    }

    private string ReadLine(string what)
    {
        if (_next >= _lines.Length)
        {
            throw new RecordingException(
                _file,
                $"line {_next + 1}",
                "The file ends here",
                $"Here is due: {what}. It may be truncated: fetch it from the recorder again."
            );
        }

        return _lines[_next++].Trim();
    }

    private string[] ReadFields(string what, int atLeast)
    {
        string[] fields = ReadLine(what).Split(',', StringSplitOptions.TrimEntries);
        return fields.Length >= atLeast
            ? fields
            : throw Wrong($"'{_lines[_next - 1].Trim()}' has {fields.Length} fields, not {atLeast}", $"Here is due: {what}.");
    }

    private double Number(string text, string what) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw Wrong($"The {what} is '{text}'", "It is a decimal number with a point, as in 0.5.");

    private double Positive(string text, string what, string example)
    {
        double number = Number(text, what);
        return number > 0 ? number : throw Wrong($"The {what} is '{text}'", $"It is a number above 0, {example}.");
    }

    private RecordingException Wrong(string problem, string remedy) => new(_file, $"line {_next}", problem, remedy);

    private readonly record struct ChannelCounts(int Analog, int Digital);

    // What one of the unit is in volts or amperes.
    private readonly record struct RecordedUnit(RecordedQuantity Quantity, double Factor);
}
