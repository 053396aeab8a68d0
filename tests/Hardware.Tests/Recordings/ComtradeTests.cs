using System.Text;
using CsCheck;
using EdgeGateway.Simulation;

namespace EdgeGateway.Hardware.Tests.Recordings;

public sealed class ComtradeTests : IDisposable
{
    private readonly TestRecording _files = new();

    public void Dispose() => _files.Dispose();

    private Comtrade Read(string configuration, byte[] data)
    {
        _files.Write(configuration, data);
        return Comtrade.Read(_files.Cfg);
    }

    public static TheoryData<int, string> Kinds =>
        new()
        {
            { 1991, "ASCII" },
            { 1991, "BINARY" },
            { 1999, "ASCII" },
            { 1999, "BINARY" },
            { 2013, "ASCII" },
            { 2013, "BINARY" },
            { 2013, "BINARY32" },
            { 2013, "FLOAT32" },
        };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_revision_and_format_gives_the_same_primary_values_and_times(int revision, string format)
    {
        Comtrade recording = Read(TestRecording.Configuration(revision, format), TestRecording.Data(format, revision));

        Assert.Equal(revision, recording.Revision);
        Assert.Equal(50, recording.NominalHz);
        Assert.Equal(TestRecording.Samples, recording.SampleCount);
        Assert.Equal(0.199, recording.DurationSeconds, 12);
        Assert.Equal(["VA", "IA", "IB"], recording.Channels.Select(c => c.Id));
        Assert.Equal(["A", "A", "B"], recording.Channels.Select(c => c.Phase));
        for (int n = 0; n < TestRecording.Samples; n++)
        {
            int[] raw = TestRecording.Raw(n);
            Assert.Equal(n / 1000.0, recording.Seconds.Span[n], 12);
            Assert.Equal(raw[0] * 0.5, recording.Channels[0].Values[n]!.Value, 9);
            Assert.Equal(raw[1] * 0.01, recording.Channels[1].Values[n]!.Value, 9);

            // 2 mA · 100 + 50 mA; the later revisions say that they are secondary, of a 200/5 transformer.
            Assert.Equal(revision == 1991 ? 0.25 : 10, recording.Channels[2].Values[n]!.Value, 9);
        }
    }

    [Theory]
    [InlineData(1999, 1e-6)]
    [InlineData(2013, 1e-9)]
    public void Without_a_rate_the_time_stamps_tell_the_time(int revision, double unit)
    {
        string configuration = TestRecording
            .Configuration(revision, "BINARY", "0\n0,200")
            .Replace("BINARY\r\n1\r\n", "BINARY\r\n2\r\n", StringComparison.Ordinal);
        Comtrade recording = Read(configuration, TestRecording.Data("BINARY", revision));
        Assert.Equal(199 * 2 * (revision == 2013 ? 1_000_000 : 1000) * unit, recording.DurationSeconds, 9);
    }

    [Fact]
    public void Several_sampling_rates_follow_each_other()
    {
        Comtrade recording = Read(TestRecording.Configuration(1999, "ASCII", "2\n1000,100\n500,200"), TestRecording.Data("ASCII"));
        Assert.Equal(0.099, recording.Seconds.Span[99], 12);
        Assert.Equal(0.101, recording.Seconds.Span[100], 12);
        Assert.Equal(0.099 + (100 / 500.0), recording.Seconds.Span[199], 12);
    }

    [Theory]
    [InlineData("ASCII", 99999)]
    [InlineData("BINARY", short.MinValue)]
    [InlineData("BINARY32", int.MinValue)]
    public void A_value_marked_as_missing_is_missing(string format, int mark)
    {
        Comtrade recording = Read(
            TestRecording.Configuration(2013, format),
            TestRecording.Data(format, 2013, n => n == 7 ? [mark, 0, 0] : TestRecording.Raw(n))
        );
        Assert.Equal([7], Enumerable.Range(0, TestRecording.Samples).Where(n => recording.Channels[0].Values[n] is null));
    }

    [Fact]
    public void An_empty_field_of_a_text_file_is_missing()
    {
        string text = Encoding.ASCII.GetString(TestRecording.Data("ASCII"));
        string first = text[..text.IndexOf('\r', StringComparison.Ordinal)];
        Assert.Null(
            Read(
                TestRecording.Configuration(1999, "ASCII"),
                Encoding.ASCII.GetBytes(text.Replace(first, "1,,,5,5,0,1", StringComparison.Ordinal) + "\u001A")
            )
                .Channels[0]
                .Values[0]
        );
    }

    [Fact]
    public void Time_skew_is_removed()
    {
        // The current is sampled 300 µs after the voltage, so its samples are those of a wave that much earlier on the common times.
        Comtrade recording = Read(
            TestRecording.Configuration(1999, "BINARY", skew: "300"),
            TestRecording.Data("BINARY", raw: n => [0, (int)Math.Round(20_000 * Math.Sin(2 * Math.PI * 50 * ((n / 1000.0) + 300e-6))), 0])
        );
        Assert.Null(recording.Channels[1].Values[0]);
        Assert.All(Enumerable.Range(1, 199), n =>
            Assert.Equal(200 * Math.Sin(2 * Math.PI * 50 * n / 1000.0), recording.Channels[1].Values[n]!.Value, 0.2)
        );
    }

