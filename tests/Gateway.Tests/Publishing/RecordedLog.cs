using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Keeping;

namespace EdgeGateway.Gateway.Tests.Publishing;

/// <summary>A ledger in a folder of its own, with a key, that grows when a test says so.</summary>
internal sealed class RecordedLog : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);
    private readonly ECDsa _key;
    private int _ticks;

    public RecordedLog()
        : this(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { }

    private RecordedLog(ECDsa key) => (_key, Ledger) = (key, Ledger.Open(Path.Combine(Folder, "ledger.db")));

    public string Folder { get; } = Directory.CreateTempSubdirectory("publishing").FullName;

    public Ledger Ledger { get; }

    public Origin Origin => new(Origin.DeviceIdOf(_key), 1, Simulated: true);

    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>Records leaves and seals them with a checkpoint, so that there is one batch more.</summary>
    /// <param name="leaves">How many.</param>
    /// <param name="salt">Another one makes other leaves.</param>
    public Batch Grow(int leaves, byte salt = 0)
    {
        long first = Ledger.Size;
        Ledger.Append(
            new LedgerTick(
                Start.AddMinutes(_ticks++),
                [.. Enumerable.Range(0, leaves).Select(i => Leaf(first + i, salt))],
                new Dictionary<string, string>()
            )
        );
        TreeHead head = Ledger.Head(Origin);
        Ledger.Seal(new StoredCheckpoint(head.Size, Start, CheckpointNote.Sign(head, _key), CheckpointCose.Sign(head, _key)));
        return Ledger.BatchFrom(first)!;
    }

    /// <summary>Verifies batches in the order of their arrival and gives the index after their last leaf.</summary>
    public long VerifySequence(IEnumerable<byte[]> batches)
    {
        TrustAnchors trust = TrustAnchors.FromPem(PublicKeyPem);
        BatchSequence sequence = new();
        foreach (byte[] bytes in batches)
        {
            sequence.Add(BatchVerifier.Verify(Batch.Decode(bytes, out int length), trust));
            Assert.Equal(bytes.Length, length);
        }

        Assert.Equal(0, sequence.First);
        return sequence.End;
    }

    /// <summary>Another ledger of the same log: an old copy, or one of a card that lied.</summary>
    public RecordedLog Sibling()
    {
        ECDsa key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(_key.ExportPkcs8PrivateKey(), out _);
        return new RecordedLog(key);
    }

    /// <summary>Runs SQL on the ledger's file from outside, as a damaged card would.</summary>
    public void Damage(string sql) => LedgerFile.Run(Folder, sql);

    public void Dispose()
    {
        Ledger.Dispose();
        _key.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private byte[] Leaf(long index, byte salt) =>
        LeafCodec.Encode(
            new Leaf(
                new LeafHead
                {
                    Index = index,
                    Type = index == 0 ? LeafType.Genesis : LeafType.Start,
                    Time = Start,
                    TimeStatus = TimeStatus.Unknown,
                    BootCount = 1,
                    MonotonicMs = index,
                    Salt = Enumerable.Repeat(salt, LeafCodec.SaltBytes).ToArray(),
                    Simulated = index == 0,
                },
                index == 0
                    ?
                    [
                        LeafRecord.Of("origin", Origin.ToString()),
                        LeafRecord.Of("device", Origin.DeviceId),
                        new LeafRecord("key") { Data = new byte[] { 0x30 } },
                    ]
                    : [LeafRecord.Of("version", "0"), LeafRecord.Of("registers-from-file", 0)]
            )
        );
}
