using System.Security.Cryptography;
using System.Text.RegularExpressions;
using EdgeGateway.Carbon;

namespace EdgeGateway.Site;

/// <summary>A signer whose factor packs the device uses.</summary>
/// <param name="Path">Full path of the PEM file.</param>
/// <param name="Key">The public key in it, P-256.</param>
public sealed record FactorSigner(string Path, ECDsa Key)
{
    /// <summary>
    /// SHA-256 of the key's SubjectPublicKeyInfo in hexadecimal digits, as <c>openssl pkey -pubin -outform DER | sha256sum</c> gives it.
    /// </summary>
    public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Key.ExportSubjectPublicKeyInfo()));
}

/// <summary>A pack in the data folder that is not used.</summary>
/// <param name="File">Its name there.</param>
/// <param name="Why">The reason, in a sentence.</param>
public sealed record RefusedPack(string File, string Why);

/// <summary>
/// The factor sets that hold on this device: those that ship, and those of signed packs in the data folder. Never two of one name.
/// </summary>
public sealed partial record FactorPacks
{
    private FactorPacks(IReadOnlyList<FactorSigner> signers) => Signers = signers;

    /// <summary>The sets that ship, and no pack.</summary>
    public static FactorPacks None { get; } = new([]);

    /// <summary>The signers whose packs are used.</summary>
    public IReadOnlyList<FactorSigner> Signers { get; }

    /// <summary>All sets that hold.</summary>
    public FactorLibrary Library { get; private init; } = FactorLibrary.Shipped;

    /// <summary>Who signed the packs, by the names of their sets.</summary>
    public IReadOnlyDictionary<string, FactorSigner> SignedBy { get; private init; } = new Dictionary<string, FactorSigner>();

    /// <summary>Packs that are damaged, or not signed by a trusted signer.</summary>
    public IReadOnlyList<RefusedPack> Refused { get; private init; } = [];

    /// <summary>The packs of sets that ship in the same or a later version by now, in a sentence each.</summary>
    public IReadOnlyList<string> Overtaken { get; private init; } = [];

    /// <summary>
    /// What the pack of a set is called in the data folder: each version has a name of its own, so that none is ever written over another.
    /// </summary>
    public static string FileNameOf(FactorSet set) => $"{set.Name}.{set.Version}.csv";

    /// <summary>Reads the packs of a data folder. What is wrong with one is no reason to refuse the others.</summary>
    /// <param name="folder">The folder <c>factors</c> in it, which need not exist.</param>
    /// <param name="signers">The signers whose packs are used.</param>
    public static FactorPacks Read(string folder, IReadOnlyList<FactorSigner> signers)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles(folder, "*.csv");
        }
        catch (Exception e)
            when (e is DirectoryNotFoundException || (e is IOException or UnauthorizedAccessException && signers.Count == 0))
        {
            return new(signers); // without signers none would be used
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(signers)
            {
                Refused =
                [
                    new RefusedPack(
                        "",
                        $"the folder of the factor packs cannot be read ({e.Message}); run this as the user that the gateway runs as"
                    ),
                ],
            };
        }

        FactorPacks packs = new(signers);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            try
            {
                packs = packs.WithFound(Open(file, signers));
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                packs = packs with { Refused = [.. packs.Refused, new RefusedPack(Path.GetFileName(file), e.Message.TrimEnd('.'))] };
            }
        }

        return packs;
    }

    /// <summary>These packs with one more, which stands in the folder in place of all others of its name.</summary>
    /// <exception cref="CarbonException">The version of the set of its name is the same or later.</exception>
    public FactorPacks With(FactorPack pack) => WithSetOf(pack) with { Refused = [.. Refused.Where(r => NameOf(r.File) != pack.Set.Name)] };

    /// <summary>
    /// Why a set cannot be relied on, or null: a pack that would take its place is refused. A correction is never left out silently.
    /// </summary>
    /// <param name="set">The name of a set, which need not exist.</param>
    public string? FaultOf(string set)
    {
        string? version = Library.Sets.FirstOrDefault(s => s.Name == set)?.Version;
        return Refused.FirstOrDefault(r => r.File.Length == 0 || (NameOf(r.File) == set && !IsOvertaken(r.File)))?.Why;

        bool IsOvertaken(string file) =>
            version is not null
            && FileName().Match(file) is { Success: true } name
            && FactorSet.CompareVersions(name.Groups[1].Value, version) <= 0;
    }

    private static string NameOf(string file) => file.Split('.')[0];

    private static FactorPack Open(string file, IReadOnlyList<FactorSigner> signers)
    {
        string name = Path.GetFileName(file),
            signature = file + FactorPack.SignatureSuffix;
        FactorPack pack = FactorPack.Open(
            name,
            Bytes(file, FactorPack.MostBytes),
            File.Exists(signature) ? Bytes(signature, FactorPack.MostSignatureBytes) : [],
            [.. signers.Select(s => s.Key)]
        );
        return name == FileNameOf(pack.Set)
            ? pack
            : throw new FormatException(
                $"{name} holds version {pack.Set.Version} of {pack.Set.Name}, which would be called {FileNameOf(pack.Set)} "
                    + "here; packs are put here by edgectl factors load"
            );
    }

    // Reads one byte more than a file may have, so that a longer one is noticed.
    private static byte[] Bytes(string path, int most)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[most + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private FactorPacks WithFound(FactorPack pack)
    {
        FactorSet? had = Library.Sets.FirstOrDefault(s => s.Name == pack.Set.Name);
        if (had is null || FactorSet.CompareVersions(pack.Set.Version, had.Version) > 0)
        {
            return WithSetOf(pack);
        }

        if (SignedBy.ContainsKey(had.Name))
        {
            return this; // an earlier version, which a load that was interrupted has left behind
        }

        string overtaken = $"The factor pack {FileNameOf(pack.Set)} is not used: this gateway ships {had.Name} in version {had.Version}";
        return this with { Overtaken = [.. Overtaken, overtaken] };
    }

    private FactorPacks WithSetOf(FactorPack pack) =>
        this with
        {
            Library = Library.WithLater(pack.Set),
            SignedBy = new Dictionary<string, FactorSigner>(SignedBy) { [pack.Set.Name] = Signers[pack.Signer] },
        };

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\.([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})\.csv\z")]
    private static partial Regex FileName();
}
