using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using EdgeGateway.Evidence;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Keeping;

/// <summary>What one recording tick adds to the ledger, all or nothing.</summary>
/// <param name="Time">The tick's wall time, UTC.</param>
/// <param name="Leaves">The leaves' bytes, in the order of their indexes; the first has the index <see cref="Ledger.Size"/>.</param>
/// <param name="Facts">What the recorder must remember together with these leaves, such as the index of the config in force.</param>
/// <param name="Thinned">Indexes of earlier leaves that lose their bytes and keep their hashes. None is in a tile that still grows.</param>
public sealed record LedgerTick(
    DateTimeOffset Time,
    IReadOnlyList<byte[]> Leaves,
    IReadOnlyDictionary<string, string> Facts,
    IReadOnlyList<long>? Thinned = null
);

/// <summary>A signed state of the log, as stored.</summary>
/// <param name="Size">Leaves it covers.</param>
/// <param name="Time">When it was signed, UTC.</param>
/// <param name="Note">The C2SP signed note.</param>
/// <param name="Cose">The COSE_Sign1.</param>
public sealed record StoredCheckpoint(long Size, DateTimeOffset Time, string Note, byte[] Cose);

/// <summary>What a witness said of a checkpoint.</summary>
/// <param name="Size">Leaves of the checkpoint.</param>
/// <param name="Witness">The witness's name.</param>
/// <param name="Line">Its signature line, with its newline.</param>
/// <param name="Time">When it cosigned, by its own clock.</param>
public sealed record StoredCosignature(long Size, string Witness, string Line, DateTimeOffset Time);

/// <summary>What a time-stamping authority said of a checkpoint.</summary>
/// <param name="Size">Leaves of the checkpoint.</param>
/// <param name="Token">The token (RFC 3161), DER.</param>
/// <param name="Host">Who was asked.</param>
/// <param name="Time">When it stamped, by its own clock.</param>
public sealed record StoredTimeStamp(long Size, byte[] Token, string Host, DateTimeOffset Time);

/// <summary>
/// The append-only record of a gateway in one SQLite file. The recorder is its only writer; publishers, the API and the page read.
/// </summary>
/// <remarks>
/// <para>WAL with <c>synchronous=FULL</c>: a commit that has returned survives a power cut; with NORMAL it does not.</para>
/// <para>Readers use a second connection in short pages, so that no open statement keeps the WAL from being checkpointed.</para>
/// </remarks>
public sealed class Ledger : IDisposable
{
    private const int ApplicationId = 0x45474C31; // "EGL1"
    private const int LeavesPerPage = 256;
    private const int TileBytes = TiledTree.TileWidth * MerkleHash.Size;

    private const string Schema = """
        CREATE TABLE leaf(idx INTEGER PRIMARY KEY, bytes BLOB) STRICT;               -- bytes: null once thinned
        CREATE TABLE tile(level INTEGER, idx INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE tick(t INTEGER PRIMARY KEY, first INTEGER NOT NULL) STRICT;     -- t: Unix milliseconds; first: the tick's first leaf
        CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, t INTEGER NOT NULL, note TEXT NOT NULL, cose BLOB NOT NULL) STRICT;
        CREATE TABLE cursor(name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """;

    // Came after the others; a ledger that was made before gets it when it is opened. Its t is Unix seconds.
    private const string Cosignatures = """
        CREATE TABLE IF NOT EXISTS cosignature(size INTEGER, witness TEXT, line TEXT NOT NULL, t INTEGER NOT NULL,
            PRIMARY KEY(size, witness)) STRICT, WITHOUT ROWID;
        """;

    // Its t is Unix milliseconds.
    private const string TimeStamps = """
        CREATE TABLE IF NOT EXISTS timestamp(size INTEGER PRIMARY KEY, token BLOB NOT NULL, host TEXT NOT NULL, t INTEGER NOT NULL) STRICT;
        """;

    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly Lock _reading = new();
    private readonly ConcurrentDictionary<string, long> _cursors;
    private readonly ConcurrentDictionary<string, long> _movedCursors = new();
    private readonly ConcurrentDictionary<(long Size, string Witness), StoredCosignature> _newCosignatures = new();
    private readonly ConcurrentDictionary<long, StoredCheckpoint> _newCheckpoints = new();
    private readonly ConcurrentDictionary<string, StoredCosignature> _cosignatures = new();
    private readonly ConcurrentDictionary<long, StoredTimeStamp> _newTimeStamps = new();
    private TiledTree _tree;
    private long _size;
    private StoredCheckpoint? _lastCheckpoint;
    private StoredTimeStamp? _newestTimeStamp;
    private TaskCompletionSource _sealed = NewSignal();
    private TaskCompletionSource _cosigned = NewSignal();

