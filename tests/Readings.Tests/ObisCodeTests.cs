using CsCheck;

namespace EdgeGateway.Readings.Tests;

public class ObisCodeTests
{
    [Fact]
    public void Every_code_is_read_back_from_its_text_and_from_the_display_form() =>
        Gen
            .Byte.Array[6]
            .Sample(g =>
            {
                string text = $"{g[0]}-{g[1]}:{g[2]}.{g[3]}.{g[4]}.{g[5]}";
                Assert.Equal(text, ObisCode.Parse(text).ToString());
                Assert.Equal(ObisCode.Parse(text), ObisCode.Parse($"{g[0]}-{g[1]}:{g[2]}.{g[3]}.{g[4]}*{g[5]}"));
            });

    [Theory]
    [InlineData("")]
    [InlineData("1.8.0")]
    [InlineData("1-0:1.8.0")]
    [InlineData("1-0:1.8.0.256")]
    [InlineData("1-0:1.8.0.-1")]
    [InlineData("1-0:1.8.0.255.1")]
    [InlineData(" 1-0:1.8.0.255")]
    [InlineData("1-0:1.8..255")]
    public void Other_texts_are_refused_with_an_example(string text) =>
        Assert.Contains("1-0:1.8.0.255", Assert.Throws<FormatException>(() => ObisCode.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Different_codes_differ() => Assert.NotEqual(ObisCode.ActiveImport, ObisCode.ActiveExport);
}
