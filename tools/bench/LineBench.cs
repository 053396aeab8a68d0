using System.Diagnostics;
using System.Globalization;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.Data.Sqlite;
using Spectre.Console;

namespace EdgeGateway.Bench;

/// <summary>The whole line under Native AOT: what it needs of a small computer.</summary>
internal static class LineBench
{
    private const int LeavesPerTick = 1000;
    private const string Program = "artifacts/linux-x64/edge-gateway";
    private const string Site = "hardware/sites/bench.json";
    private static readonly DateTimeOffset Newest = DateTimeOffset.FromUnixTimeSeconds(
        TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 3600
    );

    /// <summary>Watches the gateway for a time on a ledger of so many leaves, whole thousands.</summary>
    public static async Task<int> RunAsync(TimeSpan watch, int leaves)
    {
        if (!File.Exists(Program) || !File.Exists(Site))
        {
            await Console.Error.WriteLineAsync(
                $"{Program} is not there. From the top of the repository: dotnet publish gateway/Gateway -c Release -r "
                    + "linux-x64 -o artifacts/linux-x64"
            );
            return 2;
        }

        string root = Directory.CreateTempSubdirectory("edge-gateway-bench").FullName;
        try
        {
            Console.WriteLine($"Writing a ledger of {leaves:N0} leaves, and leaving it as a power cut would");
            long bytes = WriteLedger(Path.Combine(root, "made"), Path.Combine(root, "data", "sim"), leaves);
            return Print(await WatchAsync(Path.Combine(root, "data"), watch, leaves), bytes, watch, leaves);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    // Readings of the site's own groups, so that the gateway finds its registers in them. The last ticks stay in the WAL.
    private static long WriteLedger(string made, string data, int count)
    {
        if (!SiteReader.TryRead(Site, null, out SiteFile? site, out IReadOnlyList<Fault> faults))
        {
            throw new InvalidDataException(faults[0].Line(Site));
        }

        Directory.CreateDirectory(made);
        Directory.CreateDirectory(data);
        using DeviceKey key = DeviceKey.Open(made);
        string path = Path.Combine(made, "ledger.db");
        using Ledger ledger = Ledger.Open(path);
        Origin origin = Recording.Recorder.OriginOf(ledger, key, simulated: true);
        IReadOnlyList<RecordedGroup> groups = SitePlan.GroupsOf(site);
        int ticks = count / LeavesPerTick;
        for (int tick = 0; tick < ticks; tick++)
        {
            List<byte[]> leaves = [];
            for (int i = 0; i < LeavesPerTick; i++)
            {
                int index = (tick * LeavesPerTick) + i;
                DateTimeOffset at = Newest.AddMinutes((index - count) / groups.Count);
                leaves.Add(index == 0 ? GenesisBytes(at, origin, key) : ReadingBytes(index, at, groups[index % groups.Count], site));
            }

            bool last = tick == ticks - 1;
            ledger.MoveCursor(site.Publishers[0].Name, count);
            ledger.Append(
                new LedgerTick(
                    Newest.AddMinutes(tick - ticks),
                    leaves,
                    new Dictionary<string, string> { ["origin"] = origin.ToString(), ["boot"] = "earlier-boot 1" }
                )
            );
            TreeHead head = ledger.Head(origin);
            ledger.Seal(new StoredCheckpoint(head.Size, Newest, CheckpointNote.Sign(head, key.Key), CheckpointCose.Sign(head, key.Key)));
            if (last)
            {
                foreach (string file in Directory.GetFiles(made).Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)))
                {
                    File.Copy(file, Path.Combine(data, Path.GetFileName(file)));
                }
            }
        }

        return new FileInfo(Path.Combine(data, "ledger.db-wal")).Length is > 0 and var wal
            ? new FileInfo(Path.Combine(data, "ledger.db")).Length + wal
            : throw new InvalidOperationException("The WAL is empty: the ledger was closed cleanly.");
    }

    private static byte[] GenesisBytes(DateTimeOffset at, Origin origin, DeviceKey key) =>
        LeafCodec.Encode(
            new Leaf(
                HeadOf(0, at) with
                {
                    Type = LeafType.Genesis,
                    Simulated = true,
                },
                [
                    LeafRecord.Of("origin", origin.ToString()),
                    LeafRecord.Of("device", origin.DeviceId),
                    new LeafRecord("key") { Data = key.Key.ExportSubjectPublicKeyInfo() },
                    new LeafRecord("cert") { Data = key.CertificateOf(key.Key) },
                ]
            )
        );

    private static byte[] ReadingBytes(long index, DateTimeOffset at, RecordedGroup group, SiteFile site) =>
        LeafCodec.Encode(
            new Leaf(
                HeadOf(index, at) with
                {
                    Group = group.Name,
                    Config = 0,
                },
                [
                    .. site
                        .Meters.Where(m => m.Group == group.Name)
                        .Select(m => new LeafRecord(RegisterName.Of(m.Name, m.Obis))
                        {
                            Unit = UnitOf(m),
                            Number = new DecimalFraction(m is PulseMeterSettings ? 0 : -3, 1_000_000 + index),
                        }),
                ]
            )
        );

    private static string UnitOf(MeterSettings meter) =>
        meter switch
        {
            PulseMeterSettings => "count",
            Ads1115MeterSettings => "VAh",
            _ => "Wh",
        };

