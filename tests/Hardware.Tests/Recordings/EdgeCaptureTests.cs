using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;

namespace EdgeGateway.Hardware.Tests.Recordings;

public sealed class EdgeCaptureTests : IDisposable
{
    private readonly TestRecording _files = new();

    public void Dispose() => _files.Dispose();

    private EdgeCapture Read(string text)
    {
        File.WriteAllText(_files.Csv, text);
        return EdgeCapture.Read(_files.Csv);
    }

    [Fact]
    public void A_capture_starts_at_the_opposite_of_its_first_row()
    {
        EdgeCapture capture = Read("t_ns,level\r\n0,0\r\n5, 1\r\n5,0\r\n");
        Assert.True(capture.StartHigh);
        Assert.Equal([new Edge(0, false), new Edge(5, true), new Edge(5, false)], capture.Edges);
    }

    [Theory]
    [InlineData("", "line 1: This is not an edge capture. The first line must be t_ns,level.")]
    [InlineData("time,level\n1,1\n", "line 1: This is not an edge capture. The first line must be t_ns,level.")]
    [InlineData("t_ns,level\n", "line 2: The capture has no edges. At least one row must follow the header.")]
    [InlineData("t_ns,level\n1,1\n2\n", "line 3: '2' is not an edge. Write whole nanoseconds, a comma and the level, as in 133440000,1.")]
    [InlineData("t_ns,level\n1,1\n\n3,1", "line 3: '' is not an edge. Write whole nanoseconds, a comma and the level, as in 133440000,1.")]
    [InlineData(
        "t_ns,level\n1.5,1\n",
        "line 2: '1.5,1' is not an edge. Write whole nanoseconds, a comma and the level, as in 133440000,1."
    )]
    [InlineData("t_ns,level\n-1,1\n", "line 2: '-1,1' is not an edge. Write whole nanoseconds, a comma and the level, as in 133440000,1.")]
    [InlineData(
        "t_ns,level\n99999999999999999999,1\n",
        "line 2: '99999999999999999999,1' " + "is not an edge. Write whole nanoseconds, a comma and the level, as in 133440000,1."
    )]
    [InlineData("t_ns,level\n1,2\n", "line 2: The level is '2'. A level is 0 or 1.")]
    [InlineData("t_ns,level\n1,1\n5,0\n4,1\n", "line 4: The time 4 is before that of the line above (5). Sort the edges by time.")]
    public void A_broken_capture_is_refused_with_its_line(string text, string says)
    {
        RecordingException e = Assert.Throws<RecordingException>(() => Read(text));
        Assert.Equal($"{_files.Csv}, {says}", e.Message);
    }

    [Fact]
    public void A_missing_file_is_refused() => Assert.Throws<RecordingException>(() => EdgeCapture.Read(_files.Csv));
}