    [Fact]
    public void Endings_in_capitals_are_found()
    {
        _files.Write(TestRecording.Configuration(1999, "BINARY"), TestRecording.Data("BINARY"));
        File.Move(_files.Dat, Path.ChangeExtension(_files.Dat, ".DAT"));
        Assert.Equal(TestRecording.Samples, Comtrade.Read(_files.Cfg).SampleCount);
    }

    /// <summary>A change to a sound configuration, and what the refusal must say.</summary>
    public static TheoryData<string, string, string> BrokenConfigurations =>
        new()
        {
            { "Recorder,1999", "Recorder,1998", "line 1: The revision year is '1998'" },
            { "5,3A,2D", "6,3A,2D", "line 2: " },
            { "5,3A,2D", "5,3A", "line 2: " },
            { "5,3A,2D", "5,A,2D", "line 2: " },
            { "5,3A,2D", "1000000000,999999998A,2D", "line 2: 999999998 analog channels" },
            { "5,3A,2D", "4,2A,2D", "line 5: " },
            { "2,IA", "7,IA", "line 4: The channel number is '7'" },
            { "2,IA", "2,", "line 4: Channel 2 has no id" },
            { ",kV,", ",furlong,", "line 3: Channel VA has the unit 'furlong'" },
            { ",kV,", ",kW,", "line 3: Channel VA has the unit 'kW'" },
            { ",kV,", ",,", "line 3: Channel VA has the unit ''" },
            { ",mA,", ",MA,", "line 5: Channel IB has the unit 'MA'" },
            { "0.0005", "0;0005", "line 3: The multiplier a is '0;0005'" },
            { "0.0005", "NaN", "line 3: The multiplier a is 'NaN'" },
            { "200,5,S", "200,0,S", "line 5: The secondary rating is '0'" },
            { "200,5,S", "200,5,X", "line 5: Channel IB has 'X'" },
            { "200,5,S", "200,5", "line 5: " },
            { "1,TRIP,,,0", "1,TRIP", "line 6: " },
            { "\r\n50\r\n", "\r\nfifty\r\n", "line 8: The line frequency is 'fifty'" },
            { "\r\n1\r\n1000", "\r\n-1\r\n1000", "line 9: The number of sampling rates is '-1'" },
            { "\r\n1\r\n1000", "\r\n2000000000\r\n1000", "line 9: The number of sampling rates" },
            { "1000,200", "0,200", "line 10: The sampling rate is 0" },
            { "1000,200", "-5,200", "line 10: The sampling rate is -5" },
            { "1000,200", "1000,0", "line 10: The last sample at this rate is '0'" },
            { "1000,200", "1000", "line 10: '1000' has 1 fields, not 2" },
            { "BINARY\r\n1\r\n", "BINARY\r\n0\r\n", "line 14: The time stamp multiplier is '0'" },
            { "BINARY\r\n1\r\n", "BINARY\r\n", "line 14: The file ends here" },
            { "BINARY\r\n", "FLOAT32\r\n", "line 13: The data file type is 'FLOAT32'" },
            { "1000,200", "1000,201", "x.dat, byte 3200 (sample 201): The file has 3200 bytes, not 3216" },
            { "1000,200", "1000,2000000000", "x.dat, byte 3200 (sample 201)" },
            { "1000,200", "1000,199", "x.dat, byte 3184 (sample 200): The file has 3200 bytes, not 3184" },
            { "\r\n1\r\n1000,", "\r\n0\r\n0,", "" },
        };

    private string DataFile => Path.ChangeExtension(_files.Cfg, ".dat");

