namespace EdgeGateway.Simulation;

/// <summary>What one device's clamp, divider and converter do to a signal. The default does nothing.</summary>
/// <remarks>
/// A clamp's errors grow towards small currents, because its core's permeability falls with the flux. Both are taken to grow alike, with
/// x the current by the clamp's rated one:
/// <code>
///   f(x) = 1 / (1 + x / 0.2)            0.8 at 5 %, 0.5 at 20 %, 0.17 at 100 %
///   lead  = ClampLead + ClampLeadRise · f(x)          at 50 Hz, as 1/frequency, and so at each harmonic
///   ratio = 1 − ClampRatioFall · f(x)
/// </code>
/// With 0.2 the lead follows eight of nine published tables of split-core clamps of 50 to 200 A to 0.04° from 2 % of the rated current on,
/// the ninth to 0.15° (github.com/boblemaire/IoTaWatt, SD/tables.txt, 50 Hz). That the ratio follows the same law is assumed.
/// </remarks>
public sealed record FrontEndErrors
{
    /// <summary>Error of the divider and the voltage converter together, percent.</summary>
    public double VoltagePercent { get; init; }

    /// <summary>Error of the clamp at large currents and the current converter together, percent.</summary>
    public double CurrentPercent { get; init; }

    /// <summary>Lead of the clamp at large currents and 50 Hz, degrees.</summary>
    public double ClampLeadDegrees { get; init; }

    /// <summary>How much more it leads at the smallest currents, degrees.</summary>
    public double ClampLeadRiseDegrees { get; init; }

    /// <summary>How much less the clamp gives at the smallest currents, percent.</summary>
    public double ClampRatioFallPercent { get; init; }

    /// <summary>Lead of the current's converter and filter against the voltage's at 50 Hz, degrees, growing with frequency.</summary>
    public double ChannelLeadDegrees { get; init; }

    /// <summary>Nonlinearity: what the current converter gives less per 3000:1 of current, percent.</summary>
    public double NonlinearityPercent { get; init; }

    /// <summary>The fraction of the voltage at its input that appears at the current's input.</summary>
    public double Crosstalk { get; init; }

    /// <summary>DC at the voltage's input, millivolts.</summary>
    public double VoltageOffsetMv { get; init; }

    /// <summary>DC at the current's input, millivolts.</summary>
    public double CurrentOffsetMv { get; init; }

    /// <summary>White noise at each input, millivolts RMS a sample.</summary>
    public double NoiseMv { get; init; }

    /// <summary>The clamp's lead at a share of its rated current, degrees at 50 Hz.</summary>
    public double LeadAt(double shareOfRated) => ClampLeadDegrees + (ClampLeadRiseDegrees * Small(shareOfRated));

    /// <summary>What the clamp and the current converter give at a share of the rated current, divided by what they should give.</summary>
    public double GainAt(double shareOfRated) =>
        (1 + (CurrentPercent / 100))
        * (1 - (ClampRatioFallPercent / 100 * Small(shareOfRated)))
        * (1 + (NonlinearityPercent / 100 * Math.Log10(Math.Max(shareOfRated, 1 / NonlinearOver)) / Math.Log10(NonlinearOver)));

    private const double Knee = 0.2;
    private const double NonlinearOver = 3000;

    private static double Small(double shareOfRated) => 1 / (1 + (shareOfRated / Knee));
}
