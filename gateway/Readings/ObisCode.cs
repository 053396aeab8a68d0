using System.Globalization;

namespace EdgeGateway.Readings;

/// <summary>Names what a register counts, by the object identification system of IEC 62056-61 (DLMS/COSEM).</summary>
/// <remarks>
/// Written <c>A-B:C.D.E.F</c>, for example <c>1-0:1.8.0.255</c> for imported active energy. The standard's display form puts
/// <c>*</c> before F; SenML names (RFC 8428 §4.5.1) have no <c>*</c>, so that form is read and the point form is written.
/// </remarks>
public readonly record struct ObisCode
{
    /// <summary>Bytes of a code.</summary>
    public const int Bytes = 6;

    private readonly ulong _code;

    private ObisCode(ReadOnlySpan<byte> groups)
    {
        foreach (byte group in groups)
        {
            _code = (_code << 8) | group;
        }
    }

    /// <summary>Active energy drawn from the supply, all phases of the meter.</summary>
    public static ObisCode ActiveImport { get; } = Parse("1-0:1.8.0.255");

    /// <summary>Active energy fed back.</summary>
    public static ObisCode ActiveExport { get; } = Parse("1-0:2.8.0.255");

    /// <summary>Apparent energy drawn. What a current clamp without a voltage can count, with an assumed voltage.</summary>
    public static ObisCode ApparentImport { get; } = Parse("1-0:9.8.0.255");

    /// <summary>Gas volume at operating conditions (IEC 62056-61, medium 7).</summary>
    public static ObisCode Gas { get; } = Parse("7-0:3.0.0.255");

    /// <summary>Heat energy (medium 6).</summary>
    public static ObisCode Heat { get; } = Parse("6-0:1.0.0.255");

    /// <summary>Cold water volume (medium 8).</summary>
    public static ObisCode Water { get; } = Parse("8-0:1.0.0.255");

    /// <summary>Compressed air volume (medium 15, other media).</summary>
    public static ObisCode CompressedAir { get; } = Parse("15-0:1.0.0.255");

    /// <summary>
    /// Pieces of a product. Nothing is metered, so the medium is abstract (0); C.D = 96.15 is a counter of occurrences (IEC 62056-6-1,
    /// general service entries; DLMS UA 1000-1), here of pieces that pass.
    /// </summary>
    public static ObisCode Pieces { get; } = Parse("0-0:96.15.0.255");

    /// <summary>Reads <c>A-B:C.D.E.F</c> or <c>A-B:C.D.E*F</c>, each group 0 to 255.</summary>
    /// <exception cref="FormatException">The text is not an OBIS code.</exception>
    public static ObisCode Parse(string text)
    {
        Span<byte> groups = stackalloc byte[6];
        ReadOnlySpan<char> separators = ['-', ':', '.', '.', '.'];
        ReadOnlySpan<char> rest = text;
        for (int i = 0; i < groups.Length; i++)
        {
            int end = i switch
            {
                5 => rest.Length,
                4 => rest.IndexOfAny('.', '*'),
                _ => rest.IndexOf(separators[i]),
            };
            if (end < 1 || !byte.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out groups[i]))
            {
                throw new FormatException(
                    $"'{text}' is not an OBIS code. Write A-B:C.D.E.F with each group from 0 to 255, as in 1-0:1.8.0.255."
                );
            }

            rest = i == 5 ? default : rest[(end + 1)..];
        }

        return new ObisCode(groups);
    }

    /// <summary>Takes the groups A to F, one byte each: the logical name as DLMS/COSEM carries it (IEC 62056-6-2).</summary>
    /// <exception cref="ArgumentException">There are not six bytes.</exception>
    public static ObisCode FromBytes(ReadOnlySpan<byte> groups) =>
        groups.Length == Bytes
            ? new ObisCode(groups)
            : throw new ArgumentException($"An OBIS code has {Bytes} bytes, not {groups.Length}.", nameof(groups));

    /// <summary>Writes the groups A to F, one byte each.</summary>
    /// <exception cref="ArgumentException">There is no room for six bytes.</exception>
    public void CopyTo(Span<byte> groups)
    {
        if (groups.Length < Bytes)
        {
            throw new ArgumentException($"An OBIS code needs {Bytes} bytes, not {groups.Length}.", nameof(groups));
        }

        for (int i = 0; i < Bytes; i++)
        {
            groups[i] = Group(Bytes - 1 - i);
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Group(5)}-{Group(4)}:{Group(3)}.{Group(2)}.{Group(1)}.{Group(0)}");

    private byte Group(int fromTheRight) => (byte)((_code >> (8 * fromTheRight)) & 0xFF);
}
