using System.Text.Json;
using EdgeGateway.Carbon;

namespace EdgeGateway.Edgectl;

/// <summary>What stands at a place of a JSON file is not of its form, or does not hold. The message names the place.</summary>
internal sealed class JsonRefusedException(string path, string what) : Exception($"{path}: {what}");

/// <summary>A JSON object with its path, whose members are read by name. A member that is unknown or written twice is refused.</summary>
internal sealed class JsonPart
{
    private const int MostElements = 2_000;

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    public JsonPart(JsonElement element, string path, params ReadOnlySpan<string> keys)
    {
        Path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new JsonRefusedException(path, $"is {Described(element)}. Write an object, {{ … }}.");
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            string name = Decoded(path, () => member.Name);
            if (!keys.Contains(name))
            {
                throw new JsonRefusedException(At(Shown(name)), $"is not a member. Here are {string.Join(", ", keys)}.");
            }

            if (!_members.TryAdd(name, member.Value))
            {
                throw new JsonRefusedException(At(name), "is written twice. Keep one of them.");
            }
        }
    }

    public string Path { get; }

    public bool Has(string key) => _members.ContainsKey(key);

    /// <summary>A text, read by <paramref name="read"/>, whose refusal gets the member's path.</summary>
    public T Required<T>(string key, Func<string, T> read) => Has(key) ? Optional(key, read)! : throw Missing(key);

    /// <summary>A text or nothing.</summary>
    public T? Optional<T>(string key, Func<string, T> read)
    {
        if (!_members.TryGetValue(key, out JsonElement element))
        {
            return default;
        }

        string text =
            element.ValueKind == JsonValueKind.String && Decoded(At(key), element.GetString) is { Length: <= 1000 } t
                ? t
                : throw new JsonRefusedException(
                    At(key),
                    $"is {Described(element)}. Write a text of at most 1000 characters; amounts are texts too, with their unit."
                );
        return Refusing(At(key), () => read(text));
    }

    public string Text(string key) => Required(key, t => t.Trim().Length > 0 ? t : throw new CarbonException("is empty."));

    public string? TextOrNull(string key) => Optional(key, t => t);

    public int? Integer(string key) =>
        !_members.TryGetValue(key, out JsonElement element) ? null
        : element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value
        : throw new JsonRefusedException(At(key), $"is {Described(element)}. Write a whole number.");

    public bool Truth(string key) =>
        _members.TryGetValue(key, out JsonElement element)
        && (
            element.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? element.GetBoolean()
                : throw new JsonRefusedException(At(key), $"is {Described(element)}. Write true or false.")
        );

    public JsonPart Object(string key, params ReadOnlySpan<string> keys) =>
        _members.TryGetValue(key, out JsonElement element) ? new JsonPart(element, At(key), keys) : throw Missing(key);

    public IReadOnlyList<(JsonElement Element, string Path)> List(string key, int most = MostElements)
    {
        if (!_members.TryGetValue(key, out JsonElement element))
        {
            return [];
        }

        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > most)
        {
            throw new JsonRefusedException(
                At(key),
                element.ValueKind == JsonValueKind.Array
                    ? $"has more than {most} elements."
                    : $"is {Described(element)}. Write a list, [ … ]."
            );
        }

        return [.. element.EnumerateArray().Select((e, i) => (e, $"{At(key)}[{i}]"))];
    }

    public IReadOnlyList<string> Texts(string key) =>
        [
            .. List(key)
                .Select(e =>
                    e.Element.ValueKind == JsonValueKind.String && Decoded(e.Path, e.Element.GetString) is { Length: > 0 and <= 1000 } text
                        ? text
                        : throw new JsonRefusedException(e.Path, $"is {Described(e.Element)}. Write a text.")
                ),
        ];

    /// <summary>One of some texts.</summary>
    public T Choice<T>(string key, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        string text = Text(key);
        foreach ((string choice, T value) in choices)
        {
            if (choice == text)
            {
                return value;
            }
        }

        List<string> texts = [];
        foreach ((string choice, _) in choices)
        {
            texts.Add(choice);
        }

        throw new JsonRefusedException(At(key), $"is '{Shown(text)}'. Write {string.Join(" or ", texts)}.");
    }

    public string At(string key) => $"{Path}.{key}";

    public JsonRefusedException Missing(string key) => new(At(key), "is missing.");

    /// <summary>Names the place of what is refused within.</summary>
    public static T Refusing<T>(string path, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception e)
            when (e is CarbonException or FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new JsonRefusedException(path, e.Message);
        }
    }

    // A text with half of a surrogate pair is JSON, but no text.
    private static string Decoded(string path, Func<string?> decode)
    {
        try
        {
            return decode()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonRefusedException(path, "holds a character that does not exist.");
        }
    }

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static string Described(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => "a text",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "true or false",
        };
}
