using System.Formats.Cbor;

namespace EdgeGateway.Evidence;

/// <summary>
/// The answer to a question about a log, complete in itself: leaves with a receipt, or batches, under a checkpoint with its cosignatures,
/// and what is needed to judge the key. CBOR, and the same as JSON (<see cref="BundleJson"/>).
/// </summary>
/// <remarks>
/// A map with text labels in deterministic order (RFC 8949 §4.2.1; shorter labels first, which is RFC 7049 §3.9 too). Absent means none.
/// <code>
/// { "v": 1,
///   "crl": [h'…'], "tsr": [h'…'], "keys": [[h'leaf', h'receipt']],
///   "note": "…", "chain": [h'…'],
///   "leaves": [h'…', …], "batches": [[note, COSE_Sign1, first, edge, elements], …], "receipt": h'…' }
/// </code>
/// </remarks>
public sealed record Bundle
{
    /// <summary>The largest bundle that is read, in bytes of CBOR; as JSON a half more.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>The most certificates, revocation lists and time stamps that are read, of each.</summary>
    public const int MaxProofs = 16;

    internal const int Version = 1;

    /// <summary><c>note</c>: the checkpoint, a signed note with its cosignatures.</summary>
    public required string Note { get; init; }

    /// <summary><c>leaves</c>: single leaves, in the order of the receipt's proofs.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Leaves { get; init; } = [];

    /// <summary>
    /// <c>receipt</c>: a COSE receipt of <see cref="Leaves"/> for the size of <see cref="Note"/>. Null when there are none.
    /// </summary>
    public ReadOnlyMemory<byte>? Receipt { get; init; }

    /// <summary><c>batches</c>: stretches of the log, ascending.</summary>
    public IReadOnlyList<Batch> Batches { get; init; } = [];

    /// <summary><c>chain</c>: certificates of the device, its own first, DER (RFC 5280). They are not trusted for being here.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; init; } = [];

    /// <summary><c>crl</c>: revocation lists as they were when the bundle was made, DER (RFC 5280 §5).</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RevocationLists { get; init; } = [];

    /// <summary><c>tsr</c>: time stamp tokens over the SHA-256 of the note's text (RFC 3161 §2.4.2), DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> TimeStamps { get; init; } = [];

    /// <summary><c>keys</c>: the changes of the signing key up to the one that signed <see cref="Note"/>, ascending.</summary>
    public IReadOnlyList<KeyChange> KeyChanges { get; init; } = [];

