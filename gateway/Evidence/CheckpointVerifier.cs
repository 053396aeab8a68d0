using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>Verifies a checkpoint without its leaves, as a witness meets it.</summary>
public static class CheckpointVerifier
{
    /// <summary>Verifies who signed a checkpoint that was just handed in.</summary>
    /// <param name="note">The checkpoint.</param>
    /// <param name="keys">The keys of its device.</param>
    /// <param name="now">The newest of its leaves, which are not seen, is taken to be of this time: a replaced key signs no more after its
    /// overlap.</param>
    /// <exception cref="EvidenceException">No accepted key signed it; the sentence says why.</exception>
    public static void Verify(CheckpointNote note, LogKeys keys, DateTimeOffset now)
    {
        ECDsa signer = keys.SignerOf(note);
        Leaf newest = new(
            new LeafHead
            {
                Index = note.Head.Size - 1,
                Type = LeafType.Reading,
                Time = now,
                TimeStatus = TimeStatus.Unknown,
                BootCount = 0,
                MonotonicMs = 0,
                Salt = default,
            },
            []
        );
        keys.Judge(signer, note.Head, [newest]);
    }
}
