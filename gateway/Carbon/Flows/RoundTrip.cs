using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>Round-trip efficiency between the first and the last time the battery's content was measured.</summary>
internal sealed class RoundTrip
{
    private Int128? _first;
    private Int128 _charged,
        _discharged;
    private bool _gap;

    /// <summary>
    /// Charged and discharged in the window, and how much more the battery held at its end. Null: the content was not measured twice.
    /// </summary>
    public (Int128 Charged, Int128 Discharged, Int128 Change)? Window { get; private set; }

    /// <summary>Whether charge or discharge of an interval in the window is missing.</summary>
    public bool Incomplete { get; private set; }

    public void Take(FlowInterval interval)
    {
        _charged += _first is null ? 0 : interval.Charge ?? 0;
        _discharged += _first is null ? 0 : interval.Discharge ?? 0;
        _gap |= _first is not null && (interval.Charge is null || interval.Discharge is null);
    }

    public void Measured(Int128 content)
    {
        if (_first is { } first)
        {
            Window = (_charged, _discharged, content - first);
            Incomplete = _gap;
        }

        _first ??= content;
    }

    /// <summary>(discharged + change) ÷ charged, or why not.</summary>
    public (Fraction? Value, string? Reason) Value()
    {
        if (Window is not { } window)
        {
            return (null, "the content of the battery was not measured at two times; discharge over charge alone is no efficiency");
        }

        Int128 used = window.Discharged + window.Change;
        return Incomplete ? (null, "charge or discharge of an interval is missing")
            : window.Charged == 0 ? (null, "nothing was charged: 0/0")
            : used < 0 || used > window.Charged
                ? (
                    null,
                    $"{Balance.Kilowatthours(used)} kWh of {Balance.Kilowatthours(window.Charged)} kWh came back, which is "
                        + "impossible: the measured content is not right"
                )
            : (new Fraction(used, window.Charged), null);
    }
}
