using System.Text.Json;
using System.Text.RegularExpressions;

namespace EdgeGateway.Site;

/// <summary>An element of a list in the site file.</summary>
/// <param name="Element">The element.</param>
/// <param name="Path">Where it stands, for example <c>meters[3]</c>.</param>
internal readonly record struct ListElement(JsonElement Element, string Path);

/// <summary>One object of the site file. Whatever is wrong with a member becomes a fault, and its value null.</summary>
internal sealed class Block
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly List<Fault> _faults;

    private Block(JsonElement element, string path, List<Fault> faults)
    {
        _path = path;
        _faults = faults;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!_members.TryAdd(member.Name, member.Value))
            {
                Fault(Clean(member.Name), "is written twice", "keep one of them");
            }
        }
    }

    /// <summary>The object, or null with a fault when the element is something else. Its keys are still to be checked.</summary>
    public static Block? Of(JsonElement element, string path, List<Fault> faults)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            return new Block(element, path, faults);
        }

        faults.Add(new Fault(path, $"is {Described(element)}", "write an object, { … }"));
        return null;
    }

    /// <summary>The object with no other keys than these.</summary>
    public static Block? Of(JsonElement element, string path, IReadOnlyList<string> keys, List<Fault> faults)
    {
        Block? block = Of(element, path, faults);
        block?.Allow(keys);
        return block;
    }

    /// <summary>Adds a fault for every key that is not one of these.</summary>
    public void Allow(IReadOnlyList<string> keys)
    {
        foreach (string key in _members.Keys.Where(k => !keys.Contains(k)))
        {
            Fault(Clean(key), "is not a key of the site file", RightFor(key, keys));
        }
    }

    private static string RightFor(string key, IReadOnlyList<string> keys)
    {
        if (key.Contains("password", StringComparison.OrdinalIgnoreCase))
        {
            return "secrets never stand in it: write passwordFile with the path of a file that holds the password";
        }

        string? near = Nearest(key, keys);
        return near is null ? $"the keys here are {string.Join(", ", keys)}" : $"did you mean {near}?";
    }

    /// <summary>Whether the object has a member.</summary>
    public bool Has(string key) => _members.ContainsKey(key);

    /// <summary>Adds a fault at a member, or at the object itself when <paramref name="key"/> is empty.</summary>
    public void Fault(string key, string wrong, string right) => _faults.Add(new Fault(At(key), wrong, right));

    /// <summary>An object in this one, whose keys are still to be checked. Null when it is absent or something else.</summary>
    public Block? Object(string key) =>
        Member(key, required: false, "write an object, { … }") is { } element ? Of(element, At(key), _faults) : null;

    /// <summary>An object in this one. Null when it is absent or something else.</summary>
    public Block? Object(string key, IReadOnlyList<string> keys, bool required = false) =>
        Member(key, required, "write an object, { … }") is { } element ? Of(element, At(key), keys, _faults) : null;

    /// <summary>The elements of a list with their paths. None when it is absent or something else.</summary>
    public IEnumerable<ListElement> List(string key, int least, int most, bool required)
    {
        if (Member(key, required, "write a list, [ … ]") is not { } list)
        {
            yield break;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Fault(key, $"is {Described(list)}", "write a list, [ … ]");
            yield break;
        }

        int count = list.GetArrayLength();
        if (count < least || count > most)
        {
            Fault(key, $"has {count} elements", $"write {least} to {most}");
        }

        for (int i = 0; i < count; i++)
        {
            yield return new ListElement(list[i], $"{At(key)}[{i}]");
        }
    }

    /// <summary>An element of a list as an object with no other keys than these. Null when it is something else.</summary>
    public Block? Element(JsonElement element, string path, IReadOnlyList<string> keys) => Of(element, path, keys, _faults);

    /// <summary>A text that matches a pattern.</summary>
    public string? Text(string key, Regex pattern, string right, bool required = true)
    {
        if (Member(key, required, right) is not { } element)
        {
            return null;
        }

        if (element.ValueKind != JsonValueKind.String)
        {
            Fault(key, $"is {Described(element)}", right);
            return null;
        }

        string text = element.GetString()!;
        if (pattern.IsMatch(text))
        {
            return text;
        }

        Fault(key, $"{Described(element)} is not allowed", right);
        return null;
    }

    /// <summary>A text that is one of some.</summary>
    public string? Choice(string key, IReadOnlyList<string> choices, string? right = null, bool required = true)
    {
        right ??= $"write {Either(choices)}";
        if (Member(key, required, right) is not { } element)
        {
            return null;
        }

        if (element.ValueKind == JsonValueKind.String && choices.Contains(element.GetString()))
        {
            return element.GetString();
        }

        string? near = element.ValueKind == JsonValueKind.String ? Nearest(element.GetString()!, choices) : null;
        Fault(key, $"{Described(element)} is not one of them", right + (near is null ? "" : $" (did you mean {near}?)"));
        return null;
    }

    /// <summary>A number within limits, both included, with at most <paramref name="decimals"/> digits after the point.</summary>
    public decimal? Number(string key, decimal least, decimal most, string wrong, string right, int decimals = 3, bool required = true)
    {
        if (Member(key, required, right) is not { } element)
        {
            return null;
        }

        if (element.ValueKind != JsonValueKind.Number)
        {
            Fault(key, $"is {Described(element)}", right);
            return null;
        }

        if (!element.TryGetDecimal(out decimal number) || number < least || number > most)
        {
            Fault(key, $"{Described(element)} {wrong}", right);
            return null;
        }

        if (decimal.Round(number, decimals) != number)
        {
            Fault(
                key,
                $"{Described(element)} has too many digits",
                decimals == 0 ? "write a whole number" : $"write at most {decimals} after the point"
            );
            return null;
        }

        return number;
    }

    /// <summary>A whole number within limits, or a default where the key is absent.</summary>
    public int? Integer(string key, int least, int most, string unit, int? absent = null)
    {
        string right = $"write a whole number{unit}, {least} to {most}";
        return absent is not null && !Has(key) ? absent : (int?)Number(key, least, most, "is out of range", right, 0);
    }

    /// <summary><c>true</c> or <c>false</c>, or a default where the key is absent.</summary>
    public bool Flag(string key, bool absent = false)
    {
        if (Member(key, required: false, "") is not { } element)
        {
            return absent;
        }

        if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fault(key, $"is {Described(element)}", "write true or false");
        }

        return element.ValueKind == JsonValueKind.True;
    }

    /// <summary>What an element is, for a sentence: a short value as written, else its kind.</summary>
    public static string Described(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => $"\"{Clean(element.GetString()!)}\"",
            _ => Clean(element.GetRawText()),
        };

    /// <summary>The choices as a sentence has them: <c>a, b or c</c>.</summary>
    public static string Either(IEnumerable<string> choices)
    {
        string[] all = [.. choices];
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} or {all[^1]}";
    }

    // A fault is told in one line, so control characters of the file are replaced and long texts cut.
    private static string Clean(string text) =>
        string.Concat(text.Take(60).Select(c => char.IsControl(c) ? '\uFFFD' : c)) + (text.Length > 60 ? "…" : "");

    private JsonElement? Member(string key, bool required, string right)
    {
        if (_members.TryGetValue(key, out JsonElement element))
        {
            return element;
        }

        if (required)
        {
            Fault(key, "is missing", right);
        }

        return null;
    }

    private string At(string key)
    {
        if (_path.Length == 0)
        {
            return key;
        }

        return key.Length == 0 ? _path : $"{_path}.{key}";
    }

    private static string? Nearest(string written, IEnumerable<string> choices) =>
        choices
            .Select(c => (Choice: c, Distance: Distance(written.ToLowerInvariant(), c.ToLowerInvariant())))
            .Where(c => c.Distance <= Math.Max(1, c.Choice.Length / 3))
            .OrderBy(c => c.Distance)
            .Select(c => c.Choice)
            .FirstOrDefault();

    /// <summary>Insertions, deletions and replacements between two words (Levenshtein), row by row.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= Math.Min(a.Length, 100); i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
