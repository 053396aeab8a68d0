using System.Globalization;
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
/// <param name="devices">Whose logs it watches.</param>
/// <param name="time">For the cosignatures.</param>
internal sealed class Witness(WitnessStore store, Cosigner cosigner, WatchedDevices devices, TimeProvider time)
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

        if (!devices.Ids.Contains(note.Head.Origin.DeviceId))
        {
            return Refused(404, $"This witness does not watch the log {note.Head.Origin}.");
        }

        try
        {
            CheckpointVerifier.Verify(note, devices.KeysOf(note.Head.Origin), time.GetUtcNow());
        }
        catch (EvidenceException e)
        {
            // A device shows 200 characters of it.
            return Refused(
                403,
                "No key that this witness knows may sign this. If the device's key has changed, start the witness with the "
                    + $"answer of the device's GET /v1/log/keys (--keys FILE). {e.Message}"
            );
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
            return Refused(
                422,
                $"The checkpoint of size {note.Head.Size} is not shown to continue the one of size {known!.Size}: {e.Message}"
            );
        }

        store.Put(note.Head, request.Note, time.GetUtcNow());
        return new WitnessAnswer(200, cosigner.Sign(note.Head, time.GetUtcNow()));
    }

    private static WitnessAnswer Refused(int status, string why) => new(status, why + "\n");
}
