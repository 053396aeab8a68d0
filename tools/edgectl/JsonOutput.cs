using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeGateway.Edgectl;

/// <summary>Writes one JSON object for programs.</summary>
internal static class JsonOutput
{
    // The output is no HTML, so a µ or an apostrophe may stand as it is.
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(TextWriter output, Action<Utf8JsonWriter> members)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }
}
