using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Site;

/// <summary>Changes a valid file in every place, one change at a time, and asks both the schema and the validator.</summary>
public sealed class SiteSchemaTests : IDisposable
{
    // Faults of references, wiring, files and arithmetic, which no schema can express.
    private static readonly Regex BeyondSchema = new(
        @"(\.bus|\.group|\.source): |after the point|does not divide|does not begin and end|is there already|is taken by|no meter is in|"
            + "is not one of the meters|is not one of the accounts|is within a year of|is not before that of the budget|does "
            + "not count|there is no series|do not hold whole slots|fuel.set: .* has no|heat.set: .* has no|stands "
            + "without|fuel: .* is not|no emission factor|no file|cannot be used|is a real bus|no bus is simulated|knows "
            + "no time zone|"
            + "there is no time|no possible port|no possible host|is not counted in|other channel|another phase|is the device "
            + "of another|does not come after|"
            + "of the clamp.s rated current|cannot show class|cannot each be stable|is the same key|is already in|counts "
            + "impulses and|only one continuously|one conversion at a time"
    );

    private static readonly JsonNode Schema = JsonNode.Parse(File.ReadAllText(Corpus.Schema))!;
    private static readonly string Everything = File.ReadAllText(Path.Combine(Corpus.Folder, "valid-every-key.json"));

    private static readonly string[] Kinds =
    [
        .. Descendants(Schema).OfType<JsonObject>().Select(o => o["const"]?.ToJsonString()).OfType<string>().Distinct(),
    ];

    private readonly string _file = Path.Combine(Corpus.Folder, "changed.tmp");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Schema_and_validator_agree_on_every_single_change()
    {
        List<(string What, string Document)> changes = [.. Changes()];
        TestContext.Current.TestOutputHelper?.WriteLine($"{changes.Count} documents");
        Assert.InRange(changes.Count, 12_000, 40_000);
        Task<bool[]> schemas = Task.Run(() => Corpus.ValidBySchema(changes.Select(c => c.Document)), TestContext.Current.CancellationToken);
        List<IReadOnlyList<Fault>> validators = [.. changes.Select(c => Validate(c.Document))];
        bool[] valid = await schemas;
        Assert.Equal(changes.Count, valid.Length);
        int good = 0;
        foreach (((string what, string _), bool bySchema, IReadOnlyList<Fault> faults) in changes.Zip(valid, validators))
        {
            string said = string.Join("\n", faults);
            Assert.True(bySchema || faults.Count > 0, $"{what}: only the schema refuses it");
            Assert.True(
                !bySchema || faults.All(f => BeyondSchema.IsMatch(f.ToString())),
                $"{what}: only the validator refuses it:\n{said}"
            );
            good += bySchema && faults.Count == 0 ? 1 : 0;
        }

        // The changes reach both sides of the limits.
        Assert.InRange(good, 100, changes.Count / 2);
    }

