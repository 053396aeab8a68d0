using System.Globalization;
using System.Text.Json;
using EdgeGateway.Carbon;

namespace EdgeGateway.Site;

/// <summary>A factor set that holds since the start.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Signer">Who signed the pack that it is from; null where it ships with the gateway.</param>
public sealed record HeldSet(string Name, string Version, string? Signer);

/// <summary>The factor packs in the data folder: what holds since the start, and what is loaded for the next one.</summary>
/// <param name="sitePath">The site file.</param>
/// <param name="packs">The sets that hold since the start.</param>
/// <param name="folder">Where packs are kept.</param>
public sealed class FactorStore(string sitePath, FactorPacks packs, string folder)
{
    /// <summary>The longest pack, bytes.</summary>
    public const int MostBytes = FactorPack.MostBytes;

    private const int MostPacks = 64;

    private readonly Lock _loading = new();

    /// <summary>Whether a signer is trusted: otherwise every pack is refused.</summary>
    public bool TakesPacks => packs.Signers.Count > 0;

    /// <summary>The sets that hold since the start.</summary>
    public IEnumerable<HeldSet> Held => Sets.Select(s => new HeldSet(s.Name, s.Version, packs.SignedBy.GetValueOrDefault(s.Name)?.Id));

    /// <summary>The packs that are not used since the start, in a sentence each.</summary>
    public IEnumerable<string> Unused => packs.Refused.Select(r => r.Why).Concat(packs.Overtaken).Select(Sentence);

    private IEnumerable<FactorSet> Sets => packs.Library.Sets.OrderBy(s => s.Name, StringComparer.Ordinal);

    /// <summary>Where packs are kept in a data folder.</summary>
    public static string FolderIn(string data) => Path.Combine(data, "factors");

    /// <summary>Tells which packs hold, and which are not used and why.</summary>
    public void Tell(ILogger log)
    {
        foreach (RefusedPack refused in packs.Refused)
        {
            log.LogError("A factor pack is not used: {Why}", refused.Why);
        }

        foreach (string overtaken in packs.Overtaken)
        {
            log.LogWarning("{Overtaken}", overtaken);
        }

        foreach (FactorSet set in packs.Library.Sets.Where(s => packs.SignedBy.ContainsKey(s.Name)))
        {
            log.LogInformation(
                "The factor set {Set}, version {Version}, is from a pack signed with {Signer}",
                set.Name,
                set.Version,
                packs.SignedBy[set.Name].Path
            );
        }
    }

    /// <summary>Checks a pack and keeps it for the next start. Loading it again changes nothing.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="signature">The bytes of the signature beside it, or none.</param>
    /// <returns>The set with its version and signer, as JSON.</returns>
    /// <exception cref="InvalidDataException">The pack is refused, or cannot be stored. What held before goes on holding.</exception>
    public byte[] Load(byte[] file, byte[] signature)
    {
        lock (_loading)
        {
            try
            {
                FactorPack pack = FactorPack.Open("the pack", file, signature, [.. packs.Signers.Select(s => s.Key)]);
                FactorPacks stored = FactorPacks.Read(folder, packs.Signers);
                if (!IsStored(pack, stored, file))
                {
                    Store(pack, file, signature, stored);
                }

                return Json(json => Write(json, pack.Set, packs.Signers[pack.Signer]));
            }
            catch (Exception e) when (e is FormatException or CarbonException or IOException or UnauthorizedAccessException)
            {
                throw new InvalidDataException(Sentence(e.Message), e);
            }
        }
    }

    /// <summary>The sets that hold since the start, and the packs that are not used, as JSON.</summary>
    public byte[] ToJson() =>
        Json(json =>
        {
            json.WriteStartArray("sets");
            foreach (FactorSet set in Sets)
            {
                json.WriteStartObject();
                Write(json, set, packs.SignedBy.GetValueOrDefault(set.Name));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("refused");
            foreach (string why in Unused)
            {
                json.WriteStringValue(why);
            }

            json.WriteEndArray();
        });

    private static void Write(Utf8JsonWriter json, FactorSet set, FactorSigner? signer)
    {
        json.WriteString("set", set.Name);
        json.WriteString("version", set.Version);
        json.WriteString("validFrom", set.ValidFrom?.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("validUntil", set.ValidUntil?.ToString("O", CultureInfo.InvariantCulture));
        json.WriteNumber("factors", set.Factors.Count);
        json.WriteString("signer", signer?.Id);
    }

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..].TrimEnd('.')}.";

    private bool IsStored(FactorPack pack, FactorPacks stored, byte[] file) =>
        stored.SignedBy.ContainsKey(pack.Set.Name)
        && stored.Library.Sets.Any(s => s.Name == pack.Set.Name && s.Version == pack.Set.Version)
        && File.ReadAllBytes(Path.Combine(folder, FactorPacks.FileNameOf(pack.Set))).AsSpan().SequenceEqual(file);

    private void Store(FactorPack pack, byte[] file, byte[] signature, FactorPacks stored)
    {
        FactorPacks next = stored.With(pack);
        SiteReader.TryRead(sitePath, null, out _, out IReadOnlyList<Fault> before, (_, _) => stored);
        SiteReader.TryRead(sitePath, null, out _, out IReadOnlyList<Fault> after, (_, _) => next);
        if (after.FirstOrDefault(f => before.All(b => b.Path != f.Path)) is { } fault)
        {
            throw new InvalidDataException($"With {pack.Set.Name}, version {pack.Set.Version}, the gateway would not start: {fault}.");
        }

        if (next.SignedBy.Count > MostPacks)
        {
            throw new InvalidDataException(
                $"There are {MostPacks} factor packs already; remove one that no footprint needs from {folder}."
            );
        }

        // A pack counts once its file is there. So its signature is written before it, and the pack that it replaces is removed after it.
        Directory.CreateDirectory(folder);
        DurableFile.FlushFolder(Path.GetDirectoryName(folder)!);
        string path = Path.Combine(folder, FactorPacks.FileNameOf(pack.Set));
        DurableFile.Write(path + FactorPack.SignatureSuffix, signature);
        DurableFile.Write(path, file);
        foreach (
            string old in Directory
                .GetFiles(folder, $"{pack.Set.Name}.*")
                .Where(f => f != path && f != path + FactorPack.SignatureSuffix)
                .Order(StringComparer.Ordinal)
        )
        {
            File.Delete(old); // in the order of their names, so a file goes before its signature
        }
    }
}
