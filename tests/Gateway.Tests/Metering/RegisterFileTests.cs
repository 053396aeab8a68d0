using System.Diagnostics;
using System.Runtime.CompilerServices;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Metering;

public sealed class RegisterFileTests : IDisposable
{
    private const string ChildVariable = "EDGE_GATEWAY_TEST_COUNTS_INTO";
    private static readonly Dictionary<RegisterKey, Register> Nothing = [];
    private static readonly RegisterKey Gas = new("gas", ObisCode.Gas);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    private string FilePath => _folder.File("registers");

    public void Dispose() => _folder.Dispose();

    private RegisterFile Open() => RegisterFile.Open(FilePath, _time, NullLogger.Instance);

    /// <summary>Opens the file, adds to the register so many times, writes each time, and closes it.</summary>
    private async Task Count(int times)
    {
        await using RegisterFile file = Open();
        CountInto(file, times);
    }

    private static void CountInto(RegisterFile file, int times, RegisterBook? book = null)
    {
        book ??= new RegisterBook(file.Found, Nothing);
        MeterRegisters meter = book.Open("gas", (ObisCode.Gas, Quantum.Impulse));
        for (int i = 0; i < times; i++)
        {
            meter.Add(1);
            file.Write(book);
        }
    }

    private async Task<(long Count, string? Fault)> Found()
    {
        await using RegisterFile file = Open();
        return (file.Found.TryGetValue(Gas, out Register found) ? found.Count : 0, file.Fault);
    }

    [Fact]
    public async Task Counts_go_on_where_they_were_when_the_file_is_opened_again()
    {
        Assert.Equal((0, null), await Found());
        await Count(3);
        await Count(2);
        Assert.Equal((5, null), await Found());
    }

    [Fact]
    public async Task A_site_without_a_meter_keeps_its_registers_for_when_it_comes_back()
    {
        await Count(3);
        await using (RegisterFile file = Open())
        {
            var book = new RegisterBook(file.Found, Nothing);
            book.Open("water", (ObisCode.Water, Quantum.Impulse)).Add(8);
            file.Write(book);
        }

        await Count(1);
        await using RegisterFile after = Open();
        Assert.Equal(
            [(Gas, 4L), (new("water", ObisCode.Water), 8L)],
            after.Found.Select(f => (f.Key, f.Value.Count)).OrderBy(f => f.Key.Meter)
        );
    }

    [Fact]
    public async Task A_write_torn_at_any_byte_leaves_the_state_before_or_after_it()
    {
        await Count(5);
        byte[] before = await File.ReadAllBytesAsync(FilePath, TestContext.Current.CancellationToken);
        await Count(1);
        byte[] after = await File.ReadAllBytesAsync(FilePath, TestContext.Current.CancellationToken);
        int first = before.AsSpan().CommonPrefixLength(after);
        HashSet<long> seen = [];
        for (int torn = first; torn < after.Length && !before.AsSpan(torn).SequenceEqual(after.AsSpan(torn)); torn++)
        {
            await File.WriteAllBytesAsync(FilePath, [.. after[..torn], .. before[torn..]], TestContext.Current.CancellationToken);
            (long count, string? fault) = await Found();
            Assert.InRange(count, 5, 6);
            Assert.Null(fault);
            seen.Add(count);
        }

        await File.WriteAllBytesAsync(FilePath, after, TestContext.Current.CancellationToken);
        Assert.Equal((6, null), await Found());
        Assert.Contains(5, seen);
    }

