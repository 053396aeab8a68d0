using System.Globalization;

namespace EdgeGateway.Readings.Tests;

public class RegisterTests
{
    [Theory]
    [InlineData(1500, -3, "1.5")]
    [InlineData(long.MaxValue, -3, "9223372036854775.807")]
    [InlineData(12, 2, "1200")]
    [InlineData(0, -9, "0")]
    public void A_value_is_the_count_times_its_quantum_exactly(long count, int exponent, string value) =>
        Assert.Equal(
            decimal.Parse(value, CultureInfo.InvariantCulture),
            new Register(ObisCode.ActiveImport, new Quantum("Wh", exponent), count).Value
        );

    [Fact]
    public void Every_missing_reason_has_its_own_code()
    {
        string[] codes = [.. Enum.GetValues<MissingReason>().Select(r => r.Code())];
        Assert.NotEmpty(codes);
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => default(MissingReason).Code());
    }

    [Fact]
    public void Every_accuracy_class_has_a_text_that_is_read_back()
    {
        foreach (AccuracyClass accuracy in Enum.GetValues<AccuracyClass>())
        {
            Assert.True(AccuracyClasses.TryParse(accuracy.Code(), out AccuracyClass read));
            Assert.Equal(accuracy, read);
        }

        Assert.False(AccuracyClasses.TryParse("2", out _));
    }
}
