using System.Globalization;
using EdgeGateway.Evidence;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Edgectl;

/// <summary>The last state of each log that a witness has cosigned, in an SQLite file.</summary>
internal sealed class WitnessStore : IDisposable
{
    private const int ApplicationId = 0x45475731; // "EGW1"

    private readonly SqliteConnection _connection;

    private WitnessStore(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="IOException">It cannot be opened, or is another database.</exception>
    public static WitnessStore Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            long id = (long)Command(connection, "PRAGMA application_id").ExecuteScalar()!;
            long tables = (long)Command(connection, "SELECT count(*) FROM sqlite_schema").ExecuteScalar()!;
            if (id != ApplicationId && (id != 0 || tables > 0))
            {
                throw new IOException("It is not the state of a witness. Give another file.");
            }

            Execute(
                connection,
                $"""
                PRAGMA application_id={ApplicationId};
                CREATE TABLE IF NOT EXISTS log(origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
                    t INTEGER NOT NULL) STRICT;
                """
            );
            return new WitnessStore(connection);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            connection.Dispose();
            throw e is IOException ? e : new IOException($"It cannot be opened as a database: {e.Message}", e);
        }
    }

    /// <summary>What was last cosigned of a log, or null.</summary>
    public TreeHead? Find(Origin origin)
    {
        using SqliteCommand command = Command(_connection, "SELECT size, root FROM log WHERE origin = $1", origin.ToString());
        using SqliteDataReader rows = command.ExecuteReader();
        return rows.Read() ? new TreeHead(origin, rows.GetInt64(0), MerkleHash.From(rows.GetFieldValue<byte[]>(1))) : null;
    }

    /// <summary>Remembers a state. When it returns, it is durable.</summary>
    public void Put(TreeHead head, string note, DateTimeOffset time) =>
        Execute(
            _connection,
            "INSERT OR REPLACE INTO log VALUES($1, $2, $3, $4, $5)",
            head.Origin.ToString(),
            head.Size,
            head.Root.AsSpan().ToArray(),
            note,
            time.ToUnixTimeSeconds()
        );

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static void Execute(SqliteConnection connection, string sql, params object[] values)
    {
        using SqliteCommand command = Command(connection, sql, values);
        command.ExecuteNonQuery();
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
}
