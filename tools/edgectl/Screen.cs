using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary>Where tables go: the terminal as wide as it is, a pipe or a file wide enough that no row is broken.</summary>
internal static class Screen
{
    private const int PipeColumns = 140;

    public static IAnsiConsole On(TextWriter output)
    {
        bool terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(output),
                Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
            }
        );
        if (!terminal)
        {
            console.Profile.Width = PipeColumns;
            console.Profile.Capabilities.Unicode = true;
        }

        return console;
    }

    /// <summary>A plain table; the columns from <paramref name="firstNumber"/> on stand flush right.</summary>
    public static Table Table(int firstNumber, params ReadOnlySpan<string> headers)
    {
        Table table = new() { Border = TableBorder.Simple };
        for (int i = 0; i < headers.Length; i++)
        {
            TableColumn column = new(Markup.Escape(headers[i])) { NoWrap = true };
            table.AddColumn(i < firstNumber ? column : column.RightAligned());
        }

        return table;
    }
}
