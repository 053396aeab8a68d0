using Fractions;

namespace EdgeGateway.Carbon.Targets;

/// <summary>How something stands against what is asked.</summary>
public enum Attainment
{
    /// <summary>It is as asked.</summary>
    Met,

    /// <summary>It is not as asked.</summary>
    NotMet,

    /// <summary>It is not known. What is not known never counts as met.</summary>
    NoValue,
}

/// <summary>A site's figure: a value, or the reason why there is none.</summary>
/// <param name="Name">As <see cref="Carbon.Figure"/> or <see cref="Flows.FlowFigure"/> has it where one of them computes it.</param>
/// <param name="Value">Null: there is none.</param>
/// <param name="NoValue">Why there is none; null where there is one.</param>
public sealed record TargetFigure(string Name, Measure? Value, string? NoValue);

/// <summary>An indicator's judgement.</summary>
/// <param name="Indicator">What is asked.</param>
/// <param name="Figure">The figure that is given. Null: none is.</param>
/// <param name="Verdict">How it stands.</param>
/// <param name="Distance">How far the value is on the good side of the threshold, in its unit; negative on the other. Null: no value or no
/// threshold.</param>
/// <param name="Reason">Why there is no value.</param>
public sealed record Judgement(TargetIndicator Indicator, TargetFigure? Figure, Attainment Verdict, Fraction? Distance, string? Reason)
{
    /// <summary>Judges one figure.</summary>
    /// <exception cref="CarbonException">The figure's unit is not one that the threshold's converts into.</exception>
    internal static Judgement Of(TargetIndicator indicator, TargetFigure? figure)
    {
        if (figure?.Value is not { } value)
        {
            return new Judgement(
                indicator,
                figure,
                Attainment.NoValue,
                null,
                figure is null ? "it is not given" : figure.NoValue ?? "it is not known"
            );
        }

        if (indicator.Threshold is not { } threshold)
        {
            return new Judgement(indicator, figure, Attainment.Met, null, null);
        }

        try
        {
            Fraction above = value.In(threshold).Value - threshold.Value;
            Fraction distance = indicator.Comparison == Comparison.AtLeast ? above : -above;
            return new Judgement(indicator, figure, distance.IsNegative ? Attainment.NotMet : Attainment.Met, distance, null);
        }
        catch (CarbonException e)
        {
            throw new CarbonException(
                $"{figure.Name} is {Exact.Brief(value.Value)} {value.UnitText}, and {indicator.Id} is asked in "
                    + $"{threshold.UnitText}: {e.Message}",
                e
            );
        }
    }
}