    [Theory]
    [MemberData(nameof(BrokenConfigurations))]
    public void A_broken_configuration_is_refused_with_file_and_line(string right, string wrong, string says)
    {
        string sound = TestRecording.Configuration(1999, "BINARY");
        Assert.Contains(right, sound, StringComparison.Ordinal);
        string broken = sound.Replace(right, wrong, StringComparison.Ordinal);
        if (says.Length == 0)
        {
            Assert.Equal(TestRecording.Samples, Read(broken, TestRecording.Data("BINARY")).SampleCount);
            return;
        }

        RecordingException e = Assert.Throws<RecordingException>(() => Read(broken, TestRecording.Data("BINARY")));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.StartsWith(e.File, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "3,2000,",
        "4,2000,",
        "line 3: The sample number is 4, not 3. Samples are numbered without a gap; check that the configuration's numbers of "
            + "channels and its file type fit this file."
    )]
    [InlineData(
        "3,2000,",
        "3,2000,1,",
        "line 3: The line has 8 fields, not 7. It is sample number, time stamp, 3 analog and 2 digital values."
    )]
    [InlineData("3,2000,", "3,two,", "line 3: The time stamp is 'two'. It is a number, or an empty field when it is missing.")]
    [InlineData("3,2000,", "3,2000,x", "line 3: The value of VA is 'x17634'. It is a number, or an empty field when it is missing.")]
    [InlineData(
        "3,2000,",
        ",2000,",
        "line 3: The sample number is -1, not 3. Samples are numbered without a gap; check that the configuration's numbers of "
            + "channels and its file type fit this file."
    )]
    [InlineData(
        "200,199000,",
        "",
        "line 200: The line has 5 fields, not 7. It is sample number, time stamp, 3 analog and 2 digital values."
    )]
    public void A_broken_line_of_data_is_refused_with_file_and_line(string right, string wrong, string says)
    {
        string text = Encoding.ASCII.GetString(TestRecording.Data("ASCII"));
        string broken = text.Replace("\n" + right, "\n" + wrong, StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        RecordingException e = Assert.Throws<RecordingException>(() =>
            Read(TestRecording.Configuration(1999, "ASCII"), Encoding.ASCII.GetBytes(broken))
        );
        Assert.Equal($"{DataFile}, {says}", e.Message);
    }

    [Fact]
    public void Broken_samples_of_a_binary_file_are_refused_with_their_byte()
    {
        byte[] data = TestRecording.Data("BINARY");
        data[32] = 9;
        Assert.Equal(
            $"{DataFile}, byte 32 (sample 3): The sample number is 9, not 3. "
                + "Samples are numbered without a gap; check that the configuration's numbers of "
                + "channels and its file type fit this file.",
            Assert.Throws<RecordingException>(() => Read(TestRecording.Configuration(1999, "BINARY"), data)).Message
        );

        byte[] floats = TestRecording.Data("FLOAT32", 2013);
        floats.AsSpan(8, 4).Fill(0xFF);
        Assert.Equal(
            $"{DataFile}, byte 8 (sample 1): Channel VA is not a number. A missing value is written as FF7F FFFF hex.",
            Assert.Throws<RecordingException>(() => Read(TestRecording.Configuration(2013, "FLOAT32"), floats)).Message
        );

        byte[] stamps = TestRecording.Data("BINARY");
        stamps.AsSpan(20, 4).Clear();
        Assert.Equal(
            $"{DataFile}, byte 16 (sample 2): The time stamp 0 does not come after the one before. "
                + "Without a sampling rate in the configuration every sample needs a later time stamp.",
            Assert.Throws<RecordingException>(() => Read(TestRecording.Configuration(1999, "BINARY", "0\n0,200"), stamps)).Message
        );
    }

    [Fact]
    public void Missing_files_and_other_kinds_of_file_are_refused()
    {
        Assert.Throws<RecordingException>(() => Comtrade.Read(_files.Cfg));
        Assert.Equal(
            $"{_files.Csv}: This is not a configuration file by its name. Give the .cfg file of the recording; "
                + "a combined .cff file must be split into .cfg and .dat first.",
            Assert.Throws<RecordingException>(() => Comtrade.Read(_files.Csv)).Message
        );
        File.WriteAllText(_files.Cfg, TestRecording.Configuration(1999, "BINARY"));
        Assert.Equal(
            $"{DataFile}: The data file is missing. It must lie beside the configuration file, with the same name.",
            Assert.Throws<RecordingException>(() => Comtrade.Read(_files.Cfg)).Message
        );
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_cut_anywhere_is_refused_and_never_anything_else(int revision, string format)
    {
        string configuration = TestRecording.Configuration(revision, format);
        byte[] data = TestRecording.Data(format, revision);
        for (int length = 0; length < configuration.Length - 2; length++)
        {
            // A cut inside the last line may leave a shorter line that is still right: only then it may be read.
            if (Record.Exception(() => Read(configuration[..length], data)) is { } e)
            {
                Assert.IsType<RecordingException>(e);
            }
            else
            {
                Assert.True(length > configuration.TrimEnd().LastIndexOf('\n'), $"read with {length} characters");
            }
        }

        Gen.Int[0, data.Length - 20]
            .Sample(length => Assert.Throws<RecordingException>(() => Read(configuration, data[..length])), iter: 50, threads: 1);
    }

    [Fact]
    public void A_changed_byte_is_read_or_refused_and_never_anything_else() =>
        Gen.Select(Gen.Int[0, 200], Gen.Byte)
            .Sample(
                (at, value) =>
                {
                    byte[] configuration = Encoding.Latin1.GetBytes(TestRecording.Configuration(1999, "ASCII"));
                    configuration[at] = value;
                    _files.Write("", TestRecording.Data("ASCII"));
                    File.WriteAllBytes(_files.Cfg, configuration);
                    if (Record.Exception(() => Comtrade.Read(_files.Cfg)) is { } e)
                    {
                        Assert.IsType<RecordingException>(e);
                    }
                },
                iter: 300,
                threads: 1
            );
}
