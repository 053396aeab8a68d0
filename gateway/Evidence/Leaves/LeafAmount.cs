namespace EdgeGateway.Evidence.Leaves;

/// <summary>An amount as a leaf states it.</summary>
/// <param name="Number">With the digits it was given.</param>
/// <param name="Unit">Registered for SenML (RFC 8428 §12.1, RFC 8798, RFC 9100), for example <c>Wh</c> or <c>m3</c>.</param>
public readonly record struct LeafAmount(DecimalFraction Number, string Unit)
{
    /// <summary>For example <c>9876.5 m3</c>.</summary>
    public override string ToString() => $"{Number} {Unit}";

    internal static LeafAmount? In(LeafRecord record) =>
        record is { Number: { } number, Unit: { } unit } ? new LeafAmount(number, unit) : null;

    internal LeafRecord As(string name) => new(name) { Unit = Unit, Number = Number };
}
