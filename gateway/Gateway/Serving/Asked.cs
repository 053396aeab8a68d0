using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeGateway.Serving;

/// <summary>What a request asks for, and an answer in the form that it accepts.</summary>
internal static class Asked
{
    /// <summary>Whether it accepts JSON by name.</summary>
    public static bool AcceptsJson(this HttpContext context) =>
        context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "application/json");

    /// <summary>An answer as text, or as JSON for those who accept it.</summary>
    public static IResult Answer<T>(this HttpContext context, T answer, Func<T, string> toText, JsonTypeInfo<T> json)
    {
        context.Response.Headers.Vary = "Accept";
        return context.AcceptsJson()
            ? Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(answer, json), "application/json")
            : Results.Text(toText(answer), "text/plain");
    }

    /// <summary>Reads a whole number from 0.</summary>
    public static bool IsIndex(string? text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
