using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Tests.Leaves;

public class ReadingLeafTests
{
    [Theory]
    [InlineData(1, 170)]
    [InlineData(32, 1700)]
    public void The_leaf_of_a_group_stays_within_its_bytes_after_years(int meters, int mostBytes)
    {
        LeafHead head = new()
        {
            Index = 10_000_000,
            Type = LeafType.Reading,
            Time = DateTimeOffset.FromUnixTimeSeconds(1_981_481_600),
            TimeStatus = TimeStatus.Synchronised,
            BootCount = 300,
            MonotonicMs = 5_000_000_000,
            Salt = new byte[LeafCodec.SaltBytes],
            Group = "boundary",
            Config = 9_000_000,
        };
        Reading[] readings =
        [
            .. Enumerable
                .Range(1, meters)
                .Select(m => new Reading
                {
                    Meter = $"hall-1-in-{m:D2}",
                    Time = head.Time,
                    Registers = [new Register(ObisCode.ActiveImport, Quantum.MilliwattHour, 9_000_000_000_000 + m)],
                    Accuracy = AccuracyClass.Class1,
                }),
        ];
        IReadOnlyList<LeafRecord> records = ReadingLeaf.Of(head.Time, readings, AccuracyClass.Class1.Code()).Records();
        Assert.Equal(meters, records.Count);
        Assert.InRange(LeafCodec.Encode(new Leaf(head, records)).Length, 1, mostBytes);
    }
}
