using System.Globalization;
using System.Text;
using EdgeGateway.Evidence;

namespace EdgeGateway.Publishing;

/// <summary>
/// Delivers batches as files: for USB sticks, air gaps and a desk without a broker. A file has its whole content or does not exist under
/// its name, also after a power cut.
/// </summary>
/// <remarks>
/// <code>
/// &lt;device id, 8 digits&gt;-&lt;epoch&gt;-&lt;first leaf, 12 digits&gt;-&lt;log size, 12 digits&gt;.batch
///                  a batch; sorted by name, the batches of each log are in order
/// checkpoint.txt   the newest signed note
/// </code>
/// The epoch stands in the name so that a device whose ledger was lost does not write over what it delivered before, which may be all that
/// is left of the log. A file with other leaves of the same name is never replaced.
/// The two parts of the note that plain <c>openssl dgst</c> wants:
/// <code>
/// sed '/^$/,$d' checkpoint.txt &gt; note.txt
/// tail -n 1 checkpoint.txt | cut -d ' ' -f 3 | base64 -d | tail -c +5 &gt; sig.der
/// openssl dgst -sha256 -verify pub.pem -signature sig.der note.txt
/// </code>
/// </remarks>
/// <param name="name">Name in the site file.</param>
/// <param name="path">The directory; it is made when it does not exist.</param>
public sealed class DirectoryPublisher(string name, string path) : IPublisher
{
    private const string CheckpointFile = "checkpoint.txt";

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Destination => $"directory {path}";

    /// <inheritdoc/>
    public Task<DeliveryOutcome> DeliverAsync(Batch batch, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(path);
            string file = FileName(batch);
            if (HoldsOtherLeaves(file, batch))
            {
                return Task.FromResult(
                    DeliveryOutcome.Kept(
                        $"{Path.Combine(path, file)} holds other leaves of the same log: was an old ledger put back? Keep that "
                            + "file as evidence, and give this publisher another directory."
                    )
                );
            }

            DurableFile.Write(Path.Combine(path, file), bytes.Span);
            if (IsNewer(batch.Note))
            {
                DurableFile.Write(Path.Combine(path, CheckpointFile), Encoding.UTF8.GetBytes(batch.Note));
            }

            return Task.FromResult(DeliveryOutcome.Accepted());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(
                DeliveryOutcome.Kept(
                    $"The batch cannot be written to {path}: {e.Message} See that the folder can be written and has space."
                )
            );
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string FileName(Batch batch)
    {
        Origin origin = CheckpointNote.Parse(batch.Note).Head.Origin;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{origin.DeviceId[..8]}-{origin.Epoch:D4}-{batch.First:D12}-{batch.First + batch.Elements.Count:D12}.batch"
        );
    }

    // The same leaves may have been put into another envelope since. Only the leaves must be the same.
    private bool HoldsOtherLeaves(string file, Batch batch)
    {
        try
        {
            Batch present = Batch.Decode(File.ReadAllBytes(Path.Combine(path, file)), out _);
            return !present.Elements.Select(e => e.Hash).SequenceEqual(batch.Elements.Select(e => e.Hash));
        }
        catch (Exception e) when (e is FileNotFoundException or EvidenceException)
        {
            return false;
        }
    }

    // A batch that is delivered again, after its cursor was lost, must not put an old checkpoint over a newer one.
    private bool IsNewer(string note)
    {
        try
        {
            TreeHead present = CheckpointNote.Parse(File.ReadAllText(Path.Combine(path, CheckpointFile))).Head;
            TreeHead offered = CheckpointNote.Parse(note).Head;
            return offered.Origin != present.Origin || offered.Size >= present.Size;
        }
        catch (Exception e) when (e is FileNotFoundException or EvidenceException)
        {
            return true;
        }
    }
}
