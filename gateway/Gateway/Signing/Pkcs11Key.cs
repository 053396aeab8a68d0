using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Site;

namespace EdgeGateway.Signing;

/// <summary>A P-256 key in a PKCS#11 token, such as an ATECC608 or an HSM. It is made there and never leaves it.</summary>
/// <remarks>
/// PKCS#11 v2.40: mechanism CKM_EC_KEY_PAIR_GEN makes it (curves §2.3.5), CKM_ECDSA signs a hash (§2.3.6): r ‖ s, 64 bytes. The few
/// functions that this takes are called as the library exports them.
/// </remarks>
public sealed class Pkcs11Key : ECDsa
{
    private const int PinBytes = 256;
    private const int SignatureBytes = 64;
    private static readonly byte[] P256 = Convert.FromHexString("06082a8648ce3d030107"); // 1.2.840.10045.3.1.7, DER

    private readonly Lock _one = new();
    private readonly Pkcs11Library _library;
    private readonly nuint _session;
    private readonly nuint _private;
    private readonly ECParameters _public;

    private Pkcs11Key(Pkcs11Library library, nuint session, nuint privateKey, ECParameters publicKey)
    {
        _library = library;
        _session = session;
        _private = privateKey;
        _public = publicKey;
        KeySizeValue = 256;
    }

    /// <summary>Opens the key of a token.</summary>
    /// <param name="settings">The library, the token and the label of the key.</param>
    /// <param name="make">Whether to make the key when the token has none of its label.</param>
    /// <returns>Null when the token has none, and none is to be made.</returns>
    /// <exception cref="InvalidDataException">The key cannot be used; the sentence says why and what to do.</exception>
    public static Pkcs11Key? Open(Pkcs11KeySettings settings, bool make)
    {
        string pin = ReadPin(settings.PinFile);
        try
        {
            Pkcs11Library library = new(settings.Library);
            nuint slot = library.SlotOf(settings.Token)
                ?? throw new InvalidDataException(
                    $"{settings.Library} has no token '{settings.Token}'. See that it is plugged in and initialised under this label."
                );
            nuint session = library.OpenSession(slot);
            library.Login(session, pin);
            byte[] label = Encoding.UTF8.GetBytes(settings.Label);
            if (Find(Pkcs11Library.PrivateKey) is null)
            {
                if (!make)
                {
                    library.CloseSession(session);
                    return null;
                }

                Make(library, session, label);
            }

            nuint? privateKey = Find(Pkcs11Library.PrivateKey);
            nuint? publicKey = Find(Pkcs11Library.PublicKey);
            return privateKey is not null && publicKey is not null
                ? new Pkcs11Key(library, session, privateKey.Value, ReadPublic(library, session, publicKey.Value))
                : throw new InvalidDataException(
                    $"The token '{settings.Token}' has only one half of the key '{settings.Label}'. Give another label for a new key."
                );

            nuint? Find(nuint kind) =>
                library.Find(
                    session,
                    [
                        new(Pkcs11Library.Class, Encode(kind)),
                        new(Pkcs11Library.KeyType, Encode(Pkcs11Library.EllipticCurve)),
                        new(Pkcs11Library.Label, label),
                    ]
                );
        }
        catch (Exception e) when (e is Pkcs11Exception or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            string what = e is Pkcs11Exception { Code: Pkcs11Library.PinIncorrect } ? $"the PIN in {settings.PinFile} is wrong" : e.Message;
            throw new InvalidDataException(
                $"The key '{settings.Label}' of the token '{settings.Token}' ({settings.Library}) cannot be used: {what}.",
                e
            );
        }
    }

    /// <inheritdoc/>
    public override byte[] SignHash(byte[] hash)
    {
        lock (_one)
        {
            return _library.SignEcdsa(_session, _private, hash, SignatureBytes);
        }
    }

    /// <inheritdoc/>
    public override bool VerifyHash(byte[] hash, byte[] signature)
    {
        using ECDsa key = Create(_public);
        return key.VerifyHash(hash, signature);
    }

    /// <inheritdoc/>
    public override ECParameters ExportParameters(bool includePrivateParameters) =>
        includePrivateParameters ? throw new CryptographicException("The private key never leaves its token.") : _public;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _library.CloseSession(_session);
        }

        base.Dispose(disposing);
    }

    private static void Make(Pkcs11Library library, nuint session, byte[] label)
    {
        byte[] id = SHA256.HashData(label)[..8];
        library.MakeKeyPair(
            session,
            publicKey:
            [
                new(Pkcs11Library.Token, True),
                new(Pkcs11Library.Label, label),
                new(Pkcs11Library.Id, id),
                new(Pkcs11Library.Verify, True),
                new(Pkcs11Library.EcParams, P256),
            ],
            privateKey:
            [
                new(Pkcs11Library.Token, True),
                new(Pkcs11Library.Label, label),
                new(Pkcs11Library.Id, id),
                new(Pkcs11Library.Private, True),
                new(Pkcs11Library.Sensitive, True),
                new(Pkcs11Library.Extractable, False),
                new(Pkcs11Library.Sign, True),
            ]
        );
    }

    private static byte[] True => [1];

    private static byte[] False => [0];

    private static byte[] Encode(nuint value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static ECParameters ReadPublic(Pkcs11Library library, nuint session, nuint key)
    {
        byte[] point = library.ReadAttribute(session, key, Pkcs11Library.EcPoint);

        // A DER OCTET STRING (2 bytes of head) with 04 ‖ x ‖ y. Some tokens give the point without the string around it.
        ReadOnlySpan<byte> raw = point.Length == 67 ? point.AsSpan(2) : point;
        return
            library.ReadAttribute(session, key, Pkcs11Library.EcParams).AsSpan().SequenceEqual(P256) && raw.Length == 65 && raw[0] == 0x04
            ? new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = raw[1..33].ToArray(), Y = raw[33..].ToArray() },
            }
            : throw new InvalidDataException("The key in the token is not an ECDSA key on P-256.");
    }

    private static string ReadPin(string path)
    {
        try
        {
            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            if ((File.GetUnixFileMode(path) & Others) != 0)
            {
                throw new InvalidDataException($"The file with the PIN, {path}, can be read by others. chmod 600 {path}");
            }

            string pin = new FileInfo(path).Length <= PinBytes ? File.ReadAllText(path).TrimEnd('\r', '\n') : "";
            return pin.Length > 0 ? pin : throw new InvalidDataException($"There is no PIN in {path}. Write it there, in one line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The file with the PIN cannot be read: {e.Message}", e);
        }
    }
}
