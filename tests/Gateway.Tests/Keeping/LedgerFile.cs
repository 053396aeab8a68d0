using Microsoft.Data.Sqlite;

namespace EdgeGateway.Gateway.Tests.Keeping;

/// <summary>The ledger's file as others touch it.</summary>
internal static class LedgerFile
{
    /// <summary>Nothing can be written any more, as on a full card.</summary>
    public const string Full = "CREATE TRIGGER full BEFORE INSERT ON leaf BEGIN SELECT RAISE(ABORT, 'full'); END";

    /// <summary>The end of <see cref="Full"/>.</summary>
    public const string NotFull = "DROP TRIGGER full";

    /// <summary>Runs SQL on the ledger of a data folder behind the gateway's back, as a damaged card would change it.</summary>
    public static void Run(string folder, string sql)
    {
        using SqliteConnection connection = new(
            new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "ledger.db"), Pooling = false }.ToString()
        );
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // written in the tests
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>All facts, by name.</summary>
    public static IReadOnlyList<(string Name, string Value)> Facts(string folder)
    {
        using SqliteConnection connection = new(
            new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "ledger.db"), Pooling = false }.ToString()
        );
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT name, value FROM fact ORDER BY name";
        using SqliteDataReader rows = command.ExecuteReader();
        List<(string, string)> facts = [];
        while (rows.Read())
        {
            facts.Add((rows.GetString(0), rows.GetString(1)));
        }

        return facts;
    }
}
