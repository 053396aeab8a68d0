using System.Runtime.InteropServices;
using EdgeGateway.Readings;
using Microsoft.Win32.SafeHandles;

namespace EdgeGateway.Metering;

/// <summary>
/// Keeps the register book on disk: what is written outlives the process at once, and a power cut after ten seconds at most.
/// </summary>
/// <remarks>
/// A write goes to the page cache, which belongs to the kernel and not to this process; a flush puts the page cache on the card.
/// <code>
///   file  ┌──────────┬──────────┬──────────┬──────────┐
///         │ slot 0   │ slot 1   │ slot 2   │ slot 3   │    64 KiB each, see RegisterSlot
///         └──────────┴──────────┴──────────┴──────────┘    RegisterSlots says which one is written next
/// </code>
/// All of the file is allocated when it is made: later writes need no free space, so a full disk stops no register.
/// </remarks>
public sealed partial class RegisterFile : IAsyncDisposable
{
    /// <summary>The time between two flushes, which is the longest time between a count and its flush.</summary>
    public static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly RegisterSlots _slots = new();
    private readonly byte[] _buffer = new byte[RegisterSlot.Bytes];
    private readonly string _path;
    private readonly ILogger _logger;
    private readonly SafeFileHandle _file;
    private readonly ITimer _timer;
    private long _writtenVersion = -1;
    private bool _flushFailed;
    private bool _closed;

    private RegisterFile(string path, SafeFileHandle file, TimeProvider time, ILogger logger)
    {
        _path = path;
        _file = file;
        _logger = logger;
        Found = ReadNewest(out string? fault);
        Fault = fault;
        _timer = time.CreateTimer(_ => Flush(), null, FlushEvery, FlushEvery);
    }

    /// <summary>The registers found when the file was opened; empty when there were none or none could be read.</summary>
    public IReadOnlyDictionary<RegisterKey, Register> Found { get; }

    /// <summary>Why nothing could be read though something had been written, in a sentence, or null.</summary>
    public string? Fault { get; }

    /// <summary>Opens the file, or makes it, for this process alone.</summary>
    /// <exception cref="IOException">The file cannot be opened or made, or another process has it open.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read and write it.</exception>
    public static RegisterFile Open(string path, TimeProvider time, ILogger logger)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            const long Length = (long)RegisterSlots.Count * RegisterSlot.Bytes;
            long length = RandomAccess.GetLength(file);
            if (length < Length)
            {
                RandomAccess.Write(file, new byte[Length - length], length);
            }

            // What was found may be in the page cache only. It must be on the card before other slots are written.
            RandomAccess.FlushToDisk(file);
            return new RegisterFile(path, file, time, logger);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the book when it changed since the last write. The process may die at any instant after that.</summary>
    /// <exception cref="IOException">The write failed; the state before is untouched and the next call tries again.</exception>
    public void Write(RegisterBook book)
    {
        lock (_lock)
        {
            long version = book.Version;
            if (_closed || version == _writtenVersion)
            {
                return;
            }

            int slot = _slots.Next;
            long sequence = _slots.Sequence + 1;
            int length = RegisterSlot.Encode(_buffer, sequence, book.All);
            RandomAccess.Write(_file, _buffer.AsSpan(0, length), (long)slot * RegisterSlot.Bytes);
            _slots.MarkWritten(slot, sequence);
            _writtenVersion = version;
        }
    }

    /// <summary>Closes the file. What was written is flushed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        Flush();
        lock (_lock)
        {
            _closed = true;
        }

        _file.Dispose();
    }

    /// <summary>Flushes what was written since the last flush. Runs beside writes, so that a slow card delays no poll.</summary>
    private void Flush()
    {
        lock (_lock)
        {
            if (_closed || !_slots.TryBeginFlush())
            {
                return;
            }
        }

        bool done = TryFlushToDisk();
        lock (_lock)
        {
            _slots.EndFlush(done);
            if (!done)
            {
                // The kernel drops what it could not write, so everything is written again before the next flush.
                _writtenVersion = -1;
            }
        }
    }

    // fdatasync instead of fsync. All blocks of the file were allocated when it was made, so only its data have to reach the card. fsync
    // would also write its time stamps through the file system's journal, which takes as much writing again.
    private void FlushData()
    {
        if (FDataSync(_file) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    private bool TryFlushToDisk()
    {
        try
        {
            FlushData();
            _flushFailed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_flushFailed)
            {
                _logger.LogError(
                    "{Path}: the registers could not be flushed: {Reason} A power cut would now lose counts. "
                        + "Check the card and that its file system is not read-only.",
                    _path,
                    e.Message
                );
            }

            _flushFailed = true;
        }

        return !_flushFailed;
    }

    private Dictionary<RegisterKey, Register> ReadNewest(out string? fault)
    {
        Dictionary<RegisterKey, Register> newest = [];
        string? damage = null;
        for (int slot = 0; slot < RegisterSlots.Count; slot++)
        {
            try
            {
                int length = RandomAccess.Read(_file, _buffer, (long)slot * RegisterSlot.Bytes);
                if (RegisterSlot.TryDecode(_buffer.AsSpan(0, length), out long sequence, out var registers))
                {
                    if (sequence > _slots.Sequence)
                    {
                        _slots.MarkWritten(slot, sequence);
                        newest = registers;
                    }
                }
                else if (_buffer.AsSpan(0, length).ContainsAnyExcept((byte)0))
                {
                    damage ??= "its checksums do not match";
                }
            }
            catch (IOException e)
            {
                damage ??= e.Message;
            }
        }

        fault =
            _slots.Newest >= 0 || damage is null
                ? null
                : $"{_path}: no state of the registers can be read ({damage}). "
                    + "They go on from the ledger; what was counted since its last entry is lost.";
        return newest;
    }
}
