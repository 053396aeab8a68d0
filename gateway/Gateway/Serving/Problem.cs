using System.Text.Json;

namespace EdgeGateway.Serving;

/// <summary>Why a request is not answered: problem details (RFC 9457).</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="title">The kind of problem, in two or three words.</param>
/// <param name="detail">What happened and what to do, in words.</param>
internal sealed class Problem(int status, string title, string detail) : IResult
{
    /// <summary>The query's parameter is not the index of a leaf.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="example">A right request.</param>
    /// <param name="text">What was given, or null.</param>
    public static Problem WrongIndex(string name, string example, string? text)
    {
        string given = text is null ? "it is missing" : $"'{text}' is not one";
        return new Problem(400, "Wrong query", $"{name} is the index of a leaf, a whole number from 0 such as {example}; {given}.");
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext context)
    {
        byte[] json = Json();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json).AsTask();
    }

    private byte[] Json()
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            writer.WriteString("title", title);
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }

        return json.ToArray();
    }
}