    private Ledger(SqliteConnection writer, SqliteConnection reader)
    {
        (_writer, _reader) = (writer, reader);
        _tree = Restore();
        _size = _tree.Size;
        _lastCheckpoint = ReadCheckpoint("ORDER BY size DESC LIMIT 1", 0);
        foreach (StoredCosignature newest in Query("SELECT max(size), witness, line, t FROM cosignature GROUP BY witness", ReadCosignature))
        {
            _cosignatures[newest.Witness] = newest;
        }

        _newestTimeStamp = Query("SELECT size, token, host, t FROM timestamp ORDER BY size DESC LIMIT 1", ReadTimeStamp).FirstOrDefault();
        _cursors = new(Query("SELECT name, position FROM cursor", r => KeyValuePair.Create(r.GetString(0), r.GetInt64(1))));
    }

    /// <summary>Leaves that are durably recorded.</summary>
    public long Size => Interlocked.Read(ref _size);

    /// <summary>The newest checkpoint, or null before the first.</summary>
    public StoredCheckpoint? LastCheckpoint => Volatile.Read(ref _lastCheckpoint);

    /// <summary>The ledger's size on the card, bytes, the WAL included.</summary>
    public long FileBytes => LengthOf(_writer.DataSource) + LengthOf(_writer.DataSource + "-wal");

