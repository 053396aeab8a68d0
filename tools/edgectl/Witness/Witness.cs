using System.Globalization;
using System.Security.Cryptography;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>What is answered to a request.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Text">Body.</param>
/// <param name="ContentType">Its type.</param>
internal sealed record WitnessAnswer(int Status, string Text, string ContentType = "text/plain; charset=utf-8");

/// <summary>
/// A witness of C2SP tlog-witness: remembers the last state it has seen of each log, cosigns only what continues it, and has it on the disk
/// before it answers.
/// </summary>
/// <param name="store">What it remembers.</param>
/// <param name="cosigner">Its key.</param>
/// <param name="devices">
/// The logs it watches, by device id: the keys of a device, of which the first gives the id and further ones sign since a rotation.
/// </param>
/// <param name="time">For the cosignatures.</param>
internal sealed class Witness(WitnessStore store, Cosigner cosigner, IReadOnlyDictionary<string, IReadOnlyList<ECDsa>> devices, TimeProvider time)
{
    private readonly Lock _one = new();

    /// <summary>Answers <c>POST /add-checkpoint</c>.</summary>
    public WitnessAnswer AddCheckpoint(string body)
    {
        AddCheckpoint request;
        CheckpointNote note;
        try
        {
            request = Evidence.AddCheckpoint.Parse(body);
            note = CheckpointNote.Parse(request.Note);
        }
        catch (EvidenceException e)
        {
            return Refused(400, e.Message);
        }

        if (!devices.TryGetValue(note.Head.Origin.DeviceId, out IReadOnlyList<ECDsa>? keys))
        {
            return Refused(404, $"This witness does not watch the log {note.Head.Origin}.");
        }

        if (!keys.Any(note.IsSignedBy))
        {
            return Refused(403, "The checkpoint is not signed by a key of its device that this witness knows.");
        }

        if (request.OldSize > note.Head.Size)
        {
            return Refused(400, $"The old size {request.OldSize} is larger than the checkpoint's, {note.Head.Size}.");
        }

        // Two requests for one log must not both be judged by the state before them.
        lock (_one)
        {
            return Judge(request, note);
        }
    }

    private WitnessAnswer Judge(AddCheckpoint request, CheckpointNote note)
    {
        TreeHead? known = store.Find(note.Head.Origin);
        if (request.OldSize != (known?.Size ?? 0))
        {
            return new WitnessAnswer(409, string.Create(CultureInfo.InvariantCulture, $"{known?.Size ?? 0}\n"), "text/x.tlog.size");
        }

        if (known is not null && known.Size == note.Head.Size && known.Root != note.Head.Root)
        {
            return Refused(409, $"FORK: this witness has cosigned another root for size {known.Size} of this log, {known.Root}.");
        }

        try
        {
            if (known is not null)
            {
                MerkleProof.VerifyConsistency(known.Size, known.Root, note.Head.Size, note.Head.Root, request.Proof);
            }
            else if (request.Proof.Count > 0)
            {
                return Refused(422, "A proof from size 0 is empty.");
            }
        }
        catch (EvidenceException e)
        {
            return Refused(422, $"The checkpoint of size {note.Head.Size} is not shown to continue the one of size {known!.Size}: {e.Message}");
        }

        store.Put(note.Head, request.Note, time.GetUtcNow());
        return new WitnessAnswer(200, cosigner.Sign(note.Head, time.GetUtcNow()));
    }

    private static WitnessAnswer Refused(int status, string why) => new(status, why + "\n");
}
