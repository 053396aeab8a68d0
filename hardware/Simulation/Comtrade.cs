using System.Buffers.Binary;
using System.Globalization;

namespace EdgeGateway.Simulation;

/// <summary>An analog channel of a recording, in primary volts or amperes.</summary>
/// <param name="Id">The name the recorder gave it, for example <c>IA_G1</c>.</param>
/// <param name="Phase">For example <c>A</c>, <c>N</c>; empty when the recorder did not say.</param>
/// <param name="Component">The circuit component, for example a feeder; may be empty.</param>
/// <param name="Quantity">Voltage or current.</param>
/// <param name="Values">A value per sample at <see cref="Comtrade.Seconds"/>. Null: the recorder marked it as missing.</param>
public sealed record RecordedChannel(string Id, string Phase, string Component, RecordedQuantity Quantity, IReadOnlyList<double?> Values);

/// <summary>A recorded waveform: IEEE C37.111 (COMTRADE) revisions 1991, 1999 and 2013, ASCII, BINARY, BINARY32 and FLOAT32.</summary>
/// <remarks>
/// A sample is kept as value = a·x + b in primary units; secondary values are multiplied by the channel's ratio. (Revision 1991 does not
/// say which side its values are of; they are taken as they stand.) A channel's time skew is removed by cubic interpolation. Missing
/// values: an empty field, or 99999 where it is above the channel's maximum (ASCII), 8000 hex (BINARY), 8000 0000 hex (BINARY32),
/// FF7F FFFF hex (FLOAT32).
/// </remarks>
public sealed class Comtrade
{
    private Comtrade(string file, ComtradeConfiguration c, double[] seconds, IReadOnlyList<RecordedChannel> channels)
    {
        File = file;
        Station = c.Station;
        Recorder = c.Recorder;
        Revision = c.Revision;
        Format = c.Format;
        NominalHz = c.NominalHz;
        Start = c.Start;
        Seconds = seconds;
        Channels = channels;
    }

    /// <summary>The path of the configuration file.</summary>
    public string File { get; }

    /// <summary>Where it was recorded.</summary>
    public string Station { get; }

    /// <summary>The recorder that recorded it.</summary>
    public string Recorder { get; }

    /// <summary>The revision of the standard: 1991, 1999 or 2013.</summary>
    public int Revision { get; }

    /// <summary>How the data file is written.</summary>
    public ComtradeFormat Format { get; }

    /// <summary>The nominal line frequency, hertz, when the recorder states it.</summary>
    public double? NominalHz { get; }

    /// <summary>Date and time of the first sample as the recorder states them.</summary>
    public string Start { get; }

    /// <summary>When each sample was taken, seconds from the first, increasing.</summary>
    public ReadOnlyMemory<double> Seconds { get; }

    /// <summary>The analog channels in the order of the file, one or more.</summary>
    public IReadOnlyList<RecordedChannel> Channels { get; }

    /// <summary>Samples of each channel, 1 or more.</summary>
    public int SampleCount => Seconds.Length;

    /// <summary>From the first sample to the last, seconds.</summary>
    public double DurationSeconds => Seconds.Span[^1];

    /// <summary>Reads a recording.</summary>
    /// <param name="cfgFile">Its configuration file; the data file lies beside it with the ending <c>.dat</c>.</param>
    /// <exception cref="RecordingException">A file is missing, broken or truncated, or has a channel that is no voltage or
    /// current.</exception>
    public static Comtrade Read(string cfgFile)
    {
        if (!Path.GetExtension(cfgFile).Equals(".cfg", StringComparison.OrdinalIgnoreCase))
        {
            throw new RecordingException(
                cfgFile,
                null,
                "This is not a configuration file by its name",
                "Give the .cfg file of the recording; a combined .cff file must be split into .cfg and .dat first."
            );
        }

        ComtradeConfiguration c = ComtradeConfiguration.Read(cfgFile);
        string datFile = DataFileOf(cfgFile);
        Samples samples = new(datFile, c);
        if (c.Format == ComtradeFormat.Ascii)
        {
            ReadAscii(datFile, c, samples);
        }
        else
        {
            ReadBinary(datFile, c, samples);
        }

        RecordedChannel[] channels =
        [
            .. c.Channels.Select(
                (ch, i) =>
                    new RecordedChannel(
                        ch.Id,
                        ch.Phase,
                        ch.Component,
                        ch.Quantity,
                        WithoutSkew(samples.Seconds, samples.Values[i], ch.SkewSeconds)
                    )
            ),
        ];
        return new(cfgFile, c, samples.Seconds, channels);
    }