    [Fact]
    public void Schema_and_validator_know_the_same_keys_everywhere()
    {
        int objects = 0;
        foreach ((JsonNode node, JsonNode schema, string path) in Walk(JsonNode.Parse(Everything)!, Schema, ""))
        {
            if (node is JsonObject here)
            {
                objects++;
                string[] keys = [.. schema["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal)];
                Assert.False((bool)schema["additionalProperties"]!);
                JsonNode root = node.Root;
                here["qqqqqqqqqqqqqqqq"] = 1;
                Fault fault = Assert.Single(Validate(root.ToJsonString()));
                here.Remove("qqqqqqqqqqqqqqqq");
                Assert.Equal($"{path}.qqqqqqqqqqqqqqqq".TrimStart('.'), fault.Path);
                Assert.Equal(keys, fault.Right["the keys here are ".Length..].Split(", ").Order(StringComparer.Ordinal));
            }
        }

        Assert.InRange(objects, 20, 100);
    }

    [Fact]
    public void Every_key_of_the_schema_has_a_description_and_stands_in_the_file_with_every_key()
    {
        HashSet<JsonNode> used = [];
        // A ready line is on a real bus, and those are in no file with simulated ones.
        // A device has one key.
        string real = File.ReadAllText(Path.Combine(Corpus.Folder, "valid-gpio.json")),
            tpm = File.ReadAllText(Path.Combine(Corpus.Folder, "valid-tpm.json")),
            file = File.ReadAllText(Path.Combine(Corpus.Folder, "valid-file-key.json"));
        foreach (
            (JsonNode node, JsonNode schema, string _) in new[] { Everything, real, tpm, file }.SelectMany(f =>
                Walk(JsonNode.Parse(f)!, Schema, "")
            )
        )
        {
            foreach ((string key, JsonNode? _) in node as JsonObject ?? [])
            {
                used.Add(schema["properties"]![key]!);
            }
        }

        int keys = 0;
        foreach (
            JsonObject properties in Descendants(Schema)
                .OfType<JsonObject>()
                .Where(o =>
                    o.Parent is JsonObject && o.GetPropertyName() == "properties" && !o.GetPath().Contains(".if.", StringComparison.Ordinal)
                )
        )
        {
            foreach ((string key, JsonNode? property) in properties)
            {
                keys++;
                Assert.False(string.IsNullOrWhiteSpace((string?)property!["description"]), $"{property.GetPath()} has no description");
                Assert.True(used.Contains(property), $"{property.GetPath()} ({key}) is not in valid-every-key.json");
            }
        }

        Assert.InRange(keys, 60, 400);
    }

    private IReadOnlyList<Fault> Validate(string document)
    {
        File.WriteAllText(_file, document);
        return Corpus.Faults(_file);
    }

    private IEnumerable<(string What, string Document)> Changes()
    {
        int parts = Parts(JsonNode.Parse(Everything)!).Count;
        return Enumerable.Range(0, parts).SelectMany(ChangesOf);
    }

    private IEnumerable<(string What, string Document)> ChangesOf(int part)
    {
        string[] kinds = ["null", "true", "7", "7.5", "\"x\"", "[]", "{}", "[null]"];
        (JsonNode root, JsonNode kept) = SmallestWith(part);
        string document = root.ToJsonString();
        // The same order as in every copy of the document that is changed below.
        (JsonNode Node, JsonNode Schema, string Path)[] places = [.. Walk(root, Schema, "").Skip(1)];
        for (int place = 0; place < places.Length; place++)
        {
            (JsonNode here, JsonNode schema, string _) = places[place];
            if (!IsOf(kept, here))
            {
                continue;
            }

            IEnumerable<string> limits = new[] { schema["minimum"], schema["maximum"] }
                .OfType<JsonValue>()
                .SelectMany(v => new[] { -1, -0.001m, 0, 0.001m, 1 }.Select(d => (v.GetValue<decimal>() + d).ToString()));
            foreach (string value in kinds.Concat(here.GetValueKind() == JsonValueKind.String ? TextsFor(schema) : limits))
            {
                yield return Change(document, place, $"becomes {value}", n => n.ReplaceWith(JsonNode.Parse(value)));
            }

            yield return Change(document, place, "is removed", n => (n.Parent as JsonObject)?.Remove(n.GetPropertyName()));
            yield return Change(document, place, "has one more key", n => (n as JsonObject)?.Add("more", 1));
            yield return Change(document, place, "is emptied", n => (n as JsonArray)?.Clear());
        }
    }

    private static (string What, string Document) Change(string document, int place, string what, Action<JsonNode> change)
    {
        JsonNode root = JsonNode.Parse(document)!;
        JsonNode node = Places(root).ElementAt(place);
        string path = node.GetPath();
        change(node);
        return ($"{path} {what}", root.ToJsonString());
    }

    /// <summary>
    /// The smallest valid file that still has this part of the file with every key: both judge it many times faster than the whole file.
    /// </summary>
    private (JsonNode Root, JsonNode Part) SmallestWith(int part)
    {
        JsonNode root = JsonNode.Parse(Everything)!;
        List<JsonNode> parts = Parts(root);
        JsonNode kept = parts[part];
        // From the end: what refers to something stands after it, so one pass is enough.
        foreach (JsonNode other in parts.AsEnumerable().Reverse().Where(p => p != kept && p != kept.Parent))
        {
            RemoveUnlessNeeded(root, other);
        }

        return (root, kept);
    }

    private void RemoveUnlessNeeded(JsonNode root, JsonNode part)
    {
        Action putBack;
        if (part.Parent is JsonArray list)
        {
            int index = part.GetElementIndex();
            list.RemoveAt(index);
            putBack = () => list.Insert(index, part);
        }
        else
        {
            string key = part.GetPropertyName();
            root.AsObject().Remove(key);
            putBack = () => root.AsObject().Add(key, part);
        }

        if (Validate(root.ToJsonString()).Count > 0)
        {
            putBack();
        }
    }

    /// <summary>The parts of a file: each value at its top, and each element of those that are lists.</summary>
    private static List<JsonNode> Parts(JsonNode root) =>
        [.. root.AsObject().SelectMany(p => p.Value is JsonArray list ? list.Prepend(list) : [p.Value]).Select(n => n!)];

    /// <summary>Whether a node is of a part. Of a list it is only the list itself: its elements are parts of their own.</summary>
    private static bool IsOf(JsonNode part, JsonNode node)
    {
        JsonNode? at = node;
        while (at != part && at is not null && part is not JsonArray)
        {
            at = at.Parent;
        }

        return at == part;
    }

    /// <summary>What the schema names here, the kinds that it names anywhere, and texts at the limits of its patterns.</summary>
    private static IEnumerable<string> TextsFor(JsonNode schema) =>
        [
            .. Kinds
                .Concat(
                    Descendants(schema).OfType<JsonObject>().SelectMany(o => o["enum"] as JsonArray ?? []).Select(v => v!.ToJsonString())
                )
                .Distinct(),
            "\"\"",
            "\"x\"",
            "\"a b\"",
            "\"a/b\"",
            "\"+\"",
            "\"-a\"",
            "\"A-1\"",
            "\"a_b\"",
            "\"0\"",
            "\"00\"",
            "\"0.1\"",
            "\"1.\"",
            "\"1,5\"",
            "\"/\"",
            "\"/x\"",
            $"\"{new string('a', 16)}\"",
            $"\"{new string('a', 17)}\"",
            $"\"{new string('a', 32)}\"",
            $"\"{new string('a', 33)}\"",
            $"\"{new string('a', 80)}\"",
            $"\"{new string('a', 81)}\"",
            "\"line\\nline\"",
            "\"/dev/i2c-1\"",
            "\"/dev/i2c-x\"",
            "\"gpio:pinctrl-rp1\"",
            "\"gpio:\"",
            "\"replay:recording.cfg\"",
            "\"http://*:0\"",
            "\"http://[::1]:80/\"",
            "\"http://a\"",
            "\"::1\"",
        ];

    private static IEnumerable<JsonNode> Places(JsonNode root) => Descendants(root).Where(n => n != root);

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject o => o.Select(p => p.Value),
            JsonArray a => a,
            _ => [],
        };
        return children.OfType<JsonNode>().ToList().SelectMany(Descendants).Prepend(node);
    }

    /// <summary>Every node of a document with the schema that holds for it.</summary>
    private static IEnumerable<(JsonNode Node, JsonNode Schema, string Path)> Walk(JsonNode node, JsonNode schema, string path)
    {
        if (schema["oneOf"] is JsonArray kinds)
        {
            schema = kinds
                .Select(k => Schema["$defs"]![((string)k!["$ref"]!).Split('/')[^1]]!)
                .Single(k => (string?)k["properties"]!["kind"]!["const"] == (string?)node["kind"]);
        }

        IEnumerable<(JsonNode Node, JsonNode Schema, string Path)> children = node switch
        {
            JsonObject o => o.ToList()
                .SelectMany(p => Walk(p.Value!, schema["properties"]![p.Key]!, path.Length == 0 ? p.Key : $"{path}.{p.Key}")),
            JsonArray a => a.ToList().SelectMany((n, i) => Walk(n!, schema["items"]!, $"{path}[{i}]")),
            _ => [],
        };
        return children.Prepend((node, schema, path));
    }
}
