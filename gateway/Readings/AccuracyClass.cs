namespace EdgeGateway.Readings;

/// <summary>How accurate a channel may claim to be. Carried by every reading.</summary>
public enum AccuracyClass
{
    /// <summary>No class: shows what is on and roughly how much.</summary>
    Indicative,

    /// <summary>IEC 62053-21 class 1 (±1 %).</summary>
    Class1,

    /// <summary>IEC 62053-22 class 0.5 S (±0.5 %).</summary>
    Class05S,

    /// <summary>A meter under the Measuring Instruments Directive 2014/32/EU; its certificate says which class.</summary>
    Mid,

    /// <summary>As the connected meter states; the gateway only counts its impulses.</summary>
    OfMeter,
}

/// <summary>
/// The texts that stand for accuracy classes in site files, leaves, pages and JSON. Part of the recorded format: add, never change.
/// </summary>
public static class AccuracyClasses
{
    private static readonly (AccuracyClass Class, string Code)[] Codes =
    [
        (AccuracyClass.Indicative, "indicative"),
        (AccuracyClass.Class1, "1"),
        (AccuracyClass.Class05S, "0.5S"),
        (AccuracyClass.Mid, "MID"),
        (AccuracyClass.OfMeter, "meter"),
    ];

    /// <summary>All recorded texts.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Codes.Select(c => c.Code)];

    /// <summary>The recorded text of a class, for example <c>0.5S</c>.</summary>
    public static string Code(this AccuracyClass accuracy) =>
        Array.Find(Codes, c => c.Class == accuracy).Code
        ?? throw new ArgumentOutOfRangeException(nameof(accuracy), accuracy, "This class has no recorded text.");

    /// <summary>Finds the class a recorded text stands for.</summary>
    public static bool TryParse(string code, out AccuracyClass accuracy)
    {
        int i = Array.FindIndex(Codes, c => c.Code == code);
        accuracy = i < 0 ? default : Codes[i].Class;
        return i >= 0;
    }
}
