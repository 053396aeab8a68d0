namespace EdgeGateway.Evidence;

/// <summary>
/// Base64 in its only form (RFC 4648 §4): the platform reads <c>QQ==</c> and <c>QR==</c> as the same byte and passes over white space.
/// </summary>
internal static class Base64
{
    /// <summary>The bytes of a text.</summary>
    /// <exception cref="EvidenceException">The text is not what those bytes are written as.</exception>
    public static byte[] Decode(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) && Convert.ToBase64String(bytes.AsSpan(0, length)) == text
            ? bytes[..length]
            : throw new EvidenceException($"'{(text.Length > 100 ? text[..100] + "…" : text)}' is not canonical base64 (RFC 4648 §4).");
    }
}