    /// <summary>The bundle's bytes.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartMap(
            2
                + Present(RevocationLists)
                + Present(TimeStamps)
                + Present(KeyChanges)
                + Present(Chain)
                + Present(Leaves)
                + Present(Batches)
                + (Receipt is null ? 0 : 1)
        );
        writer.WriteTextString("v");
        writer.WriteInt32(Version);
        WriteAll(writer, "crl", RevocationLists);
        WriteAll(writer, "tsr", TimeStamps);
        if (KeyChanges.Count > 0)
        {
            writer.WriteTextString("keys");
            writer.WriteEncodedValue(KeyHistory.Encode(KeyChanges));
        }

        writer.WriteTextString("note");
        writer.WriteTextString(Note);
        WriteAll(writer, "chain", Chain);
        WriteAll(writer, "leaves", Leaves);
        if (Batches.Count > 0)
        {
            writer.WriteTextString("batches");
            writer.WriteStartArray(Batches.Count);
            foreach (Batch batch in Batches)
            {
                writer.WriteEncodedValue(batch.Encode());
            }

            writer.WriteEndArray();
        }

        if (Receipt is { } receipt)
        {
            writer.WriteTextString("receipt");
            writer.WriteByteString(receipt.Span);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>Reads a bundle and refuses whatever <see cref="Encode"/> would not have written. Nothing is verified yet.</summary>
    /// <exception cref="EvidenceException">The bytes are not a bundle; the sentence says why.</exception>
    public static Bundle Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new EvidenceException($"A bundle has at most {MaxBytes} bytes; this one has {bytes.Length}.");
        }

        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Canonical);
            int labels = reader.ReadStartMap() ?? 0;
            if (labels == 0 || reader.ReadTextString() != "v" || reader.ReadInt32() != Version)
            {
                throw new EvidenceException($"A bundle begins with its version, \"v\": {Version}. A later version needs a later verifier.");
            }

            Bundle bundle = new() { Note = "" };
            for (int i = 1; i < labels; i++)
            {
                bundle = ReadMember(reader, reader.ReadTextString(), bundle);
            }

            reader.ReadEndMap();
            return reader.BytesRemaining == 0
                ? bundle.Checked()
                : throw new EvidenceException($"{reader.BytesRemaining} bytes follow the end of the bundle.");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new EvidenceException($"This is not a bundle of a gateway's log: {e.Message}", e);
        }
    }

    /// <summary>Refuses a bundle whose parts do not belong together.</summary>
    internal Bundle Checked() =>
        this switch
        {
            { Note.Length: 0 } => throw new EvidenceException("The bundle has no checkpoint ('note')."),
            { Leaves.Count: 0, Batches.Count: 0 } => throw new EvidenceException("The bundle has neither leaves nor batches."),
            _ when Math.Max(Chain.Count, Math.Max(RevocationLists.Count, TimeStamps.Count)) > MaxProofs => throw TooMany(),
            _ when (Leaves.Count > 0) != Receipt.HasValue => throw new EvidenceException(
                "Leaves and their receipt come together, or neither."
            ),
            _ => this,
        };

    private static EvidenceException TooMany() =>
        new($"A bundle has at most {MaxProofs} certificates, as many revocation lists and as many time stamps.");

    private static Bundle ReadMember(CborReader reader, string label, Bundle bundle) =>
        label switch
        {
            "crl" => bundle with { RevocationLists = ReadAll(reader, r => r.ReadByteString(), MaxProofs) },
            "tsr" => bundle with { TimeStamps = ReadAll(reader, r => r.ReadByteString(), MaxProofs) },
            "keys" => bundle with { KeyChanges = KeyHistory.Decode(reader.ReadEncodedValue()) },
            "note" => bundle with { Note = reader.ReadTextString() },
            "chain" => bundle with { Chain = ReadAll(reader, r => r.ReadByteString(), MaxProofs) },
            "leaves" => bundle with { Leaves = ReadAll(reader, r => r.ReadByteString()) },
            "batches" => bundle with { Batches = ReadAll(reader, ReadBatch) },
            "receipt" => bundle with { Receipt = reader.ReadByteString() },
            _ => throw new EvidenceException($"A bundle of version {Version} has no '{label}'."),
        };

    private static Batch ReadBatch(CborReader reader) => Batch.Decode(reader.ReadEncodedValue(), out _);

    private static List<ReadOnlyMemory<byte>> ReadAll(CborReader reader, Func<CborReader, byte[]> read, int most = int.MaxValue) =>
        ReadAll<ReadOnlyMemory<byte>>(reader, r => read(r), most);

    private static List<T> ReadAll<T>(CborReader reader, Func<CborReader, T> read, int most = int.MaxValue)
    {
        List<T> all = [];
        for (int left = reader.ReadStartArray() ?? 0; left > 0; left--)
        {
            if (all.Count == most)
            {
                throw TooMany();
            }

            all.Add(read(reader));
        }

        reader.ReadEndArray();
        return all.Count > 0 ? all : throw new EvidenceException("A member of a bundle has at least one item or is absent.");
    }

    private static void WriteAll(CborWriter writer, string label, IReadOnlyList<ReadOnlyMemory<byte>> all)
    {
        if (all.Count == 0)
        {
            return;
        }

        writer.WriteTextString(label);
        writer.WriteStartArray(all.Count);
        foreach (ReadOnlyMemory<byte> one in all)
        {
            writer.WriteByteString(one.Span);
        }

        writer.WriteEndArray();
    }

    private static int Present<T>(IReadOnlyList<T> all) => all.Count > 0 ? 1 : 0;
}
