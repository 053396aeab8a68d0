using System.Globalization;
using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>
/// Which log this is: <c>&lt;device id&gt;/&lt;epoch&gt;</c>, for simulated or replayed data <c>sim/&lt;device id&gt;/&lt;epoch&gt;</c>.
/// </summary>
/// <param name="DeviceId">Fingerprint of the device's identity public key: SHA-256 of its SPKI (RFC 5280 §4.1.2.7), 64 hexadecimal
/// digits.</param>
/// <param name="Epoch">Counts from 1. A wiped store goes on with a new epoch, visibly.</param>
/// <param name="Simulated">The readings are made up or replayed.</param>
public sealed record Origin(string DeviceId, int Epoch, bool Simulated)
{
    private const string SimulatedPrefix = "sim/";

    /// <summary>The device id that belongs to an identity key.</summary>
    public static string DeviceIdOf(ECDsa identityKey) =>
        Convert.ToHexStringLower(SHA256.HashData(identityKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Reads an origin line.</summary>
    /// <exception cref="EvidenceException">The text is not an origin of this kind.</exception>
    public static Origin Parse(string text)
    {
        bool simulated = text.StartsWith(SimulatedPrefix, StringComparison.Ordinal);
        string[] parts = (simulated ? text[SimulatedPrefix.Length..] : text).Split('/');
        if (
            parts is not [{ Length: 2 * SHA256.HashSizeInBytes } id, var epochText]
            || !id.All(char.IsAsciiHexDigitLower)
            || !int.TryParse(epochText, NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
            || epoch < 1
        )
        {
            throw new EvidenceException(
                $"'{text}' is not the origin of a gateway's log, which is [sim/]<device id of 64 hexadecimal digits>/<epoch>."
            );
        }

        Origin origin = new(id, epoch, simulated);
        return origin.ToString() == text
            ? origin
            : throw new EvidenceException($"The origin '{text}' is not written in its only form, '{origin}'.");
    }

    /// <summary>The origin line.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Simulated ? SimulatedPrefix : "")}{DeviceId}/{Epoch}");
}
