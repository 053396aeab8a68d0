namespace EdgeGateway.Edgectl.Tests;

public sealed class FactorsCommandTests : IDisposable
{
    private readonly Recordings _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Where_no_gateway_is_the_door_is_named()
    {
        string pack = _files.Write("x.csv", "any"),
            folder = Path.GetDirectoryName(pack)!;
        CommandLine.AssertRefused(CommandLine.Run("factors", "load", pack, "--data", folder), $"{folder}/door: no gateway is there: ");
        CommandLine.AssertRefused(CommandLine.Run("factors", "list", "--data", folder), $"{folder}/door: no gateway is there: ");
    }

    [Fact]
    public void A_pack_that_cannot_be_read_is_refused_before_anything_is_sent()
    {
        CommandLine.AssertRefused(CommandLine.Run("factors", "load", "/nonexistent.csv"), "/nonexistent.csv");
        CommandLine.AssertRefused(CommandLine.Run("factors", "load"), "FILE.csv");
    }
}