    /// <summary>Recorders write endings in either case, so test1.CFG may lie beside test1.dat.</summary>
    private static string DataFileOf(string cfgFile)
    {
        string exact = Path.ChangeExtension(cfgFile, char.IsUpper(Path.GetExtension(cfgFile)[1]) ? ".DAT" : ".dat");
        if (System.IO.File.Exists(exact))
        {
            return exact;
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(cfgFile))!;
        string? other = Directory
            .EnumerateFiles(folder)
            .FirstOrDefault(f => Path.GetFileName(f).Equals(Path.GetFileName(exact), StringComparison.OrdinalIgnoreCase));
        return other
            ?? throw new RecordingException(
                exact,
                null,
                "The data file is missing",
                "It must lie beside the configuration file, with the same name."
            );
    }

    private static void ReadBinary(string file, ComtradeConfiguration c, Samples samples)
    {
        byte[] data = RecordingException.ReadFile(file);
        int width = c.Format == ComtradeFormat.Binary ? 2 : 4;
        int record = 8 + (width * c.Channels.Length) + (2 * ((c.DigitalChannels + 15) / 16));
        long expected = (long)record * c.SampleCount;
        if (data.Length != expected)
        {
            long sample = Math.Min(data.Length, expected) / record;
            throw new RecordingException(
                file,
                $"byte {Math.Min(data.Length, expected)} (sample {sample + 1})",
                $"The file has {data.Length} bytes, not {expected}",
                $"The configuration announces {c.SampleCount} samples of {record} bytes; fetch both files from the recorder again."
            );
        }

        samples.Allocate();
        for (int n = 0; n < c.SampleCount; n++)
        {
            int at = n * record;
            ReadOnlySpan<byte> row = data.AsSpan(at, record);
            uint stamp = BinaryPrimitives.ReadUInt32LittleEndian(row[4..]);
            samples.Begin(
                n,
                $"byte {at} (sample {n + 1})",
                BinaryPrimitives.ReadUInt32LittleEndian(row),
                stamp == uint.MaxValue ? null : stamp
            );
            for (int i = 0; i < c.Channels.Length; i++)
            {
                ReadOnlySpan<byte> x = row[(8 + (i * width))..];
                double? raw = RawValue(c.Format, x);
                if (raw is { } number && !double.IsFinite(number))
                {
                    throw new RecordingException(
                        file,
                        $"byte {at + 8 + (i * width)} (sample {n + 1})",
                        $"Channel {c.Channels[i].Id} is not a number",
                        "A missing value is written as FF7F FFFF hex."
                    );
                }

                samples.Set(i, n, raw);
            }
        }
    }

    // Null: the value is marked as missing.
    private static double? RawValue(ComtradeFormat format, ReadOnlySpan<byte> bytes)
    {
        switch (format)
        {
            case ComtradeFormat.Binary:
                short narrow = BinaryPrimitives.ReadInt16LittleEndian(bytes);
                return narrow == short.MinValue ? null : narrow;
            case ComtradeFormat.Binary32:
                int wide = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                return wide == int.MinValue ? null : wide;
            default:
                float single = BinaryPrimitives.ReadSingleLittleEndian(bytes);
                return single == float.MinValue ? null : single;
        }
    }

