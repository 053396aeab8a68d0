using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EdgeGateway.Site;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.Factories;
using ISession = Net.Pkcs11Interop.HighLevelAPI.ISession;

namespace EdgeGateway.Recording;

/// <summary>A P-256 key in a PKCS#11 token, such as an ATECC608 or an HSM. It is made there and never leaves it.</summary>
/// <remarks>PKCS#11 v2.40: mechanism CKM_EC_KEY_PAIR_GEN makes it (curves §2.3.5), CKM_ECDSA signs a hash (§2.3.6): r ‖ s, 64 bytes.</remarks>
public sealed class Pkcs11Key : ECDsa
{
    private const int PinBytes = 256;
    private static readonly byte[] P256 = Convert.FromHexString("06082a8648ce3d030107"); // 1.2.840.10045.3.1.7, DER
    private static readonly Lock Resolving = new();
    private static bool _resolved;

    private readonly Lock _one = new();
    private readonly IPkcs11Library _library;
    private readonly ISession _session;
    private readonly IObjectHandle _private;
    private readonly ECParameters _public;

    private Pkcs11Key(IPkcs11Library library, ISession session, IObjectHandle privateKey, ECParameters publicKey)
    {
        (_library, _session, _private, _public) = (library, session, privateKey, publicKey);
        KeySizeValue = 256;
    }

    /// <summary>Opens the key of a token, or makes it when the token has none of its label.</summary>
    /// <exception cref="InvalidDataException">It cannot be used; the sentence says why and what to do.</exception>
    public static Pkcs11Key Open(Pkcs11KeySettings settings)
    {
        ResolveLibdl();
        string pin = ReadPin(settings.PinFile);
        try
        {
            Pkcs11InteropFactories factories = new();
            IPkcs11Library library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, settings.Library, AppType.MultiThreaded);
            ISlot slot = library.GetSlotList(SlotsType.WithTokenPresent).FirstOrDefault(s => s.GetTokenInfo().Label.TrimEnd() == settings.Token)
                ?? throw new InvalidDataException($"{settings.Library} has no token '{settings.Token}'. See that it is plugged in and initialised under this label.");
            ISession session = slot.OpenSession(SessionType.ReadWrite);
            session.Login(CKU.CKU_USER, pin);
            if (Find(session, factories, CKO.CKO_PRIVATE_KEY, settings.Label) is null)
            {
                Make(session, factories, settings.Label);
            }

            IObjectHandle? privateKey = Find(session, factories, CKO.CKO_PRIVATE_KEY, settings.Label), publicKey = Find(session, factories, CKO.CKO_PUBLIC_KEY, settings.Label);
            return privateKey is not null && publicKey is not null
                ? new Pkcs11Key(library, session, privateKey, ReadPublic(session, publicKey))
                : throw new InvalidDataException($"The token '{settings.Token}' has only one half of the key '{settings.Label}'. Give another label for a new key.");
        }
        catch (Exception e) when (e is Pkcs11Exception or UnmanagedException or AttributeValueException)
        {
            string what = e is Pkcs11Exception { RV: CKR.CKR_PIN_INCORRECT } ? $"the PIN in {settings.PinFile} is wrong" : e.Message;
            throw new InvalidDataException($"The key '{settings.Label}' of the token '{settings.Token}' ({settings.Library}) cannot be used: {what}.", e);
        }
    }

    /// <inheritdoc/>
    public override byte[] SignHash(byte[] hash)
    {
        lock (_one)
        {
            using IMechanism mechanism = _session.Factories.MechanismFactory.Create(CKM.CKM_ECDSA);
            return _session.Sign(mechanism, _private, hash);
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
            _session.Dispose();
            _library.Dispose();
        }

        base.Dispose(disposing);
    }

    private static IObjectHandle? Find(ISession session, Pkcs11InteropFactories factories, CKO kind, string label) => session.FindAllObjects(
    [
        factories.ObjectAttributeFactory.Create(CKA.CKA_CLASS, kind), factories.ObjectAttributeFactory.Create(CKA.CKA_KEY_TYPE, CKK.CKK_EC),
        factories.ObjectAttributeFactory.Create(CKA.CKA_LABEL, label),
    ]).FirstOrDefault();

    private static void Make(ISession session, Pkcs11InteropFactories factories, string label)
    {
        IObjectAttributeFactory attribute = factories.ObjectAttributeFactory;
        byte[] id = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(label))[..8];
        using IMechanism mechanism = factories.MechanismFactory.Create(CKM.CKM_EC_KEY_PAIR_GEN);
        session.GenerateKeyPair(
            mechanism,
            [
                attribute.Create(CKA.CKA_TOKEN, true), attribute.Create(CKA.CKA_LABEL, label), attribute.Create(CKA.CKA_ID, id),
                attribute.Create(CKA.CKA_VERIFY, true), attribute.Create(CKA.CKA_EC_PARAMS, P256),
            ],
            [
                attribute.Create(CKA.CKA_TOKEN, true), attribute.Create(CKA.CKA_LABEL, label), attribute.Create(CKA.CKA_ID, id), attribute.Create(CKA.CKA_PRIVATE, true),
                attribute.Create(CKA.CKA_SENSITIVE, true), attribute.Create(CKA.CKA_EXTRACTABLE, false), attribute.Create(CKA.CKA_SIGN, true),
            ],
            out _, out _);
    }

    private static ECParameters ReadPublic(ISession session, IObjectHandle key)
    {
        List<IObjectAttribute> read = session.GetAttributeValue(key, [CKA.CKA_EC_PARAMS, CKA.CKA_EC_POINT]);
        byte[] point = read[1].GetValueAsByteArray();

        // DER OCTET STRING of 04 ‖ x ‖ y; some tokens give the point without the string around it.
        ReadOnlySpan<byte> raw = point.Length == 67 ? point.AsSpan(2) : point;
        return read[0].GetValueAsByteArray().AsSpan().SequenceEqual(P256) && raw.Length == 65 && raw[0] == 0x04
            ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = raw[1..33].ToArray(), Y = raw[33..].ToArray() } }
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

    // The package asks for "libdl", which only development packages have.
    private static void ResolveLibdl()
    {
        lock (Resolving)
        {
            if (!_resolved)
            {
                NativeLibrary.SetDllImportResolver(
                    typeof(Pkcs11InteropFactories).Assembly, (name, assembly, search) => name == "libdl" ? NativeLibrary.Load("libdl.so.2", assembly, search) : nint.Zero);
                _resolved = true;
            }
        }
    }
}