    [Fact]
    public async Task When_no_slot_can_be_read_the_file_says_so_and_the_ledger_goes_on()
    {
        await Count(5);
        byte[] bytes = await File.ReadAllBytesAsync(FilePath, TestContext.Current.CancellationToken);
        for (int slot = 0; slot < RegisterSlots.Count; slot++)
        {
            bytes[(slot * RegisterSlot.Bytes) + 30] ^= 1;
        }

        await File.WriteAllBytesAsync(FilePath, bytes, TestContext.Current.CancellationToken);
        await using (RegisterFile file = Open())
        {
            Assert.Equal(
                $"{FilePath}: no state of the registers can be read (its checksums do not match). "
                    + "They go on from the ledger; what was counted since its last entry is lost.",
                file.Fault
            );
            Assert.Empty(file.Found);
            var ledger = new Dictionary<RegisterKey, Register> { [Gas] = new(ObisCode.Gas, Quantum.Impulse, 4) };
            CountInto(file, 1, new RegisterBook(file.Found, ledger));
        }

        Assert.Equal((5, null), await Found());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task A_file_cut_short_is_no_crash(int length)
    {
        await Count(5);
        await using (FileStream file = File.OpenWrite(FilePath))
        {
            file.SetLength(length);
        }

        await Count(1);
        Assert.Null((await Found()).Fault);
    }

    [Fact]
    public async Task A_second_process_cannot_open_it()
    {
        await using RegisterFile file = Open();
        Assert.Throws<IOException>(Open);
    }

    // Slots are taken in turn, and one that was flushed is left alone: when the first state is still there it was flushed.
    [Theory]
    [InlineData(9.9, false)]
    [InlineData(10, true)]
    public async Task It_is_flushed_ten_seconds_after_it_was_opened_and_not_before(double seconds, bool flushed)
    {
        await using (RegisterFile file = Open())
        {
            var book = new RegisterBook(file.Found, Nothing);
            MeterRegisters meter = book.Open("gas", (ObisCode.Gas, Quantum.Impulse));
            file.Write(book);
            _time.Advance(TimeSpan.FromSeconds(seconds));
            for (int i = 0; i < 10; i++)
            {
                meter.Add(1);
                file.Write(book);
            }
        }

        byte[] bytes = await File.ReadAllBytesAsync(FilePath, TestContext.Current.CancellationToken);
        bool firstIsKept = RegisterSlot.TryDecode(bytes, out long sequence, out _) && sequence == 1;
        Assert.Equal(flushed, firstIsKept);
    }

    [Fact]
    public async Task A_killed_process_loses_no_impulse_that_it_had_counted()
    {
        long known = 0;
        for (int kill = 1; kill <= 4; kill++)
        {
            long told = await CountInChildUntilKilled(lines: 37 * kill);
            (long count, string? fault) = await Found();
            Assert.Null(fault);
            Assert.True(told >= known + (37 * kill), $"the child began at {known} and told {told}");
            Assert.InRange(count, told, long.MaxValue);
            known = count;
        }
    }

    /// <summary>
    /// Runs this program as a child that counts as fast as it can, kills it after so many lines, and returns the last count it told.
    /// </summary>
    private async Task<long> CountInChildUntilKilled(int lines)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(RegisterFileTests).Assembly.Location);
        }

        start.Environment[ChildVariable] = FilePath;
        using Process child = Process.Start(start)!;
        string? last = null;
        for (int i = 0; i < lines; i++)
        {
            last = await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        }

        child.Kill();
        string rest = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(128 + 9, child.ExitCode);
        string[] whole = rest.Split('\n')[..^1];
        return long.Parse(whole.LastOrDefault() ?? last!);
    }

    // The child of the test above is this same program, which counts instead of running tests when it is told to by its environment.
    [ModuleInitializer]
    internal static void CountWhenThisIsTheChild()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { } path)
        {
            return;
        }

        RegisterFile file = RegisterFile.Open(path, TimeProvider.System, NullLogger.Instance);
        var book = new RegisterBook(file.Found, Nothing);
        MeterRegisters meter = book.Open("gas", (ObisCode.Gas, Quantum.Impulse));
        while (true)
        {
            meter.Add(1);
            file.Write(book);
            Console.WriteLine(meter.Now[0].Count);
        }
    }
}
