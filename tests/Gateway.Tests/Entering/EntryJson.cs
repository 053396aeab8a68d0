namespace EdgeGateway.Gateway.Tests.Entering;

/// <summary>What Li Wei enters, as the JSON that the gateway takes.</summary>
internal static class EntryJson
{
    public static string Manual(string kind, string subject, string from, string to, string amount, string unit, string? document = null)
    {
        string beside = document is null ? "" : $",\"document\":\"{document}\"";
        return $$"""{"type":"manual","kind":"{{kind}}","subject":"{{subject}}",{{Period(from, to)}},{{Amount(amount, unit)}},"""
            + $"{By}{beside}}}";
    }

    public static string Instrument(
        string kind,
        string id,
        string from,
        string to,
        string amount,
        string unit,
        params (string Name, string Text)[] details
    )
    {
        string all = string.Join(',', details.Select(d => $"\"{d.Name}\":\"{d.Text}\""));
        return $$"""{"type":"instrument","kind":"{{kind}}","id":"{{id}}",{{Period(from, to)}},{{Amount(amount, unit)}},"""
            + $"{By},\"details\":{{{all}}}}}";
    }

    public static string Correction(long supersedes, string reason, string amount, string unit) =>
        $$"""{"type":"correction","supersedes":{{supersedes}},"reason":"{{reason}}",{{By}},{{Amount(amount, unit)}}}""";

    private const string By = "\"by\":\"Li Wei\"";

    private static string Period(string from, string to) => $"\"from\":\"{from}\",\"to\":\"{to}\"";

    private static string Amount(string amount, string unit) => $"\"amount\":\"{amount}\",\"unit\":\"{unit}\"";
}
