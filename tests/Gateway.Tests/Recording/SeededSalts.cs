using System.Security.Cryptography;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>Salts that are the same in every run, so that the same life gives the same leaves.</summary>
internal sealed class SeededSalts(int seed) : RandomNumberGenerator
{
    private readonly Random _random = new(seed);

    public override void GetBytes(byte[] data) => _random.NextBytes(data);
}
