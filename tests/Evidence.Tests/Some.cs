using System.Security.Cryptography;
using EdgeGateway.Evidence;

namespace EdgeGateway.Evidence.Tests;

/// <summary>Values that a test needs but does not care about.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);

    public static ECDsa Key() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static Origin OriginOf(ECDsa key, bool simulated = false) => new(Origin.DeviceIdOf(key), 1, simulated);

    public static LeafHead Head(long index, string type = LeafType.Reading) => new()
    {
        Index = index,
        Type = type,
        Time = Time.AddMinutes(index),
        TimeStatus = TimeStatus.Synchronised,
        BootCount = 1,
        MonotonicMs = 1000 * index,
        Salt = SHA256.HashData(BitConverter.GetBytes(index))[..LeafCodec.SaltBytes],
        Group = type == LeafType.Reading ? "boundary" : null,
        Config = type == LeafType.Reading ? 3 : null,
    };

    public static Leaf Genesis(Origin origin) => new(
        Head(0, LeafType.Genesis) with { Simulated = origin.Simulated },
        [LeafRecord.Of("origin", origin.ToString()), LeafRecord.Of("device", origin.DeviceId), new LeafRecord("key") { Data = new byte[] { 0x30 } }]);

    public static Leaf Reading(long index) => new(
        Head(index),
        [new LeafRecord("in-L1/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 12_500 + index) }, LeafRecord.Of("in-L2/1-0:1.8.0.255", "no-answer")]);

    /// <summary>A log of genesis and readings.</summary>
    public static List<byte[]> Leaves(Origin origin, int count) =>
        [.. Enumerable.Range(0, count).Select(i => LeafCodec.Encode(i == 0 ? Genesis(origin) : Reading(i)))];

    public static Batch BatchOf(ECDsa key, Origin origin, IReadOnlyList<byte[]> leaves, int first, int end)
    {
        Frontier frontier = new();
        for (int i = 0; i < first; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(leaves[i]));
        }

        MerkleHash[] edge = [.. frontier.Edge];
        for (int i = first; i < end; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(leaves[i]));
        }

        TreeHead head = new(origin, end, frontier.Root());
        return new Batch(
            CheckpointNote.Sign(head, key), CheckpointCose.Sign(head, key), first, edge,
            [.. leaves.Skip(first).Take(end - first).Select(l => BatchElement.Of(l))]);
    }

    public static TrustAnchors Trust(ECDsa key) => TrustAnchors.FromPem(key.ExportSubjectPublicKeyInfoPem());
}
