using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Site;
using Microsoft.Data.Sqlite;
using static EdgeGateway.Gateway.Tests.Signing.RotatingDevice;

namespace EdgeGateway.Gateway.Tests.Signing;

/// <summary>
/// One key hands the log over to the next, wherever the power is cut, and what it signs verifies from the first public key alone.
/// </summary>
public sealed class KeyRotationTests : IDisposable
{
    private static readonly DeviceKeySettings First = DeviceKeySettings.Default,
        Second = In("device-2.key", "device.key"),
        Third = In("device-3.key", "device-2.key");

    private readonly RotatingDevice _device = new();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_next_key_signs_after_a_leaf_that_the_key_in_force_has_sealed()
    {
        _device.Run(First);
        string id = _device.Key.DeviceId,
            pem = File.ReadAllText(_device.At("device.pem"));
        _device.Run(Second);
        List<Leaf> leaves = _device.Verified();
        Leaf rotation = Assert.Single(leaves, l => l.Head.Type == LeafType.KeyRotation);
        Assert.Equal((rotation.Head.Time + TimeSpan.FromHours(24)).ToUnixTimeSeconds(), rotation.Records[^1].Number!.Value.Mantissa);
        Assert.Equal((id, pem), (_device.Key.DeviceId, File.ReadAllText(_device.At("device.pem"))));
        Assert.True(_device.IsSignedWith("device-2.key"));

        // Under the change itself lies nothing younger.
        Batch sealedByOld = _device.Ledger.BatchFrom(rotation.Head.Index)!;
        Assert.Single(sealedByOld.Elements);
        Assert.True(CheckpointNote.Parse(sealedByOld.Note).IsSignedBy(TrustAnchors.FromPem(pem).Keys[0]));
    }

    [Fact]
    public void A_change_that_is_done_is_not_done_again_and_its_old_key_is_not_needed()
    {
        _device.Run(First);
        _device.Run(Second);
        File.Delete(_device.At("device.key"));
        _device.Run(Second);
        Assert.Contains(
            "Information: The key in force is the one that the site file names. Its 'replaces' has been done and can be removed.",
            _device.Log
        );
        _device.Run(In("device-2.key"));
        Assert.Single(_device.Verified(), l => l.Head.Type == LeafType.KeyRotation);
        Assert.True(_device.IsSignedWith("device-2.key"));
    }

    [Fact]
    public void It_changes_any_number_of_times_and_the_genesis_of_a_new_device_is_the_first_key_s()
    {
        _device.Run(First with { Replaces = new FileKeySettings("nothing.key") });
        Assert.Equal(
            _device.Key.DeviceId,
            Convert.ToHexStringLower(SHA256.HashData(_device.Verified()[0].Records.Single(r => r.Name == "key").Data!.Value.Span))
        );
        _device.Run(Second);
        _device.Run(Third);
        Assert.Equal(2, _device.Verified().Count(l => l.Head.Type == LeafType.KeyRotation));
        Assert.True(_device.IsSignedWith("device-3.key"));
    }