    private static void ReadAscii(string file, ComtradeConfiguration c, Samples samples)
    {
        string[] lines = RecordingException.ReadLines(file);
        if (lines.Length != c.SampleCount)
        {
            throw new RecordingException(
                file,
                $"line {Math.Min(lines.Length, c.SampleCount) + 1}",
                $"The file has {lines.Length} lines, not {c.SampleCount}",
                $"The configuration announces {c.SampleCount} samples, one a line; fetch both files from the recorder again."
            );
        }

        samples.Allocate();
        for (int n = 0; n < lines.Length; n++)
        {
            string place = $"line {n + 1}";
            string[] f = lines[n].Split(',', StringSplitOptions.TrimEntries);
            int due = 2 + c.Channels.Length + c.DigitalChannels;
            if (f.Length != due)
            {
                throw new RecordingException(
                    file,
                    place,
                    $"The line has {f.Length} fields, not {due}",
                    $"It is sample number, time stamp, {c.Channels.Length} analog and {c.DigitalChannels} digital values."
                );
            }

            double number = Number(f[0], "sample number") ?? -1;
            samples.Begin(n, place, number, Number(f[1], "time stamp"));
            for (int i = 0; i < c.Channels.Length; i++)
            {
                double? raw = Number(f[2 + i], "value of " + c.Channels[i].Id);
                samples.Set(i, n, raw == 99999 && c.Channels[i].Maximum < 99999 ? null : raw);
            }

            double? Number(string text, string what)
            {
                if (text.Length == 0)
                {
                    return null;
                }

                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double x) && double.IsFinite(x)
                    ? x
                    : throw new RecordingException(
                        file,
                        place,
                        $"The {what} is '{text}'",
                        "It is a number, or an empty field when it is missing."
                    );
            }
        }
    }

    /// <summary>
    /// Moves a channel that was sampled late by its skew back to the common times, by the cubic through the four samples around.
    /// </summary>
    private static double?[] WithoutSkew(double[] seconds, double?[] late, double skewSeconds)
    {
        if (skewSeconds == 0)
        {
            return late;
        }

        var values = new double?[late.Length];
        int j = 0;
        for (int n = 0; n < late.Length; n++)
        {
            // The wanted time on the channel's own clock lies between its samples j and j + 1; outside of them the value is missing.
            double wanted = seconds[n] - skewSeconds;
            while (j + 1 < late.Length - 1 && seconds[j + 1] <= wanted)
            {
                j++;
            }

            int first = Math.Clamp(j - 1, 0, Math.Max(0, late.Length - 4));
            values[n] = wanted < 0 || wanted > seconds[^1] || late.Length < 4 ? null : Cubic(first, wanted);
        }

        return values;

        double? Cubic(int first, double at)
        {
            double? sum = 0;
            for (int k = first; k < first + 4; k++)
            {
                double weight = 1;
                for (int m = first; m < first + 4; m++)
                {
                    weight *= m == k ? 1 : (at - seconds[m]) / (seconds[k] - seconds[m]);
                }

                sum += weight * late[k];
            }

            return sum;
        }
    }

    /// <summary>Times and values as they are read, checked sample by sample.</summary>
    private sealed class Samples(string file, ComtradeConfiguration c)
    {
        private double _firstStamp;
        private double _firstNumber;
        private int _section;

        public double[] Seconds { get; private set; } = [];

        public double?[][] Values { get; private set; } = [];

        /// <summary>
        /// Takes the memory. Called once the size of the data file was found right, because a broken configuration may announce any number.
        /// </summary>
        public void Allocate()
        {
            Seconds = new double[c.SampleCount];
            Values = [.. c.Channels.Select(_ => new double?[c.SampleCount])];
        }

        public void Begin(int n, string place, double number, double? stamp)
        {
            if (n == 0)
            {
                _firstNumber = number;
                _firstStamp = stamp ?? 0;
            }

            if (number != _firstNumber + n || number < 0)
            {
                throw new RecordingException(
                    file,
                    place,
                    $"The sample number is {number}, not {_firstNumber + n}",
                    "Samples are numbered without a gap; check that the configuration's numbers of channels and its file type "
                        + "fit this file."
                );
            }

            Seconds[n] = c.Sections[0].RateHz == 0 ? ByStamp(n, place, stamp) : ByRate(n);
        }

        public void Set(int channel, int n, double? raw) =>
            Values[channel][n] = (raw * c.Channels[channel].Scale) + c.Channels[channel].Offset;

        private double ByStamp(int n, string place, double? stamp)
        {
            double seconds = ((stamp ?? _firstStamp) - _firstStamp) * c.StampSeconds;
            if (stamp is not null && (n == 0 || seconds > Seconds[n - 1]))
            {
                return seconds;
            }

            throw new RecordingException(
                file,
                place,
                stamp is null ? "The time stamp is missing" : $"The time stamp {stamp} does not come after the one before",
                "Without a sampling rate in the configuration every sample needs a later time stamp."
            );
        }

        private double ByRate(int n)
        {
            // The step to a sample is that of the sample's own section.
            _section += n >= c.Sections[_section].Last ? 1 : 0;
            int before = _section == 0 ? 0 : c.Sections[_section - 1].Last - 1;
            return Seconds[before] + ((n - before) / c.Sections[_section].RateHz);
        }
    }
}
