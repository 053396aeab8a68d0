using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Tests;

namespace EdgeGateway.Edgectl.Tests;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly SignedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_whole_log_is_told_in_words()
    {
        string text = Verified(_log, _log.WriteBatch(0, 5), _log.WriteBatch(5, 12));
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        string[] said =
        [
            $"log        {_log.Origin}",
            "leaves     0 to 11, without a gap",
            "begin with the log's genesis",
            "None is withheld",
            "batches    2\n",
            "not witnessed",
            "not synchronised from 2026-06-15T00:01:00Z to 2026-06-15T00:01:00Z: 1 leaf, the clock had not been set",
            "boundary: 4 readings from 2026-06-15T00:02:00Z to 2026-06-15T00:08:00Z",
            "hall-1: 4 readings from",
            "in-L2: 3 values, no-answer",
            "in-L2: 5 values, stale",
            "scope2-location: 2.000000000 kg CO2 over 2 slots",
            "1 boot, 1 genesis",
        ];
        Assert.StartsWith("VERIFIED\n", text, StringComparison.Ordinal);
        Assert.All(said, s => Assert.Contains(s, text, StringComparison.Ordinal));
        Assert.DoesNotContain("SIMULATED", text, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_type_of_leaf_is_known_and_another_is_named()
    {
        string[] types = [.. typeof(LeafType).GetFields().Select(f => (string)f.GetRawConstantValue()!)];
        Assert.InRange(types.Length, 11, 50);
        string[] told = [.. types.Except([LeafType.Reading, LeafType.Carbon])];
        _log.Leaves.Clear();
        _log.Leaves.AddRange(EveryType.Of(_log.Origin));
        Assert.Equal(types.Order(), _log.Leaves.Select(l => l.Head.Type).Order());
        string text = Verified(_log, _log.WriteBatch(0, _log.Leaves.Count));
        Assert.DoesNotContain("unknown", text, StringComparison.Ordinal);
        Assert.All(told, t => Assert.Contains($"1 {t}", text, StringComparison.Ordinal));
        _log.Leaves[1] = new Leaf(SignedLog.Head(1, "later"), [LeafRecord.Of("said", "so")]);
        Assert.Contains("unknown    leaf types this version cannot explain: 1 later", Verified(_log, _log.WriteBatch(0, 12)).Split('\n'));
    }

    [Fact]
    public void Simulated_readings_are_called_so_in_the_first_line()
    {
        using SignedLog simulated = new(simulated: true);
        Assert.StartsWith(
            "VERIFIED, but SIMULATED: these readings",
            Verified(simulated, simulated.WriteBatch(3, 9)),
            StringComparison.Ordinal
        );
        Assert.True(Json(0, simulated, simulated.WriteBatch(3, 9)).GetProperty("logs")[0].GetProperty("simulated").GetBoolean());
    }

    [Fact]
    public void Files_are_sorted_and_repeats_are_counted_once()
    {
        string first = _log.WriteBatch(0, 6),
            second = _log.WriteBatch(4, 12);
        string text = Verified(_log, second, first, first);
        Assert.Contains("batches    3, 1 of them only repeat others", text.Split('\n'));
        Assert.Contains("readings   boundary: 4 readings from 2026-06-15T00:02:00Z to 2026-06-15T00:08:00Z", text.Split('\n'));
    }

    [Fact]
    public void A_part_of_a_log_says_that_earlier_leaves_were_not_given() =>
        Assert.Contains("           Earlier leaves, 0 to 3, were not given.", Verified(_log, _log.WriteBatch(4, 12)).Split('\n'));

    [Fact]
    public void Withheld_leaves_are_counted()
    {
        Batch whole = _log.Batch(0, 12);
        Batch part = whole with
        {
            Elements = [.. whole.Elements.Take(10), BatchElement.Withheld(whole.Elements[10].Hash), whole.Elements[11]],
        };
        string file = _log.Write("part.batch", part.Encode());
        string text = Verified(_log, file);
        Assert.Contains(
            "           1 withheld or thinned: only the hash was given, and what they hold is in none of the figures below.",
            text.Split('\n')
        );
        Assert.Contains("0.499999999 kg CO2 over 1 slot\n", text, StringComparison.Ordinal);
        Assert.Equal(1, Json(0, _log, file).GetProperty("logs")[0].GetProperty("withheld").GetInt64());
    }

    [Fact]
    public void Several_devices_are_reported_each()
    {
        using SignedLog other = new(simulated: true);
        var (exitCode, output, _) = CommandLine.Run(
            "verify",
            _log.WriteBatch(0, 5),
            other.WriteBatch(0, 9),
            _log.WriteBatch(5, 12),
            "--trust",
            _log.Trust,
            "--trust",
            other.Trust
        );
        Assert.Equal(0, exitCode);
        Assert.Contains(
            "VERIFIED, but SIMULATED: some of these readings were made up or replayed. Nothing was measured.",
            output.Split('\n')
        );
        Assert.Contains("leaves     0 to 11, without a gap", output.Split('\n'));
        Assert.Contains("leaves     0 to 8, without a gap", output.Split('\n'));
    }

    [Fact]
    public void A_cosignature_is_reported_as_not_checked()
    {
        Batch batch = _log.Batch(0, 4);
        string file = _log.Write("cosigned.batch", (batch with { Note = batch.Note + "— witness.example AAAAAAAAAAA=\n" }).Encode());
        Assert.Contains(
            "witnesses  not checked: on 1 checkpoint there are signatures of others than your witnesses, or damaged "
                + "ones. Count the log as not witnessed.",
            Verified(_log, file).Split('\n')
        );
    }

    [Fact]
    public void A_leaf_type_of_a_later_version_is_named_and_cannot_steer_the_terminal()
    {
        _log.Leaves[3] = new Leaf(SignedLog.Head(3, "later\e[2J\u202E"), [LeafRecord.Of("a", "b")]);
        string text = Verified(_log, _log.WriteBatch(0, 12));
        Assert.Contains("unknown    leaf types this version cannot explain: 1 later\uFFFD[2J\uFFFD", text.Split('\n'));
        Assert.DoesNotContain('\e', text);
    }

    [Fact]
    public void A_gap_is_refused_with_its_leaves_and_nothing_is_shown()
    {
        string text = Refused("Leaves 4 to 5 are missing between the batches.", _log.WriteBatch(0, 4), _log.WriteBatch(6, 12));
        Assert.DoesNotContain("boundary", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fork_is_refused()
    {
        string first = _log.WriteBatch(0, 6);
        _log.Leaves[3] = _log.Leaves[3] with { Records = [LeafRecord.Of("other/history", "so")] };
        Refused("The device signed two histories: they differ before leaf 6.", first, _log.WriteBatch(6, 12));
    }

    [Fact]
    public void A_batch_of_a_device_that_is_not_trusted_is_refused()
    {
        using SignedLog other = new();
        Refused(
            "The checkpoint is not signed by a trusted key, or its text or signature was altered. If the device has changed its key since, "
                + "also give the batches from before the change, or a bundle: it has the changes.",
            other.WriteBatch(0, 6)
        );
    }

    [Fact]
    public void A_file_may_hold_several_batches_and_so_may_the_standard_input()
    {
        byte[] both = [.. _log.Batch(0, 6).Encode(), .. _log.Batch(6, 12).Encode()];
        Assert.Contains("leaves     0 to 11, without a gap", Verified(_log, _log.Write("both.batch", both)).Split('\n'));
        var (exitCode, output, _) = CommandLine.RunOn(new MemoryStream(both), "verify", "-", "--trust", _log.Trust);
        Assert.Equal(0, exitCode);
        Assert.Contains("leaves     0 to 11, without a gap", output.Split('\n'));
    }

    [Theory]
    [InlineData("\n", "a newline was added to the batch. mosquitto_sub does so unless it is called with -N.")]
    [InlineData(
        "x",
        "This is not a batch of a gateway's log: Cannot perform the requested operation, " + "the next CBOR data item is of major type '3'."
    )]
    public void Bytes_behind_a_batch_are_refused(string behind, string reason)
    {
        byte[] bytes = [.. _log.Batch(0, 6).Encode(), .. System.Text.Encoding.ASCII.GetBytes(behind)];
        Refused($"Behind batch 1, at byte {bytes.Length - 1}: {reason}", _log.Write("long.batch", bytes));
    }

    [Fact]
    public void A_file_that_is_no_batch_or_half_of_one_is_refused()
    {
        Refused("""A bundle has its version, "v": 1. A later version needs a later verifier.""", _log.Write("a.json", "{}"u8));
        Refused(
            "This is not a batch of a gateway's log: Declared definite length of CBOR data item exceeds available buffer size.",
            _log.Write("half.batch", _log.Batch(0, 6).Encode().AsSpan()[..500])
        );
    }

    [Fact]
    public void What_cannot_be_read_ends_with_2_and_nothing_on_the_output()
    {
        string batch = _log.WriteBatch(0, 6);
        string large = _log.Write("large.batch", []);
        using (FileStream sparse = File.OpenWrite(large))
        {
            sparse.SetLength(1L << 30);
        }

        CommandLine.AssertRefused(CommandLine.Run("verify", batch + "x", "--trust", _log.Trust), "Could not find");
        CommandLine.AssertRefused(
            CommandLine.Run("verify", Path.GetDirectoryName(batch)!, "--trust", _log.Trust),
            "without the file checkpoint"
        );
        CommandLine.AssertRefused(CommandLine.Run("verify", _log.Write("empty", []), "--trust", _log.Trust), "empty");
        CommandLine.AssertRefused(CommandLine.Run("verify", large, "--trust", _log.Trust), "more than 33554432 bytes");
        CommandLine.AssertRefused(CommandLine.Run("verify", batch, "--trust", batch), "no PEM block");
        CommandLine.AssertRefused(CommandLine.Run("verify", batch, "--trust", large), "more than 1048576 bytes");
        CommandLine.AssertRefused(CommandLine.Run("verify", batch, "--trust", batch + "x"), "Could not find");
        CommandLine.AssertRefused(CommandLine.Run("verify", batch), "--trust");
        CommandLine.AssertRefused(CommandLine.Run("verify", "--trust", _log.Trust), "verify");
        CommandLine.AssertRefused(CommandLine.Run("verify", "-", "-", "--trust", _log.Trust), "only once");
        CommandLine.AssertRefused(CommandLine.Run("verify", batch, "--json", "--trust", batch), "no PEM block");
    }

    [Fact]
    public void Json_says_what_the_words_say()
    {
        JsonElement log = Json(0, _log, _log.WriteBatch(4, 12)).GetProperty("logs")[0];
        Assert.Equal(_log.Origin.DeviceId, log.GetProperty("device").GetString());
        Assert.Equal((4, 11), (log.GetProperty("first").GetInt64(), log.GetProperty("last").GetInt64()));
        Assert.False(log.GetProperty("fromGenesis").GetBoolean());
        Assert.Equal("2.000000000", log.GetProperty("carbon")[0].GetProperty("kg").GetString());
        Assert.Equal("2026-06-15T00:04:00Z", log.GetProperty("readings")[0].GetProperty("from").GetString());
        Assert.Equal(5, log.GetProperty("missing")[1].GetProperty("values").GetInt64());
        Assert.Equal(0, log.GetProperty("notSynchronised").GetArrayLength());
    }

    [Fact]
    public void Json_of_a_refusal_has_the_reason_and_no_log()
    {
        JsonElement root = Json(1, _log, _log.WriteBatch(0, 4), _log.WriteBatch(6, 12));
        Assert.Equal("refused", root.GetProperty("verdict").GetString());
        Assert.EndsWith(
            "/0006-0012.batch: Leaves 4 to 5 are missing between the batches.",
            root.GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(0, root.GetProperty("logs").GetArrayLength());
    }

    [Fact]
    public void A_bundle_is_verified_as_CBOR_as_JSON_and_packed()
    {
        Bundle bundle = _log.Bundle(2, 8, 10);
        foreach (byte[] bytes in new[] { bundle.Encode(), BundleJson.Encode(bundle), Zlib.Pack(bundle.Encode()) })
        {
            string text = Verified(_log, _log.Write("bundle", bytes));
            Assert.Contains("leaves     2, 8, 10: 3 single leaves, each with its own proof", text.Split('\n'));
            Assert.Contains("carbon     scope2-location: 1.500000001 kg CO2 over 1 slot", text.Split('\n'));
            Assert.DoesNotContain("batches", text, StringComparison.Ordinal);
        }

        JsonElement log = Json(0, _log, _log.Write("bundle", bundle.Encode())).GetProperty("logs")[0];
        Assert.Equal(JsonValueKind.Null, log.GetProperty("first").ValueKind);
        Assert.Equal([2, 8, 10], log.GetProperty("singleLeaves").EnumerateArray().Select(i => i.GetInt64()));
    }

    [Fact]
    public void What_is_disclosed_to_one_group_verifies_and_names_no_other()
    {
        string part = Path.Combine(Path.GetDirectoryName(_log.Trust)!, "hall.batch");
        var (exit, output, error) = CommandLine.Run(
            "disclose",
            _log.WriteBatch(0, 6),
            _log.WriteBatch(6, 12),
            "--group",
            "hall-1",
            "-o",
            part
        );
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("6 leaves shown, 6 as hashes, for hall-1.", output, StringComparison.Ordinal);
        string text = Verified(_log, part);
        Assert.Contains(
            "           6 withheld or thinned: only the hash was given, and what they hold is in none of the figures below.",
            text.Split('\n')
        );
        Assert.Contains("readings   hall-1: 4 readings from 2026-06-15T00:03:00Z to 2026-06-15T00:09:00Z", text.Split('\n'));
        Assert.DoesNotContain("boundary", text, StringComparison.Ordinal);
        CommandLine.AssertRefused(CommandLine.Run("disclose", part, "--group", "hall-1", "-o", part), "exists");
    }

    [Fact]
    public void A_folder_of_tiles_is_verified_whole_and_a_folder_without_is_named()
    {
        string folder = _log.WriteTiles();
        string text = Verified(_log, folder);
        Assert.Contains("leaves     0 to 11, without a gap", text.Split('\n'));
        Assert.Contains("tiles      the whole log, every tile", text.Split('\n'));
        Assert.Contains("carbon     scope2-location: 2.000000000 kg CO2 over 2 slots", text.Split('\n'));
        Assert.Equal(
            text,
            Verified(_log, Path.GetDirectoryName(Path.GetDirectoryName(folder))!).Replace("sim/", "", StringComparison.Ordinal)
        );
        JsonElement log = Json(0, _log, folder).GetProperty("logs")[0];
        Assert.Equal(
            (0, 11, true),
            (log.GetProperty("first").GetInt64(), log.GetProperty("last").GetInt64(), log.GetProperty("fromGenesis").GetBoolean())
        );
        string entries = Path.Combine(folder, "tile", "entries", "000.p", "12");
        byte[] bytes = File.ReadAllBytes(entries);
        bytes[40] ^= 1;
        File.WriteAllBytes(entries, bytes);
        const string altered = "Leaf 0 in tile/entries/000.p/12 is not the one whose hash is in tile/0/000.p/12.";
        Refused(altered, folder);
        using (FileStream zeros = File.OpenWrite(entries))
        {
            zeros.SetLength(1L << 30);
        }

        Refused(altered, folder);
        CommandLine.AssertRefused(
            CommandLine.Run("verify", Path.Combine(folder, "tile"), "--trust", _log.Trust),
            "without the file checkpoint"
        );
    }

    [Fact]
    public void A_bundle_beside_batches_counts_no_leaf_twice_and_forks_are_seen()
    {
        string batch = _log.WriteBatch(0, 12),
            bundle = _log.Write("bundle", _log.Bundle(10, 11).Encode());
        Assert.Contains("carbon     scope2-location: 2.000000000 kg CO2 over 2 slots", Verified(_log, bundle, batch).Split('\n'));
        _log.Leaves[3] = _log.Leaves[3] with { Records = [LeafRecord.Of("other/history", "so")] };
        string other = _log.Write("other", _log.Bundle(10).Encode());
        Refused("The device signed two histories: there are two roots for size 12.", batch, other);
    }

    [Fact]
    public void Every_single_bit_flip_of_a_file_is_refused()
    {
        byte[] bytes = _log.Batch(9, 12).Encode();
        string file = _log.Write("flip.batch", bytes);
        Verified(_log, file);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(file, flipped);
            var (exitCode, output, error) = CommandLine.Run("verify", file, "--trust", _log.Trust);
            Assert.True(exitCode == 1 && output.StartsWith("REFUSED", StringComparison.Ordinal), $"bit {bit}: {exitCode} {output}{error}");
        }
    }

    private static string Verified(SignedLog log, params string[] files)
    {
        var (exitCode, output, error) = CommandLine.Run(["verify", .. files, "--trust", log.Trust]);
        Assert.Equal("", error);
        Assert.Equal(0, exitCode);
        return output;
    }

    // The last of the files is the one that is refused.
    private string Refused(string why, params string[] files)
    {
        var (exitCode, output, error) = CommandLine.Run(["verify", .. files, "--trust", _log.Trust]);
        Assert.Equal("", error);
        Assert.Equal(1, exitCode);
        Assert.Equal($"REFUSED  {files[^1]}: {why}", output.Split('\n')[0]);
        return output;
    }

    private static JsonElement Json(int expectedExitCode, SignedLog log, params string[] files)
    {
        var (exitCode, output, _) = CommandLine.Run(["verify", .. files, "--json", "--trust", log.Trust]);
        Assert.Equal(expectedExitCode, exitCode);
        return JsonDocument.Parse(output).RootElement;
    }
}
