using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>What went through a battery between two measurements of its content, µWh.</summary>
/// <param name="Charged">Into it.</param>
/// <param name="Discharged">Out of it.</param>
/// <param name="Change">How much more it held at the second measurement; negative where it held less.</param>
internal sealed record RoundTripWindow(Int128 Charged, Int128 Discharged, Int128 Change)
{
    /// <summary>What came back of the charge: discharged, or still there.</summary>
    public Int128 Used => Discharged + Change;
}

/// <summary>Round-trip efficiency between the first and the last time the battery's content was measured.</summary>
internal sealed class RoundTrip
{
    private Int128? _first;
    private Int128 _charged,
        _discharged;
    private bool _gap;

    private bool _incomplete; // charge or discharge of an interval in the window is missing

    /// <summary>What went through the battery between the two. Null: the content was not measured twice.</summary>
    public RoundTripWindow? Window { get; private set; }

    /// <summary>Why the efficiency cannot be told. Null: it can.</summary>
    public string? NoEfficiency
    {
        get
        {
            if (Window is null)
            {
                return "the content of the battery was not measured at two times; discharge over charge alone is no efficiency";
            }

            if (_incomplete)
            {
                return "charge or discharge of an interval is missing";
            }

            if (Window.Charged == 0)
            {
                return "nothing was charged: 0/0";
            }

            if (Window.Used < 0 || Window.Used > Window.Charged)
            {
                return $"{Balance.Kilowatthours(Window.Used)} kWh of {Balance.Kilowatthours(Window.Charged)} kWh came back, which is "
                    + "impossible: the measured content is not right";
            }

            return null;
        }
    }

    /// <summary>(discharged + change) ÷ charged, from 0 to 1. Null: <see cref="NoEfficiency"/> says why.</summary>
    public Fraction? Efficiency => NoEfficiency is null ? new Fraction(Window!.Used, Window.Charged) : null;

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
            Window = new(_charged, _discharged, content - first);
            _incomplete = _gap;
        }

        _first ??= content;
    }
}
