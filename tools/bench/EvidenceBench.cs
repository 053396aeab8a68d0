using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using Microsoft.Data.Sqlite;
using Spectre.Console;

namespace EdgeGateway.Bench;

/// <summary>What proof costs: verifying beside hashing, recording with a tree beside inserting, and the size of leaves.</summary>
internal static class EvidenceBench
{
    private const int LeavesPerTick = 1000;
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);

    /// <summary>Measures with a log of so many leaves, so many ledger transactions, and as many rounds.</summary>
    public static int Run(int leaves, int ticks, int rounds)
    {
        Table table = new Table().AddColumns("figure", "measured", "limit", "");
        bool good = Verifying(table, leaves, rounds);
        good &= Appending(table, ticks);
        good &= Sizes(table);
        AnsiConsole.Write(table);
        Console.WriteLine(
            "Times are processor time of the whole process, its garbage collector included; each pair is measured in turn and "
                + "its medians compared."
        );
        return good ? 0 : 1;
    }

    private static bool Verifying(Table table, int leaves, int rounds)
    {
        Console.WriteLine($"Making a log of {leaves:N0} leaves, of one register and of four in turn");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Dictionary<string, byte[]> files = LogAsTiles(key, leaves);
        TrustAnchors trust = TrustAnchors.FromPem(key.ExportSubjectPublicKeyInfoPem());
        double[] hashing = new double[rounds],
            verifying = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            hashing[round] = ProcessorSeconds(() => HashPlainly(files, leaves));
            verifying[round] = ProcessorSeconds(() =>
                TileLog.Verify((path, _) => files.TryGetValue(path, out byte[]? file) ? file : (ReadOnlyMemory<byte>?)null, trust, _ => { })
            );
        }

        (double plain, double whole) = (Median(hashing), Median(verifying));
        table.AddRow(
            "plain loop over the same leaf and node hashes, leaves a second",
            (leaves / plain).ToString("N0", CultureInfo.InvariantCulture),
            "",
            ""
        );
        table.AddRow(
            "verifying the log from its tiles, leaves a second",
            (leaves / whole).ToString("N0", CultureInfo.InvariantCulture),
            "",
            ""
        );
        return AtLeast(table, "verifying, of the plain loop's speed", plain / whole, 0.4);
    }

    private static void HashPlainly(Dictionary<string, byte[]> files, int leaves)
    {
        Frontier tree = new();
        for (int index = 0; tree.Size < leaves; index++)
        {
            ReadOnlySpan<byte> entries = files[TilePath.OfEntries(index, (int)Math.Min(TiledTree.TileWidth, leaves - tree.Size))];
            while (!entries.IsEmpty)
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(entries);
                tree.Append(MerkleHash.OfLeaf(entries.Slice(2, length)));
                entries = entries[(2 + length)..];
            }
        }

        if (tree.Root() == MerkleHash.OfNothing)
        {
            throw new InvalidOperationException("Nothing was hashed.");
        }
    }

    private static Dictionary<string, byte[]> LogAsTiles(ECDsa key, int leaves)
    {
        Origin origin = new(Origin.DeviceIdOf(key), 1, Simulated: true);
        Dictionary<string, byte[]> files = [];
        TiledTree tree = TiledTree.Restore(0, (_, _) => null);
        while (tree.Size < leaves)
        {
            long index = tree.Size / TiledTree.TileWidth;
            using MemoryStream entries = new();
            byte[] length = new byte[2];
            while (tree.Size < leaves && tree.Size / TiledTree.TileWidth == index)
            {
                byte[] leaf = LeafOf(tree.Size, origin, tree.Size % 2 == 0 ? 1 : 4);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)leaf.Length);
                entries.Write(length);
                entries.Write(leaf);
                tree.Append(leaf);
            }

            int width = (int)(tree.Size - (index * TiledTree.TileWidth));
            files[TilePath.OfEntries(index, width)] = entries.ToArray();
        }

        foreach (Tile tile in tree.TakeChanged())
        {
            files[TilePath.OfTile(tile.Level, tile.Index, tile.Hashes.Length / MerkleHash.Size)] = tile.Hashes.ToArray();
        }

        files[TilePath.Checkpoint] = Encoding.UTF8.GetBytes(CheckpointNote.Sign(new TreeHead(origin, tree.Size, tree.Root), key));
        return files;
    }

    // A folder in memory: a flush costs nothing there, as with synchronous=OFF, and the ledger stays as it is in use.
    private static bool Appending(Table table, int count)
    {
        Console.WriteLine($"Appending {count} times {LeavesPerTick:N0} leaves in one transaction");
        string folder = Directory.CreateDirectory($"/dev/shm/edge-gateway-bench-{Environment.ProcessId}").FullName;
        try
        {
            Origin origin = new(new string('0', 64), 1, Simulated: true);
            byte[][][] ticks =
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(t =>
                        Enumerable.Range(t * LeavesPerTick, LeavesPerTick).Select(i => LeafOf(i, origin, i % 2 == 0 ? 1 : 4)).ToArray()
                    ),
            ];
            using Ledger ledger = Ledger.Open(Path.Combine(folder, "ledger.db"));
            using SqliteConnection plain = new($"Data Source={Path.Combine(folder, "plain.db")};Pooling=False");
            plain.Open();
            Execute(
                plain,
                """
                PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=1000;
                CREATE TABLE leaf(idx INTEGER PRIMARY KEY, bytes BLOB) STRICT;
                """
            );
            double[] inserting = new double[count],
                appending = new double[count];
            for (int t = 0; t < count; t++)
            {
                inserting[t] = ProcessorSeconds(() => InsertPlainly(plain, t * LeavesPerTick, ticks[t]));
                appending[t] = ProcessorSeconds(() =>
                    ledger.Append(new LedgerTick(Start.AddMinutes(t), ticks[t], new Dictionary<string, string>()))
                );
            }

            (double bare, double whole) = (Median(inserting), Median(appending));
            table.AddRow(
                "inserting 1 000 leaves without hashing, ms",
                (bare * 1000).ToString("0.00", CultureInfo.InvariantCulture),
                "",
                ""
            );
            table.AddRow("appending them to the ledger, ms", (whole * 1000).ToString("0.00", CultureInfo.InvariantCulture), "", "");
            return AtMost(table, "appending, times inserting", whole / bare, 2.5, "0.00");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void InsertPlainly(SqliteConnection connection, long first, byte[][] leaves)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO leaf VALUES($1, $2)";
        insert.Parameters.AddWithValue("$1", first);
        insert.Parameters.AddWithValue("$2", leaves[0]);
        for (int i = 0; i < leaves.Length; i++)
        {
            insert.Parameters[0].Value = first + i;
            insert.Parameters[1].Value = leaves[i];
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static bool Sizes(Table table)
    {
        Origin origin = new(new string('0', 64), 1, Simulated: true);
        return AtMost(table, "reading leaf of one register, bytes", LeafOf(10_000_000, origin, 1).Length, 170, "0")
            & AtMost(table, "reading leaf of a group of 32 meters, bytes", LeafOf(10_000_000, origin, 32).Length, 1700, "0");
    }

    /// <summary>A reading leaf as the recorder makes it, after years: registers of megawatt-hours in milliwatt-hours.</summary>
    public static byte[] LeafOf(long index, Origin origin, int meters)
    {
        bool genesis = index == 0;
        LeafHead head = genesis
            ? HeadOf(index, Start) with
            {
                Type = LeafType.Genesis,
                Group = null,
                Config = null,
                Simulated = true,
            }
            : HeadOf(index, Start.AddMinutes(index));
        Reading[] readings = Enumerable
            .Range(1, meters)
            .Select(m => new Reading
            {
                Meter = $"machine-{m:D2}",
                Time = head.Time,
                Registers = [new Register(ObisCode.ActiveImport, new Quantum("Wh", -3), 9_000_000_000 + (index * m))],
                Accuracy = AccuracyClass.Class1,
            })
            .ToArray();
        return LeafCodec.Encode(
            new Leaf(
                head,
                genesis
                    ?
                    [
                        LeafRecord.Of("origin", origin.ToString()),
                        LeafRecord.Of("device", origin.DeviceId),
                        new LeafRecord("key") { Data = new byte[] { 0x30 } },
                    ]
                    : ReadingLeaf.Of(head.Time, readings, AccuracyClass.Class1.Code()).Records()
            )
        );
    }

    /// <summary>The head of a reading leaf.</summary>
    public static LeafHead HeadOf(long index, DateTimeOffset time) =>
        new()
        {
            Index = index,
            Type = LeafType.Reading,
            Time = time,
            TimeStatus = TimeStatus.Synchronised,
            BootCount = 12,
            MonotonicMs = index * 60_000,
            Salt = SHA256.HashData(BitConverter.GetBytes(index)).AsMemory(0, LeafCodec.SaltBytes),
            Group = "hall-1",
            Config = 3,
        };

    private static double ProcessorSeconds(Action work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static bool AtLeast(Table table, string name, double measured, double limit)
    {
        table.AddRow(
            name,
            measured.ToString("0.00", CultureInfo.InvariantCulture),
            $"≥ {limit.ToString(CultureInfo.InvariantCulture)}",
            measured >= limit ? "held" : "MISSED"
        );
        return measured >= limit;
    }

    private static bool AtMost(Table table, string name, double measured, double limit, string format)
    {
        table.AddRow(
            name,
            measured.ToString(format, CultureInfo.InvariantCulture),
            $"≤ {limit.ToString(CultureInfo.InvariantCulture)}",
            measured <= limit ? "held" : "MISSED"
        );
        return measured <= limit;
    }
}
