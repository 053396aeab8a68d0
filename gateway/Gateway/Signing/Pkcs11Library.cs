using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeGateway.Signing;

/// <summary>An attribute of an object in a token (CK_ATTRIBUTE).</summary>
/// <param name="Type">CKA_ number.</param>
/// <param name="Value">Its bytes.</param>
internal sealed record Pkcs11Attribute(nuint Type, byte[] Value);

/// <summary>A function of a PKCS#11 library gave an error.</summary>
/// <param name="function">The name of the function, such as <c>C_Login</c>.</param>
/// <param name="code">What it returned (CK_RV).</param>
internal sealed class Pkcs11Exception(string function, ulong code)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{function} gives 0x{code:x} (CK_RV of PKCS#11)"))
{
    /// <summary>What the function returned (CK_RV).</summary>
    public ulong Code => code;
}

/// <summary>
/// The functions of a PKCS#11 library (v2.40) that a signing key takes. 64-bit Linux: CK_ULONG has 8 bytes, structures are aligned.
/// </summary>
internal sealed class Pkcs11Library
{
    // Object classes (CKO_) and the type of a key (CKK_EC).
    internal const nuint PublicKey = 2,
        PrivateKey = 3,
        EllipticCurve = 3;

    // Attributes (CKA_).
    internal const nuint Class = 0x000,
        Token = 0x001,
        Private = 0x002,
        Label = 0x003,
        KeyType = 0x100,
        Id = 0x102,
        Sensitive = 0x103,
        Sign = 0x108,
        Verify = 0x10A,
        Extractable = 0x162,
        EcParams = 0x180,
        EcPoint = 0x181;

    // What functions return (CKR_).
    internal const ulong PinIncorrect = 0xA0;

    private const ulong Ok = 0,
        AlreadyInitialised = 0x191,
        AlreadyLoggedIn = 0x100;

    // Mechanisms (CKM_).
    private const nuint EcKeyPairGeneration = 0x1040,
        Ecdsa = 0x1041;

    // Flags of a session (CKF_), and the type of its user (CKU_USER).
    private const nuint SerialSession = 4,
        ReadWrite = 2,
        User = 1;
    private const int AttributeBytes = 24,
        TokenInfoBytes = 512,
        LabelBytes = 32,
        MostSlots = 64;

    private readonly nint _library;

    /// <summary>Loads and initialises a library.</summary>
    public Pkcs11Library(string path)
    {
        _library = NativeLibrary.Load(path);
        ulong result = Function<Initialize>("C_Initialize")(0);
        if (result != AlreadyInitialised)
        {
            Check("C_Initialize", result);
        }
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong Initialize(nint arguments);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong GetSlotList(byte tokenPresent, nuint[] slots, ref nuint count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong GetTokenInfo(nuint slot, byte[] info);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong OpenSessionOf(nuint slot, nuint flags, nint application, nint notify, out nuint session);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong OfSession(nuint session);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong LoginTo(nuint session, nuint user, byte[] pin, nuint length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong OfTemplate(nuint session, nint attributes, nuint count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong FindObjects(nuint session, nuint[] objects, nuint most, out nuint count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong GetAttribute(nuint session, nuint key, nint attributes, nuint count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong GenerateKeyPair(
        nuint session,
        nuint[] mechanism,
        nint publicAttributes,
        nuint publicCount,
        nint privateAttributes,
        nuint privateCount,
        out nuint publicKey,
        out nuint privateKey
    );

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong SignInit(nuint session, nuint[] mechanism, nuint key);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong SignData(nuint session, byte[] data, nuint length, byte[] signature, ref nuint signatureLength);

    /// <summary>The slot with the token of a label, or null.</summary>
    public nuint? SlotOf(string token)
    {
        nuint[] slots = new nuint[MostSlots];
        nuint count = MostSlots;
        Check("C_GetSlotList", Function<GetSlotList>("C_GetSlotList")(1, slots, ref count));
        foreach (nuint slot in slots.AsSpan(0, (int)count))
        {
            // CK_TOKEN_INFO begins with the label, padded with blanks.
            byte[] info = new byte[TokenInfoBytes];
            Check("C_GetTokenInfo", Function<GetTokenInfo>("C_GetTokenInfo")(slot, info));
            if (Encoding.UTF8.GetString(info, 0, LabelBytes).TrimEnd() == token)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>Opens a session that may make keys.</summary>
    public nuint OpenSession(nuint slot)
    {
        Check("C_OpenSession", Function<OpenSessionOf>("C_OpenSession")(slot, SerialSession | ReadWrite, 0, 0, out nuint session));
        return session;
    }

    /// <summary>Closes a session.</summary>
    public void CloseSession(nuint session) => _ = Function<OfSession>("C_CloseSession")(session);

    /// <summary>Logs the user in.</summary>
    public void Login(nuint session, string pin)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(pin);
        ulong result = Function<LoginTo>("C_Login")(session, User, bytes, (nuint)bytes.Length);
        if (result != AlreadyLoggedIn)
        {
            Check("C_Login", result);
        }
    }

    /// <summary>The first object with these attributes, or null.</summary>
    public nuint? Find(nuint session, IReadOnlyList<Pkcs11Attribute> attributes)
    {
        using Template template = new(attributes);
        nuint[] found = new nuint[1];
        Check("C_FindObjectsInit", Function<OfTemplate>("C_FindObjectsInit")(session, template.Address, template.Count));
        Check("C_FindObjects", Function<FindObjects>("C_FindObjects")(session, found, 1, out nuint count));
        Check("C_FindObjectsFinal", Function<OfSession>("C_FindObjectsFinal")(session));
        return count == 1 ? found[0] : null;
    }

    /// <summary>Makes a pair of keys on a curve.</summary>
    public void MakeKeyPair(nuint session, IReadOnlyList<Pkcs11Attribute> publicKey, IReadOnlyList<Pkcs11Attribute> privateKey)
    {
        using Template ofPublic = new(publicKey),
            ofPrivate = new(privateKey);
        Check(
            "C_GenerateKeyPair",
            Function<GenerateKeyPair>("C_GenerateKeyPair")(
                session,
                [EcKeyPairGeneration, 0, 0],
                ofPublic.Address,
                ofPublic.Count,
                ofPrivate.Address,
                ofPrivate.Count,
                out _,
                out _
            )
        );
    }

    /// <summary>Reads an attribute of an object.</summary>
    public byte[] ReadAttribute(nuint session, nuint key, nuint type)
    {
        using Template template = new([new(type, new byte[256])]);
        Check("C_GetAttributeValue", Function<GetAttribute>("C_GetAttributeValue")(session, key, template.Address, 1));
        return template.Value(0);
    }

    /// <summary>Signs a hash with ECDSA.</summary>
    public byte[] SignEcdsa(nuint session, nuint key, byte[] hash, int bytes)
    {
        byte[] signature = new byte[bytes];
        nuint length = (nuint)bytes;
        Check("C_SignInit", Function<SignInit>("C_SignInit")(session, [Ecdsa, 0, 0], key));
        Check("C_Sign", Function<SignData>("C_Sign")(session, hash, (nuint)hash.Length, signature, ref length));
        return length == (nuint)bytes
            ? signature
            : throw new InvalidDataException($"The token gave a signature of {length} bytes where one of ECDSA on P-256 has {bytes}.");
    }

    private T Function<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(_library, name));

    private static void Check(string function, ulong result)
    {
        if (result != Ok)
        {
            throw new Pkcs11Exception(function, result);
        }
    }

    /// <summary>An array of CK_ATTRIBUTE: type, address and length of the value, 8 bytes each.</summary>
    private sealed class Template : IDisposable
    {
        private readonly List<GCHandle> _pinned = [];
        private readonly nint[] _words;

        public Template(IReadOnlyList<Pkcs11Attribute> attributes)
        {
            _words = new nint[attributes.Count * AttributeBytes / sizeof(long)];
            for (int i = 0; i < attributes.Count; i++)
            {
                _words[3 * i] = (nint)attributes[i].Type;
                _words[(3 * i) + 1] = Pin(attributes[i].Value);
                _words[(3 * i) + 2] = attributes[i].Value.Length;
            }

            Address = Pin(_words);
            Count = (nuint)attributes.Count;
        }

        public nint Address { get; }

        public nuint Count { get; }

        public byte[] Value(int index)
        {
            byte[] value = new byte[_words[(3 * index) + 2]];
            Marshal.Copy(_words[(3 * index) + 1], value, 0, value.Length);
            return value;
        }

        public void Dispose() => _pinned.ForEach(p => p.Free());

        private nint Pin(Array values)
        {
            GCHandle handle = GCHandle.Alloc(values, GCHandleType.Pinned);
            _pinned.Add(handle);
            return handle.AddrOfPinnedObject();
        }
    }
}