    private static LeafHead HeadOf(long index, DateTimeOffset at) =>
        new()
        {
            Index = index,
            Type = LeafType.Reading,
            Time = at,
            TimeStatus = TimeStatus.Informative,
            BootCount = 1,
            MonotonicMs = index * 60_000,
            Salt = BitConverter.GetBytes(index * 7919).Concat(BitConverter.GetBytes(~index)).ToArray(),
        };

    private static async Task<Figures> WatchAsync(string data, TimeSpan watch, int leaves)
    {
        string site = Path.Combine(Path.GetDirectoryName(data)!, "bench.json");
        await File.WriteAllTextAsync(
            site,
            (await File.ReadAllTextAsync(Site)).Replace("127.0.0.1:8080", "127.0.0.1:0", StringComparison.Ordinal)
        );
        long started = TimeProvider.System.GetTimestamp();
        using Process gateway = Process.Start(
            new ProcessStartInfo(Program, ["--site", site, "--data", data]) { RedirectStandardOutput = true }
        )!;
        TimeSpan firstReading = await FirstReadingAsync(gateway, Path.Combine(data, "sim", "ledger.db"), started, leaves);

        using HttpClient page = new() { BaseAddress = await PageAsync(gateway.StandardOutput) };
        Task<string> output = gateway.StandardOutput.ReadToEndAsync();
        foreach (string part in new[] { "/", "/page.css", "/v1/power" })
        {
            await page.GetStringAsync(new Uri(part, UriKind.Relative));
        }

        double cpuBefore = ProcessorSeconds(gateway.Id);
        long from = TimeProvider.System.GetTimestamp();
        using PeriodicTimer second = new(TimeSpan.FromSeconds(1), TimeProvider.System);
        for (int i = 1; TimeProvider.System.GetElapsedTime(from) < watch; i++)
        {
            await second.WaitForNextTickAsync();
            await page.GetStringAsync(new Uri("/live", UriKind.Relative));
            if (i % 30 == 0)
            {
                await page.GetStringAsync(new Uri("/v1/power", UriKind.Relative));
            }
        }

        double cpu = (ProcessorSeconds(gateway.Id) - cpuBefore) / TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        double peakMb = PeakMegabytes(gateway.Id);
        using (Process.Start("kill", ["-TERM", gateway.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await gateway.WaitForExitAsync();
            await output;
        }

        return new Figures(peakMb, cpu * 100, firstReading);
    }

    // The gateway takes any free port and says which: "Page        http://127.0.0.1:PORT".
    private static async Task<Uri> PageAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is string line)
        {
            if (line.StartsWith("Page ", StringComparison.Ordinal))
            {
                return new Uri(line["Page ".Length..].Trim());
            }
        }

        throw new InvalidOperationException("The gateway ended without saying where its page is.");
    }

    private static async Task<TimeSpan> FirstReadingAsync(Process gateway, string ledger, long started, int leaves)
    {
        using SqliteConnection connection = new($"Data Source={ledger};Mode=ReadOnly;Pooling=False");
        SQLitePCL.Batteries_V2.Init();
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        while (await look.WaitForNextTickAsync())
        {
            if (gateway.HasExited)
            {
                throw new InvalidOperationException($"The gateway ended with {gateway.ExitCode} before it recorded a reading.");
            }

            // A second reader of a WAL that is being recovered has to wait for it.
            try
            {
                connection.Open();
                using SqliteCommand ask = connection.CreateCommand();
                ask.CommandText = "SELECT bytes FROM leaf WHERE idx = (SELECT max(idx) FROM leaf) AND idx > $1";
                ask.Parameters.AddWithValue("$1", leaves);
                if (ask.ExecuteScalar() is byte[] newest && LeafCodec.Decode(newest).Head.Type is LeafType.Reading or LeafType.Carbon)
                {
                    break;
                }
            }
            catch (SqliteException e) when (e.SqliteErrorCode is 5 or 6 or 14)
            {
                connection.Close();
            }
        }

        return TimeProvider.System.GetElapsedTime(started);
    }

    private static double ProcessorSeconds(int process)
    {
        // proc(5): utime and stime are the 14th and 15th field, in ticks of 1/100 s; the name in parentheses may hold spaces.
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
    }

    private static double PeakMegabytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024.0;
    }

    private static int Print(Figures figures, long ledgerBytes, TimeSpan watch, int leaves)
    {
        Table table = new Table().AddColumns("figure", "measured", "limit", "");
        bool good = Row("peak resident memory (VmHWM), MB", figures.PeakMb, 45, "0.0");
        good &= Row("processor time, % of one core, simulated chips included", figures.ProcessorPercent, 2, "0.00");
        good &= Row("first reading recorded after process start, s", figures.FirstReading.TotalSeconds, 0.5, "0.000");
        good &= Row("program, MB", new FileInfo(Program).Length / 1e6, 26, "0.0");
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"""
            32 meters (12 ADE7953 channels, 8 ADS1115 channels, 12 pulse inputs), live every second, recorded every minute,
            one page open for {watch.TotalSeconds:0} s, on a ledger of {leaves:N0} leaves ({ledgerBytes / 1e6:0} MB with its WAL)
            that was not closed. The simulated chips have no threads of their own: they compute when a driver reads them, so the
            processor time without them is below the figure above and cannot be told apart from it.
            """
        );
        return good ? 0 : 1;

        bool Row(string name, double measured, double limit, string format)
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

    private sealed record Figures(double PeakMb, double ProcessorPercent, TimeSpan FirstReading);
}
