using System.Formats.Cbor;
using System.Text;

namespace EdgeGateway.Evidence;

/// <summary>
/// Reads the deterministic CBOR of leaves (RFC 8949 §4.2.1; map labels in the length-first order of RFC 7049 §3.9): definite lengths,
/// shortest heads, ascending labels, valid UTF-8. It refuses all else as the platform's canonical reader does, which takes several times
/// as long because it copies and sorts what it reads.
/// </summary>
internal ref struct StrictCbor(ReadOnlyMemory<byte> bytes)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _memory = bytes;
    private readonly ReadOnlySpan<byte> _bytes = bytes.Span;
    private ReadOnlySpan<byte> _label;
    private int _at;

    /// <summary>The major types of RFC 8949 §3.1.</summary>
    public enum Major
    {
        Unsigned,
        Negative,
        Bytes,
        Text,
        Array,
        Map,
        Tag,
        Simple,
    }

    /// <summary>Bytes that have not been read.</summary>
    public readonly int Remaining => _bytes.Length - _at;

    /// <summary>What comes next.</summary>
    /// <exception cref="EvidenceException">Nothing does.</exception>
    public readonly Major Next => _at < _bytes.Length ? (Major)(_bytes[_at] >> 5) : throw CutShort();

    /// <summary>Reads an integer.</summary>
    public long ReadInteger()
    {
        bool negative = Next == Major.Negative;
        ulong head = ReadHead(negative ? Major.Negative : Major.Unsigned);
        if (head > long.MaxValue)
        {
            throw NotDeterministic("a number is beyond 64 bits with its sign.");
        }

        return negative ? -1 - (long)head : (long)head;
    }

    /// <summary>Reads the bytes of a byte string or text.</summary>
    public ReadOnlySpan<byte> ReadString(Major major)
    {
        ulong length = ReadHead(major);
        if (length > (ulong)Remaining)
        {
            throw CutShort();
        }

        _at += (int)length;
        return _bytes.Slice(_at - (int)length, (int)length);
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="ArgumentException">It is not UTF-8.</exception>
    public string ReadText() => TextOf(ReadString(Major.Text));

    /// <summary>A text from its bytes.</summary>
    /// <exception cref="ArgumentException">They are not UTF-8.</exception>
    public static string TextOf(ReadOnlySpan<byte> utf8) => Utf8.GetString(utf8);

    /// <summary>Reads how many pairs a map has. Maps whose labels are read do not lie in one another.</summary>
    public int ReadMap()
    {
        _label = default;
        return ReadCount(Major.Map);
    }

    /// <summary>Reads how many items an array has.</summary>
    public int ReadArray() => ReadCount(Major.Array);

    /// <summary>Reads true or false.</summary>
    public bool ReadTruth()
    {
        const ulong False = 20,
            True = 21;
        ulong value = ReadHead(Major.Simple);
        return value is False or True ? value == True : throw NotDeterministic("a truth value is true or false.");
    }

    /// <summary>Reads the number of a tag.</summary>
    public ulong ReadTag() => ReadHead(Major.Tag);

    /// <summary>Reads a label of a map of labels that are texts or integers.</summary>
    /// <param name="text">The text's bytes; empty where the label is an integer.</param>
    /// <param name="number">The integer.</param>
    /// <returns>Whether it is a text.</returns>
    public bool ReadLabel(out ReadOnlySpan<byte> text, out long number)
    {
        int start = _at;
        bool isText = Next == Major.Text;
        text = default;
        number = 0;
        if (isText)
        {
            text = ReadString(Major.Text);
        }
        else
        {
            number = ReadInteger();
        }

        ReadOnlySpan<byte> label = _bytes[start.._at];
        bool ascends = label.Length == _label.Length ? label.SequenceCompareTo(_label) > 0 : label.Length > _label.Length;
        _label = label;
        return ascends ? isText : throw NotDeterministic("the labels of a map do not ascend, or one stands there twice.");
    }

    /// <summary>Passes over a value of any kind that is deterministic CBOR.</summary>
    /// <exception cref="CborContentException">It is not.</exception>
    public void Skip()
    {
        CborReader value = new(_memory[_at..], CborConformanceMode.Canonical, allowMultipleRootLevelValues: true);
        value.SkipValue();
        _at = _bytes.Length - value.BytesRemaining;
    }

    // Each item has a byte or more, so a count beyond the bytes left is refused before anything is made for it.
    private int ReadCount(Major major)
    {
        ulong count = ReadHead(major);
        return count <= (ulong)Remaining ? (int)count : throw CutShort();
    }

    // Major type in 3 bits, then the value itself up to 23, or how many bytes of it follow:  24: 1   25: 2   26: 4   27: 8
    private ulong ReadHead(Major major)
    {
        const int OneByteFollows = 24,
            EightBytesFollow = 27;
        if (Next != major)
        {
            throw NotDeterministic($"there is {Words(Next)} where {Words(major)} belongs.");
        }

        int info = _bytes[_at++] & 0x1F;
        if (info < OneByteFollows)
        {
            return (ulong)info;
        }

        if (info > EightBytesFollow)
        {
            throw NotDeterministic("a length is indefinite or reserved.");
        }

        int size = 1 << (info - OneByteFollows);
        if (Remaining < size)
        {
            throw CutShort();
        }

        ulong value = 0;
        for (int end = _at + size; _at < end; _at++)
        {
            value = (value << 8) | _bytes[_at];
        }

        bool shortest = size == 1 ? value >= OneByteFollows : value >> (size * 4) != 0;
        return shortest ? value : throw NotDeterministic("a number or length is not in its shortest form.");
    }

    private static string Words(Major major) =>
        major switch
        {
            Major.Unsigned => "a whole number of 0 or more",
            Major.Negative => "a number below 0",
            Major.Bytes => "a byte string",
            Major.Text => "a text",
            Major.Array => "an array",
            Major.Map => "a map",
            Major.Tag => "a tag",
            _ => "a float or simple value",
        };

    private static EvidenceException CutShort() => NotDeterministic("it is cut short.");

    private static EvidenceException NotDeterministic(string why) =>
        new($"The leaf is not deterministic CBOR as this log writes it: {why}");
}
