using System.Text.Json;

namespace EdgeGateway.Evidence;

/// <summary>A bundle as JSON (RFC 8259): the same members, byte strings as base64 with padding (RFC 4648 §4).</summary>
/// <remarks>
/// An object of the members of <see cref="Bundle"/>; a key change is <c>[leaf, receipt]</c>, a batch <c>[note, cose, first, [edge…],
/// [element…]]</c> with elements that are a leaf or, withheld, <c>[hash]</c>.
/// </remarks>
public static class BundleJson
{
    private const int MaxDepth = 6;
    private const int MaxBytes = Bundle.MaxBytes / 2 * 3;

    /// <summary>The bundle as UTF-8 JSON.</summary>
    public static byte[] Encode(Bundle bundle)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("v", Bundle.Version);
            WriteAll(json, "crl", bundle.RevocationLists);
            WriteAll(json, "tsr", bundle.TimeStamps);
            WriteArray(json, "keys", bundle.KeyChanges, WriteKeyChange);
            json.WriteString("note", bundle.Note);
            WriteAll(json, "chain", bundle.Chain);
            WriteAll(json, "leaves", bundle.Leaves);
            WriteArray(json, "batches", bundle.Batches, WriteBatch);
            if (bundle.Receipt is { } receipt)
            {
                json.WriteBase64String("receipt", receipt.Span);
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>Reads a bundle. Refuses duplicate and unknown members, comments, and base64 that is not canonical.</summary>
    /// <exception cref="EvidenceException">The bytes are not a bundle; the sentence says why.</exception>
    public static Bundle Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new EvidenceException($"A bundle as JSON has at most {MaxBytes} bytes; this one has {bytes.Length}.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                bytes,
                new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false }
            );
            if (!document.RootElement.TryGetProperty("v", out JsonElement version) || version.GetInt32() != Bundle.Version)
            {
                throw new EvidenceException($"A bundle has its version, \"v\": {Bundle.Version}. A later version needs a later verifier.");
            }

            Bundle bundle = new() { Note = "" };
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                bundle = ReadMember(member.Name, member.Value, bundle);
            }

            return bundle.Checked();
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new EvidenceException($"This is not a bundle as JSON: {e.Message}", e);
        }
    }

    private static Bundle ReadMember(string name, JsonElement value, Bundle bundle) =>
        name switch
        {
            "v" => bundle,
            "crl" => bundle with { RevocationLists = ReadAll(value, ReadBytes) },
            "tsr" => bundle with { TimeStamps = ReadAll(value, ReadBytes) },
            "keys" => bundle with { KeyChanges = ReadAll(value, v => new KeyChange(ReadBytes(Item(v, 2, 0)), ReadBytes(Item(v, 2, 1)))) },
            "note" => bundle with { Note = value.GetString() ?? "" },
            "chain" => bundle with { Chain = ReadAll(value, ReadBytes) },
            "leaves" => bundle with { Leaves = ReadAll(value, ReadBytes) },
            "batches" => bundle with { Batches = ReadAll(value, ReadBatch) },
            "receipt" => bundle with { Receipt = ReadBytes(value) },
            _ => throw new EvidenceException($"A bundle of version {Bundle.Version} has no '{name}'."),
        };

    private static Batch ReadBatch(JsonElement batch)
    {
        // The CBOR reader's rules hold for both forms.
        Batch read = new(
            Item(batch, 5, 0).GetString() ?? "",
            ReadBytes(Item(batch, 5, 1)),
            Item(batch, 5, 2).GetInt64(),
            [.. Item(batch, 5, 3).EnumerateArray().Select(h => MerkleHash.From(ReadBytes(h).Span))],
            [.. Item(batch, 5, 4).EnumerateArray().Select(ReadElement)]
        );
        return read.First >= 0
            ? Batch.Decode(read.Encode(), out _)
            : throw new EvidenceException("A batch begins with a leaf of index 0 or more.");
    }

    private static BatchElement ReadElement(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array
            ? BatchElement.Withheld(MerkleHash.From(ReadBytes(Item(element, 1, 0)).Span))
            : BatchElement.Of(ReadBytes(element));

    private static ReadOnlyMemory<byte> ReadBytes(JsonElement value) => Base64.Decode(value.GetString() ?? "-");

    private static JsonElement Item(JsonElement array, int length, int index) =>
        array.GetArrayLength() == length
            ? array[index]
            : throw new EvidenceException($"An array of a bundle has {length} items where this one has {array.GetArrayLength()}.");

    private static List<T> ReadAll<T>(JsonElement array, Func<JsonElement, T> read)
    {
        List<T> all = [.. array.EnumerateArray().Select(read)];
        return all.Count > 0 ? all : throw new EvidenceException("A member of a bundle has at least one item or is absent.");
    }

    private static void WriteAll(Utf8JsonWriter json, string name, IReadOnlyList<ReadOnlyMemory<byte>> all) =>
        WriteArray(json, name, all, (j, bytes) => j.WriteBase64StringValue(bytes.Span));

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> all, Action<Utf8JsonWriter, T> write)
    {
        if (all.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (T one in all)
        {
            write(json, one);
        }

        json.WriteEndArray();
    }

    private static void WriteKeyChange(Utf8JsonWriter json, KeyChange change)
    {
        json.WriteStartArray();
        json.WriteBase64StringValue(change.Leaf.Span);
        json.WriteBase64StringValue(change.Receipt.Span);
        json.WriteEndArray();
    }

    private static void WriteBatch(Utf8JsonWriter json, Batch batch)
    {
        json.WriteStartArray();
        json.WriteStringValue(batch.Note);
        json.WriteBase64StringValue(batch.Cose.Span);
        json.WriteNumberValue(batch.First);
        json.WriteStartArray();
        foreach (MerkleHash hash in batch.Edge)
        {
            json.WriteBase64StringValue(hash.AsSpan());
        }

        json.WriteEndArray();
        json.WriteStartArray();
        foreach (BatchElement element in batch.Elements)
        {
            if (element.Leaf is { } leaf)
            {
                json.WriteBase64StringValue(leaf.Span);
                continue;
            }

            json.WriteStartArray();
            json.WriteBase64StringValue(element.Hash.AsSpan());
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndArray();
    }
}
