namespace EdgeGateway.Carbon.Flows;

/// <summary>Splits whole amounts in proportion, into whole parts that add up to them.</summary>
/// <remarks>
/// Fractions would be exact in one interval, but the denominators of a battery's content and of a year's sums grow with every interval
/// without end. So parts are whole microwatt-hours: the cumulated shares are rounded half up, and a part is the step between two of them.
/// Parts are never negative, add up exactly, are less than 1 off the exact share, and exceed no weight where the amount is no more than
/// all weights (half up moves with whole steps: ⌊x + w + ½⌋ = ⌊x + ½⌋ + w; half to even does not, and could take more than there is).
/// </remarks>
internal static class Split
{
    /// <summary>Splits an amount over weights. If all weights are 0, so must be the amount.</summary>
    public static Int128[] Proportional(Int128 amount, ReadOnlySpan<Int128> weights)
    {
        Int128 whole = 0,
            cumulated = 0,
            before = 0;
        foreach (Int128 weight in weights)
        {
            whole += weight;
        }

        var parts = new Int128[weights.Length];
        for (int k = 0; k < parts.Length && amount > 0; k++)
        {
            cumulated += weights[k];
            Int128 upTo = Rounding.ShareHalfUp(amount, cumulated, whole);
            parts[k] = upTo - before;
            before = upTo;
        }

        return parts;
    }

    /// <summary>
    /// A table with the given sums of rows and of columns, which have the same total: every column in proportion to what is left of the
    /// rows.
    /// </summary>
    /// <returns>Cells by row, then column.</returns>
    public static Int128[][] Table(ReadOnlySpan<Int128> rows, ReadOnlySpan<Int128> columns)
    {
        Int128[] left = rows.ToArray();
        Int128[][] cells = [.. left.Select(_ => new Int128[FlowMatrix.Sinks])];
        for (int k = 0; k < columns.Length; k++)
        {
            Int128[] parts = Proportional(columns[k], left);
            for (int row = 0; row < left.Length; row++)
            {
                cells[row][k] = parts[row];
                left[row] -= parts[row];
            }
        }

        return cells;
    }
}
