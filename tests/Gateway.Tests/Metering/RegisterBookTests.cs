using CsCheck;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Gateway.Tests.Metering;

public class RegisterBookTests
{
    private static readonly Dictionary<RegisterKey, Register> Nothing = [];

    private static Dictionary<RegisterKey, Register> Known(string meter, params Register[] registers) =>
        registers.ToDictionary(r => new RegisterKey(meter, r.Obis));

    private static Register Import(long count) => new(ObisCode.ActiveImport, Quantum.MilliwattHour, count);

    [Fact]
    public void Totals_are_the_sums_of_what_was_added_and_an_older_list_stays_as_it_was() =>
        Gen.Long[0, 1L << 40]
            .Array.Sample(counts =>
            {
                MeterRegisters meter = new RegisterBook(Nothing, Nothing).Open(
                    "m",
                    (ObisCode.ActiveImport, Quantum.MilliwattHour),
                    (ObisCode.ActiveExport, Quantum.MilliwattHour)
                );
                long total = 0;
                foreach (long count in counts)
                {
                    IReadOnlyList<Register> before = meter.Now;
                    meter.Add(count, 1);
                    Assert.Equal(total, before[0].Count);
                    total += count;
                }

                Assert.Equal([Import(total), new(ObisCode.ActiveExport, Quantum.MilliwattHour, counts.Length)], meter.Now);
            });

    [Fact]
    public void A_negative_count_or_an_overflow_in_one_register_changes_none()
    {
        MeterRegisters meter = new RegisterBook(Known("m", Import(long.MaxValue - 1)), Nothing).Open(
            "m",
            (ObisCode.ActiveExport, Quantum.MilliwattHour),
            (ObisCode.ActiveImport, Quantum.MilliwattHour)
        );
        Assert.Throws<ArgumentException>(() => meter.Add(1, -1));
        Assert.Throws<OverflowException>(() => meter.Add(1, 2));
        Assert.Throws<ArgumentException>(() => meter.Add(1));
        Assert.Equal([0, long.MaxValue - 1], meter.Now.Select(r => r.Count));
    }

    [Fact]
    public void Adding_nothing_changes_neither_the_version_nor_the_list()
    {
        var book = new RegisterBook(Nothing, Nothing);
        MeterRegisters meter = book.Open("m", (ObisCode.Gas, Quantum.Impulse));
        (long version, IReadOnlyList<Register> list) = (book.Version, meter.Now);
        meter.Add(0);
        Assert.Equal(version, book.Version);
        Assert.Same(list, meter.Now);
        meter.Add(1);
        Assert.NotEqual(version, book.Version);
    }

    [Theory]
    [InlineData(null, null, 0, RegisterOrigin.New)]
    [InlineData(7L, null, 7, RegisterOrigin.File)]
    [InlineData(null, 7L, 7, RegisterOrigin.Ledger)]
    [InlineData(8L, 7L, 8, RegisterOrigin.File)]
    [InlineData(7L, 7L, 7, RegisterOrigin.File)]
    [InlineData(7L, 8L, 8, RegisterOrigin.Ledger)]
    public void The_larger_of_file_and_ledger_wins_and_the_start_says_which(long? file, long? ledger, long count, RegisterOrigin origin)
    {
        var book = new RegisterBook(file is { } f ? Known("m", Import(f)) : Nothing, ledger is { } l ? Known("m", Import(l)) : Nothing);
        book.Open("m", (ObisCode.ActiveImport, Quantum.MilliwattHour));
        RegisterStart start = Assert.Single(book.Starts);
        Assert.Equal(("m", Import(count), origin), (start.Meter, start.Register, start.Origin));
        Assert.Equal((file, ledger), (start.InFile?.Count, start.InLedger?.Count));
    }

    [Fact]
    public void A_register_that_counted_another_quantum_begins_at_zero_and_the_start_says_so()
    {
        var impulses = new Register(ObisCode.ActiveImport, Quantum.Impulse, 99);
        var book = new RegisterBook(Known("m", impulses), Known("m", impulses));
        MeterRegisters meter = book.Open("m", (ObisCode.ActiveImport, Quantum.MilliwattHour));
        Assert.Equal([Import(0)], meter.Now);
        Assert.Equal(RegisterOrigin.NewQuantum, Assert.Single(book.Starts).Origin);
    }

    [Fact]
    public void Two_meters_of_one_name_are_refused()
    {
        var book = new RegisterBook(Nothing, Nothing);
        book.Open("m", (ObisCode.Gas, Quantum.Impulse));
        Assert.Equal(
            "The registers of meter 'm' are open already. Two meters cannot have one name. (Parameter 'meter')",
            Assert.Throws<ArgumentException>(() => book.Open("m", (ObisCode.Gas, Quantum.Impulse))).Message
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("seventeen-letters")]
    [InlineData("grün")]
    public void A_name_that_the_register_file_cannot_hold_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new RegisterBook(Nothing, Nothing).Open(name, (ObisCode.Gas, Quantum.Impulse)));
}