    /// <summary>Where a step fails, as when the power is cut: what is before it has happened, and nothing after it.</summary>
    public static TheoryData<string, int> Cuts =>
        new()
        {
            { "CREATE TRIGGER cut BEFORE INSERT ON fact WHEN NEW.name = 'keyrot' BEGIN SELECT RAISE(ABORT, 'cut'); END", 0 },
            { "CREATE TRIGGER cut BEFORE INSERT ON checkpoint BEGIN SELECT RAISE(ABORT, 'cut'); END", 1 },
            { "", 1 }, // device.keys cannot be written
        };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void After_a_power_cut_between_any_two_steps_the_next_start_completes_it(string cut, int recorded)
    {
        _device.Run(First);
        CutAt(cut, Second);
        Assert.Equal(recorded, _device.Recorded(LeafType.KeyRotation));
        _device.Run(Second);
        Assert.Single(_device.Verified(), l => l.Head.Type == LeafType.KeyRotation);
        Assert.True(_device.IsSignedWith("device-2.key"));
        _device.Run(Second);
        _device.Run(Third);
        Assert.Equal(2, _device.Verified().Count(l => l.Head.Type == LeafType.KeyRotation));
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void After_a_power_cut_the_old_key_alone_completes_what_is_recorded_and_goes_on_in_its_overlap(string cut, int recorded)
    {
        _device.Run(First);
        CutAt(cut, Second);
        _device.Run(First);
        Assert.Equal(recorded, _device.Verified().Count(l => l.Head.Type == LeafType.KeyRotation));
        Assert.True(_device.IsSignedWith("device.key"));
        Assert.Equal(recorded, _device.Log.Count(l => l.StartsWith("Warning: Leaf", StringComparison.Ordinal)));
        _device.Run(Second);
        Assert.Single(_device.Verified(), l => l.Head.Type == LeafType.KeyRotation);
        Assert.True(_device.IsSignedWith("device-2.key"));
    }

    [Fact]
    public void A_change_that_is_recorded_and_not_sealed_is_completed_with_its_two_keys_only()
    {
        _device.Run(First);
        CutAt((string)Cuts.ToArray()[1].Data.Item1, Second);
        Refused("has not sealed that yet", In("device-2.key"));
        File.WriteAllText(_device.At("device-3.key"), NewKey());
        Refused("has not sealed that yet", In("device-3.key", "device.key"));
        Refused("device-4.key is missing", In("device-4.key", "device.key"));
        _device.Run(Second);
        Assert.True(_device.IsSignedWith("device-2.key"));
    }

    [Fact]
    public void A_change_that_is_sealed_needs_the_old_key_no_more()
    {
        _device.Run(First);
        CutAt("", Second);
        File.Delete(_device.At("device.key"));
        _device.Run(In("device-2.key"));
        Assert.Single(_device.Verified(), l => l.Head.Type == LeafType.KeyRotation);
        Assert.True(_device.IsSignedWith("device-2.key"));
    }

    [Fact]
    public void The_replaced_key_signs_in_its_overlap_and_then_what_is_recorded_waits_for_the_key_in_force()
    {
        _device.Run(First);
        _device.Run(In("device-2.key", "device.key", overlapHours: 1));
        _device.Run(First);
        Assert.StartsWith("Warning: Leaf 7 of", _device.Log[^1], StringComparison.Ordinal);
        Assert.Contains("good until 2026-06-15 13:02:00Z", _device.Log[^1], StringComparison.Ordinal);
        _device.Verified();
        Assert.True(_device.IsSignedWith("device.key"));

        _device.Run(In("device-2.key"));
        _device.Run(First);
        _device.Time.Advance(TimeSpan.FromMinutes(51));
        _device.Slot();
        Assert.Equal(Noon.AddHours(1).AddMinutes(2), _device.Verified()[^1].Head.Time);
        long size = _device.Ledger.LastCheckpoint!.Size;
        _device.Slot();
        _device.Slot();
        Assert.Equal((size, size + 2), (_device.Ledger.LastCheckpoint.Size, _device.Ledger.Size));
        Assert.Single(_device.Log, l => l.StartsWith("Error: The key that leaf 7", StringComparison.Ordinal));
        _device.Start(First);
        _device.Slot();
        Assert.Equal(size, _device.Ledger.LastCheckpoint.Size);

        _device.Run(In("device-2.key"));
        Assert.Equal(_device.Ledger.Size, _device.Verified().Count);
        Assert.True(_device.IsSignedWith("device-2.key"));
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_prolong_the_overlap()
    {
        _device.Run(First);
        _device.Run(In("device-2.key", "device.key", overlapHours: 1));
        _device.Time.Advance(TimeSpan.FromHours(3));
        _device.Slot();
        _device.Time.Step = TimeSpan.FromHours(-3);
        long size = _device.Ledger.LastCheckpoint!.Size;
        _device.Run(First);
        Assert.Equal(size, _device.Ledger.LastCheckpoint.Size);
        _device.Run(Second);
        _device.Verified();
    }

    [Fact]
    public void A_new_log_is_signed_by_the_key_in_force_and_shows_the_changes_of_the_one_before()
    {
        _device.Run(First);
        _device.Run(Second);
        Batch change = _device.Ledger.BatchFrom(_device.Key.History.Changes[0].Leaf)!;
        _device.Stop();
        foreach (string file in Directory.GetFiles(_device.Folder, "ledger.db*"))
        {
            File.Delete(file);
        }

        _device.Run(Second);
        Assert.Equal(2, _device.Recorder.Origin.Epoch);
        List<Leaf> leaves = _device.Verified(change);
        Assert.DoesNotContain(leaves, l => l.Head.Type == LeafType.KeyRotation);
        Assert.True(_device.IsSignedWith("device-2.key"));
        _device.Run(Third);
        _device.Verified(change);
    }

    [Fact]
    public void A_lost_history_is_made_again_from_the_ledger_and_a_damaged_one_is_not_taken_for_none()
    {
        _device.Run(First);
        _device.Run(Second);
        _device.Run(Third);
        _device.Stop();
        byte[] history = File.ReadAllBytes(_device.At("device.keys"));
        File.Delete(_device.At("device.keys"));
        _device.Run(In("device-3.key"));
        _device.Verified();
        Assert.Equal(2, _device.Key.History.Changes.Count);
        _device.Stop();
        Assert.Equal(
            KeyHistory.Decode(history).Select(c => c.Leaf.ToArray()),
            KeyHistory.Decode(File.ReadAllBytes(_device.At("device.keys"))).Select(c => c.Leaf.ToArray())
        );
        File.WriteAllBytes(_device.At("device.keys"), history[..^1]);
        Refused("device.keys is damaged", In("device-3.key"));
        history[100] ^= 1;
        File.WriteAllBytes(_device.At("device.keys"), history);
        Refused("device.keys is damaged", In("device-3.key"));
    }

    [Fact]
    public void A_ledger_from_before_the_change_is_put_aside_and_the_next_epoch_says_so()
    {
        _device.Run(First);
        _device.Stop();
        File.Copy(_device.At("ledger.db"), _device.At("old.db"));
        _device.Run(Second);
        Batch change = _device.Ledger.BatchFrom(_device.Key.History.Changes[0].Leaf)!;
        _device.Stop();
        File.Delete(_device.At("ledger.db-wal"));
        File.Copy(_device.At("old.db"), _device.At("ledger.db"), overwrite: true);
        _device.Run(Second);
        Leaf gap = Assert.Single(_device.Verified(change), l => l.Records[0].Text == "log-lost");
        Assert.Equal(change.First + 1, gap.Records.Single(r => r.Name == "witnessed").Number!.Value.Mantissa);
        Assert.Equal(2, _device.Recorder.Origin.Epoch);
        Assert.True(File.Exists(_device.At("ledger-1.db")));
    }

    [Fact]
    public void Every_other_key_is_refused_in_words_and_nothing_is_changed()
    {
        _device.Run(First);
        _device.Run(Second);
        _device.Run(Third);
        _device.Stop();
        File.WriteAllText(_device.At("strange.key"), NewKey());
        Refused("has signed for this device before", First);
        Refused("has signed for this device before", In("device.key", "device-3.key"));
        Refused("is another one", In("strange.key"));
        Refused("Nor is " + _device.At("device-2.key") + " the one in force", In("strange.key", "device-2.key"));
        Refused("device-5.key is missing", In("device-5.key", "device-2.key"));
        Refused("device-5.key is missing", In("device-5.key"));
        File.WriteAllText(_device.At("curve.key"), NewKey("brainpoolP256r1"));
        Refused("is not an ECDSA key on P-256", In("curve.key", "device-3.key"));
        File.Move(_device.At("device.pem"), _device.At("kept.pem"));
        Refused("device.pem is missing", In("device-3.key"));
        File.Move(_device.At("kept.pem"), _device.At("device.pem"));
        _device.Run(Third);
        _device.Verified();
    }

    private void CutAt(string sql, DeviceKeySettings settings)
    {
        _device.Stop();
        string inTheWay = _device.At(".device.keys.tmp");
        if (sql.Length > 0)
        {
            _device.Sql(sql);
            Assert.Throws<SqliteException>(() => _device.Start(settings));
        }
        else
        {
            Directory.CreateDirectory(inTheWay);
            Assert.ThrowsAny<UnauthorizedAccessException>(() => _device.Start(settings));
            Directory.Delete(inTheWay);
        }

        _device.Stop();
        _device.Sql("DROP TRIGGER IF EXISTS cut");
        Assert.False(File.Exists(_device.At("device.keys")));
        _device.Log.Clear();
    }

    private void Refused(string why, DeviceKeySettings settings)
    {
        _device.Stop();
        string[] before = Content();
        Assert.Contains(why, Assert.Throws<InvalidDataException>(() => _device.Start(settings)).Message, StringComparison.Ordinal);
        _device.Stop();
        Assert.Equal(before, Content());

        string[] Content() =>
            [
                .. Directory
                    .GetFiles(_device.Folder)
                    .Where(f => !f.EndsWith("-shm", StringComparison.Ordinal) && !f.EndsWith("-wal", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal)
                    .Select(f => $"{f} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}"),
            ];
    }

    private static string NewKey(string curve = "nistP256")
    {
        using ECDsa key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        return key.ExportPkcs8PrivateKeyPem();
    }
}
