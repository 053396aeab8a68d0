using System.Text.Json.Serialization.Metadata;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Serving;

/// <summary>How what is recorded came about, by the leaves that it rests on.</summary>
/// <param name="ledger">Where they are.</param>
internal sealed class Explanations(Ledger ledger)
{
    /// <summary>Explains the leaf that the query names, as text, or as JSON for those who accept it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">The type of leaves that can be explained.</param>
    /// <param name="what">What they are called.</param>
    /// <param name="example">A right request.</param>
    /// <param name="of">Explains a leaf, given those that it rests on by their index.</param>
    /// <param name="toText">The explanation in words.</param>
    /// <param name="json">The explanation as JSON.</param>
    public IResult Explain<T>(
        HttpContext context,
        string type,
        string what,
        string example,
        Func<Leaf, Func<long, Leaf?>, T> of,
        Func<T, string> toText,
        JsonTypeInfo<T> json
    )
    {
        string? text = context.Request.Query["leaf"];
        if (!Asked.IsIndex(text, out long index))
        {
            return Problem.WrongIndex("leaf", example, text);
        }

        if (LeafAt(index) is not { } leaf || leaf.Head.Type != type)
        {
            return new Problem(404, $"No {what}", $"Leaf {index} is no {what} of this log, which has {ledger.Size} leaves.");
        }

        try
        {
            return context.Answer(of(leaf, LeafAt), toText, json);
        }
        catch (InvalidDataException e)
        {
            return new Problem(404, "Not explained", $"Leaf {index} is a {what} of another version of the gateway: {e.Message}");
        }
    }

    private Leaf? LeafAt(long index) => ledger.Leaves(index, index + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null;
}