    /// <summary>Opens a ledger, and makes it when the file does not exist.</summary>
    /// <exception cref="InvalidDataException">The file is not a ledger, or it is damaged.</exception>
    public static Ledger Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        SqliteConnection? writer = null,
            reader = null;
        try
        {
            writer = Connect(path, SqliteOpenMode.ReadWriteCreate);
            Execute(writer, "PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000;");
            if (Scalar(writer, "PRAGMA application_id") == 0 && Scalar(writer, "SELECT count(*) FROM sqlite_schema") == 0)
            {
                using SqliteTransaction transaction = writer.BeginTransaction();
                Execute(writer, $"{Schema} PRAGMA application_id={ApplicationId}; PRAGMA user_version=1;");
                transaction.Commit();
            }

            if (Scalar(writer, "PRAGMA application_id") != ApplicationId || Scalar(writer, "PRAGMA user_version") != 1)
            {
                throw new InvalidDataException(
                    $"{path} is not a ledger of this version. Give another data folder, or the gateway version that made it."
                );
            }

            Execute(writer, Cosignatures);
            Execute(writer, TimeStamps);
            reader = Connect(path, SqliteOpenMode.ReadWrite);
            Execute(reader, "PRAGMA query_only=ON;");
            return new Ledger(writer, reader);
        }
        catch (Exception e) when (e is SqliteException or EvidenceException or InvalidDataException)
        {
            writer?.Dispose();
            reader?.Dispose();
            throw e is InvalidDataException ? e : new InvalidDataException($"The ledger {path} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>
    /// Records a tick: leaves, full hash tiles and facts, and with them whatever waits to become durable: checkpoints, cosignatures, time
    /// stamps, moved cursors. One transaction; when it returns, it is durable.
    /// </summary>
    /// <exception cref="SqliteException">Nothing of the tick was recorded.</exception>
    public void Append(LedgerTick tick)
    {
        try
        {
            Commit(() =>
            {
                long first = _tree.Size;
                using (SqliteCommand insert = Command(_writer, "INSERT INTO leaf VALUES($1, $2)", first, Array.Empty<byte>()))
                {
                    foreach (byte[] leaf in tick.Leaves)
                    {
                        insert.Parameters[0].Value = _tree.Size;
                        insert.Parameters[1].Value = leaf;
                        insert.ExecuteNonQuery();
                        _tree.Append(leaf);
                    }
                }

                // The tile that still grows is not written with each tick: ReadTile makes it from its leaves, which are there.
                foreach (Tile tile in _tree.TakeChanged().Where(t => t.Level > 0 || t.Hashes.Length == TileBytes))
                {
                    Execute(_writer, "INSERT OR REPLACE INTO tile VALUES($1, $2, $3)", tile.Level, tile.Index, tile.Hashes.ToArray());
                }

                // Two ticks can fall on one time when the clock was set back; the earlier index finds the leaves of both.
                Execute(_writer, "INSERT OR IGNORE INTO tick VALUES($1, $2)", tick.Time.ToUnixTimeMilliseconds(), first);
                foreach (long index in tick.Thinned ?? [])
                {
                    Execute(_writer, "UPDATE leaf SET bytes = NULL WHERE idx = $1", index);
                }

                foreach ((string name, string value) in tick.Facts)
                {
                    Execute(_writer, "INSERT OR REPLACE INTO fact VALUES($1, $2)", name, value);
                }
            });
        }
        catch
        {
            _tree = Restore();
            throw;
        }

        Interlocked.Exchange(ref _size, _tree.Size);
    }

    /// <summary>Makes durable now what else the next tick would.</summary>
    /// <exception cref="SqliteException">It could not be; it still waits for the next tick.</exception>
    public void Save() => Commit(() => { });

    private void Commit(Action write)
    {
        // What is said of a checkpoint is taken before the checkpoints: so it never becomes durable without its own.
        StoredCosignature[] cosignatures = [.. _newCosignatures.Values];
        StoredTimeStamp[] timeStamps = [.. _newTimeStamps.Values];
        StoredCheckpoint[] checkpoints = [.. _newCheckpoints.Values];
        KeyValuePair<string, long>[] cursors = [.. _movedCursors];
        using (SqliteTransaction transaction = _writer.BeginTransaction())
        {
            write();
            foreach (StoredCheckpoint c in checkpoints)
            {
                Execute(
                    _writer,
                    "INSERT OR REPLACE INTO checkpoint VALUES($1, $2, $3, $4)",
                    c.Size,
                    c.Time.ToUnixTimeMilliseconds(),
                    c.Note,
                    c.Cose
                );
            }

            foreach (StoredCosignature c in cosignatures)
            {
                Execute(
                    _writer,
                    "INSERT OR REPLACE INTO cosignature VALUES($1, $2, $3, $4)",
                    c.Size,
                    c.Witness,
                    c.Line,
                    c.Time.ToUnixTimeSeconds()
                );
            }

            foreach (StoredTimeStamp s in timeStamps)
            {
                Execute(
                    _writer,
                    "INSERT OR REPLACE INTO timestamp VALUES($1, $2, $3, $4)",
                    s.Size,
                    s.Token,
                    s.Host,
                    s.Time.ToUnixTimeMilliseconds()
                );
            }

            foreach ((string name, long position) in cursors)
            {
                Execute(_writer, "INSERT OR REPLACE INTO cursor VALUES($1, $2)", name, position);
            }

            transaction.Commit();
        }

        // Only what was not replaced meanwhile.
        Array.ForEach(checkpoints, c => _newCheckpoints.TryRemove(KeyValuePair.Create(c.Size, c)));
        Array.ForEach(cosignatures, c => _newCosignatures.TryRemove(KeyValuePair.Create((c.Size, c.Witness), c)));
        Array.ForEach(timeStamps, s => _newTimeStamps.TryRemove(KeyValuePair.Create(s.Size, s)));
        Array.ForEach(cursors, c => _movedCursors.TryRemove(c));
    }

    /// <summary>The log's state now, to be signed. Called by the recorder, between ticks.</summary>
    public TreeHead Head(Origin origin) => new(origin, _tree.Size, _tree.Root);

    /// <summary>
    /// Takes a signed checkpoint and wakes those who wait for one. It becomes durable with the next tick, as cursors do: what must survive
    /// a power cut are the leaves, and they are recorded; a checkpoint over them can be signed again.
    /// </summary>
    public void Seal(StoredCheckpoint checkpoint)
    {
        _newCheckpoints[checkpoint.Size] = checkpoint;
        Volatile.Write(ref _lastCheckpoint, checkpoint);
        Interlocked.Exchange(ref _sealed, NewSignal()).SetResult();
    }

    /// <summary>Completes once a checkpoint covers more than <paramref name="size"/> leaves.</summary>
    public async Task WaitForCheckpointBeyondAsync(long size, CancellationToken cancellation)
    {
        while (true)
        {
            Task next = Volatile.Read(ref _sealed).Task;
            if (LastCheckpoint?.Size > size)
            {
                return;
            }

            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>The leaves [first, end), at most 256 of them; null where a leaf's bytes were thinned.</summary>
    public IReadOnlyList<byte[]?> Leaves(long first, long end) =>
        Query(
            "SELECT bytes FROM leaf WHERE idx >= $1 AND idx < $2 ORDER BY idx",
            r => r.IsDBNull(0) ? null : r.GetFieldValue<byte[]>(0),
            first,
            Math.Min(end, first + LeavesPerPage)
        );

    /// <summary>
    /// Cuts the batch that begins at a leaf and ends at the next checkpoint, or null when no checkpoint covers that leaf yet. The same
    /// bytes are published and served.
    /// </summary>
    public Batch? BatchFrom(long first)
    {
        if (CheckpointBeyond(first) is not { } checkpoint)
        {
            return null;
        }

        List<BatchElement> elements = [];
        while (first + elements.Count < checkpoint.Size)
        {
            IReadOnlyList<byte[]?> page = Leaves(first + elements.Count, checkpoint.Size);
            if (page.Count == 0)
            {
                throw new InvalidDataException(
                    $"Leaf {first + elements.Count} is not in the ledger, although checkpoint {checkpoint.Size} covers it."
                );
            }

            foreach (byte[]? leaf in page)
            {
                elements.Add(leaf is null ? BatchElement.Withheld(LeafHash(first + elements.Count)) : BatchElement.Of(leaf));
            }
        }

        return new Batch(NoteWithCosignatures(checkpoint), checkpoint.Cose, first, TiledTree.Edge(first, ReadTile), elements);
    }

    /// <summary>
    /// The checkpoint that proves most of a leaf: the first one over it that is time-stamped, as that shows earliest that the leaf was
    /// there; else the newest. Null when none covers it yet.
    /// </summary>
    public StoredCheckpoint? CheckpointFor(long leaf)
    {
        StoredTimeStamp? waiting = _newTimeStamps.Values.Where(s => s.Size > leaf).MinBy(s => s.Size);
        StoredTimeStamp? first = Query(
                "SELECT size, token, host, t FROM timestamp WHERE size > $1 ORDER BY size LIMIT 1",
                ReadTimeStamp,
                leaf
            )
            .FirstOrDefault()
            ?? waiting;
        return first is not null ? CheckpointBeyond(first.Size - 1)
            : LastCheckpoint is { } newest && newest.Size > leaf ? newest
            : null;
    }

    /// <summary>Single leaves with a receipt under a checkpoint that covers all of them.</summary>
    /// <param name="indexes">Which, none twice.</param>
    /// <param name="checkpoint">Of this ledger.</param>
    /// <exception cref="InvalidDataException">The bytes of one were thinned.</exception>
    public Bundle BundleOf(IReadOnlyList<long> indexes, StoredCheckpoint checkpoint) =>
        new()
        {
            TimeStamps = TimeStampOf(checkpoint.Size) is { } stamp ? [stamp.Token] : [],
            Note = NoteWithCosignatures(checkpoint),
            Leaves =
            [
                .. indexes.Select(i =>
                    (ReadOnlyMemory<byte>)(
                        Leaves(i, i + 1)[0] ?? throw new InvalidDataException($"The bytes of leaf {i} were thinned; only its hash is kept.")
                    )
                ),
            ],
            Receipt = new CoseReceipt(
                checkpoint.Cose,
                [.. indexes.Select(i => new InclusionProof(i, MerkleProof.Inclusion(i, checkpoint.Size, ReadTile)))],
                null
            ).Encode(),
        };

    private StoredTimeStamp? TimeStampOf(long size)
    {
        StoredTimeStamp? waiting = _newTimeStamps.GetValueOrDefault(size);
        return waiting ?? Query("SELECT size, token, host, t FROM timestamp WHERE size = $1", ReadTimeStamp, size).FirstOrDefault();
    }

    /// <summary>
    /// A leaf that changes the key, with its receipt under the first checkpoint that covers it, or null when none does yet.
    /// </summary>
    public KeyChange? KeyChangeAt(long leaf) =>
        CheckpointBeyond(leaf) is { } checkpoint && Leaves(leaf, leaf + 1) is [{ } bytes]
            ? new KeyChange(
                bytes,
                new CoseReceipt(
                    checkpoint.Cose,
                    [new InclusionProof(leaf, MerkleProof.Inclusion(leaf, checkpoint.Size, ReadTile))],
                    null
                ).Encode()
            )
            : null;

    /// <summary>The hashes that prove that one checkpoint continues another (<see cref="MerkleProof.Consistency"/>).</summary>
    /// <param name="older">Its leaves, 1 or more.</param>
    /// <param name="newer">Leaves of the newer one.</param>
    public IReadOnlyList<MerkleHash> Consistency(long older, long newer) => MerkleProof.Consistency(older, newer, ReadTile);

    /// <summary>That the log under the newest checkpoint continues the one of an older size, or null when it is not so large.</summary>
    /// <param name="older">Leaves of the older log, 1 or more.</param>
    public CoseReceipt? ConsistencyFrom(long older) =>
        LastCheckpoint is { } checkpoint && older <= checkpoint.Size
            ? new CoseReceipt(checkpoint.Cose, [], new ConsistencyProof(older, MerkleProof.Consistency(older, checkpoint.Size, ReadTile)))
            : null;

    /// <summary>Index of the first leaf recorded at or after a time, or <see cref="Size"/> when there is none.</summary>
    public long FirstIndexAt(DateTimeOffset time)
    {
        List<long> found = Query(
            "SELECT first FROM tick WHERE t >= $1 ORDER BY t LIMIT 1",
            r => r.GetInt64(0),
            time.ToUnixTimeMilliseconds()
        );
        return found.Count > 0 ? found[0] : Size;
    }

    /// <summary>What the recorder remembers under a name, or null.</summary>
    public string? Fact(string name) => Query("SELECT value FROM fact WHERE name = $1", r => r.GetString(0), name).FirstOrDefault();

    /// <summary>All facts whose name begins so, by name.</summary>
    /// <param name="prefix">Ends with <c>:</c>.</param>
    public IReadOnlyList<(string Name, string Value)> Facts(string prefix) =>
        [
            .. Query(
                "SELECT name, value FROM fact WHERE name >= $1 AND name < $2 ORDER BY name",
                r => (r.GetString(0), r.GetString(1)),
                prefix,
                prefix[..^1] + ';'
            ),
        ];

    /// <summary>How far a reader has got: the index of the first leaf it has not delivered. 0 for a new reader.</summary>
    public long Cursor(string name) => _cursors.GetValueOrDefault(name);

    /// <summary>
    /// Keeps what a witness said. It is seen at once and becomes durable with the next tick; a lost one can be asked for again.
    /// </summary>
    public void AddCosignature(StoredCosignature cosignature)
    {
        _newCosignatures[(cosignature.Size, cosignature.Witness)] = cosignature;
        _cosignatures[cosignature.Witness] = cosignature;
        Interlocked.Exchange(ref _cosigned, NewSignal()).SetResult();
    }

    /// <summary>Completes once a witness has cosigned the checkpoint of a size.</summary>
    public async Task WaitForCosignatureAsync(long size, CancellationToken cancellation)
    {
        while (true)
        {
            Task next = Volatile.Read(ref _cosigned).Task;
            if (CosignaturesOf(size).Any())
            {
                return;
            }

            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>The newest cosignature of a witness, or null.</summary>
    public StoredCosignature? NewestCosignature(string witness) => _cosignatures.GetValueOrDefault(witness);

    /// <summary>The time stamp of the largest checkpoint that has one, or null.</summary>
    public StoredTimeStamp? NewestTimeStamp => Volatile.Read(ref _newestTimeStamp);

    /// <summary>
    /// Keeps the time stamp of a checkpoint that is newer than those stamped before. Seen at once, durable with the next tick, as a
    /// cosignature.
    /// </summary>
    public void AddTimeStamp(StoredTimeStamp stamp)
    {
        _newTimeStamps[stamp.Size] = stamp;
        Volatile.Write(ref _newestTimeStamp, stamp);
    }

    /// <summary>A checkpoint's note with the cosignatures there are by now.</summary>
    public string NoteWithCosignatures(StoredCheckpoint checkpoint) =>
        checkpoint.Note
        + string.Concat(CosignaturesOf(checkpoint.Size).OrderBy(c => c.Witness, StringComparer.Ordinal).Select(c => c.Line));

    private IEnumerable<StoredCosignature> CosignaturesOf(long size)
    {
        List<StoredCosignature> stored = Query("SELECT size, witness, line, t FROM cosignature WHERE size = $1", ReadCosignature, size);
        return _newCosignatures.Values.Where(c => c.Size == size).Concat(stored).DistinctBy(c => c.Witness);
    }

    private static StoredCosignature ReadCosignature(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetString(2), DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(3)));

    private static StoredTimeStamp ReadTimeStamp(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetString(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));

    /// <summary>
    /// Moves a reader's cursor. It becomes durable with the next tick; a lost move sends leaves again, which receivers ignore.
    /// </summary>
    public void MoveCursor(string name, long position)
    {
        _cursors[name] = position;
        _movedCursors[name] = position;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Save();
        }
        catch (SqliteException)
        {
            // A card that takes nothing more: cursors send again, checkpoints and cosignatures are made again.
        }

        _reader.Dispose();
        _writer.Dispose();
    }

    private TiledTree Restore() => TiledTree.Restore(Scalar(_writer, "SELECT coalesce(max(idx) + 1, 0) FROM leaf"), ReadTile);

    private ReadOnlyMemory<byte>? ReadTile(int level, long index)
    {
        byte[]? stored = Query("SELECT hashes FROM tile WHERE level = $1 AND idx = $2", r => r.GetFieldValue<byte[]>(0), level, index)
            .FirstOrDefault();
        return level == 0 && stored?.Length != TileBytes ? HashesOfGrowing(index) : stored;
    }

    // No leaf of a tile is thinned before it is full.
    private byte[] HashesOfGrowing(long tile)
    {
        long first = tile * TiledTree.TileWidth;
        List<MerkleHash> hashes =
        [
            .. Leaves(first, first + TiledTree.TileWidth).TakeWhile(leaf => leaf is not null).Select(leaf => MerkleHash.OfLeaf(leaf)),
        ];
        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(hashes)).ToArray();
    }

    private MerkleHash LeafHash(long index)
    {
        ReadOnlyMemory<byte> tile = ReadTile(0, index / TiledTree.TileWidth)
            ?? throw new InvalidDataException($"The hash of leaf {index} is not in the ledger.");
        return MerkleHash.From(tile.Span.Slice((int)(index % TiledTree.TileWidth) * MerkleHash.Size, MerkleHash.Size));
    }

    // One that waits is looked for first: it may become a stored one between the two looks, never the reverse.
    private StoredCheckpoint? CheckpointBeyond(long size)
    {
        StoredCheckpoint? waiting = _newCheckpoints.Values.Where(c => c.Size > size).MinBy(c => c.Size);
        return ReadCheckpoint("WHERE size > $1 ORDER BY size LIMIT 1", size) ?? waiting;
    }

    private StoredCheckpoint? ReadCheckpoint(string which, long size) =>
        Query(
                $"SELECT size, t, note, cose FROM checkpoint {which}",
                r => new StoredCheckpoint(
                    r.GetInt64(0),
                    DateTimeOffset.FromUnixTimeMilliseconds(r.GetInt64(1)),
                    r.GetString(2),
                    r.GetFieldValue<byte[]>(3)
                ),
                size
            )
            .FirstOrDefault();

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params object[] values)
    {
        lock (_reading)
        {
            using SqliteCommand command = Command(_reader, sql, values);
            using SqliteDataReader rows = command.ExecuteReader();
            List<T> found = [];
            while (rows.Read())
            {
                found.Add(read(rows));
            }

            return found;
        }
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = mode,
                Pooling = false,
            }.ToString()
        );
        connection.Open();
        return connection;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params object[] values)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i + 1}"), values[i]);
        }

        return command;
    }

    private static void Execute(SqliteConnection connection, string sql, params object[] values)
    {
        using SqliteCommand command = Command(connection, sql, values);
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = Command(connection, sql);
        return (long)command.ExecuteScalar()!;
    }
}
