namespace EdgeGateway.Accounting;

/// <summary>A product and the meter that counts its pieces.</summary>
/// <param name="product">Its name.</param>
/// <param name="meter">Counts pieces.</param>
public sealed class ProductCount(string product, AccountMeter meter)
{
    /// <summary>Its name.</summary>
    public string Product => product;

    /// <summary>Counts pieces.</summary>
    public AccountMeter Meter => meter;

    /// <summary>The record name of the meter's register.</summary>
    public string Register => GroupLeaf.NameOf(meter.Name, meter.Obis);

    /// <summary>Where the next slot begins; null before the first reading.</summary>
    public RecordedRegister? Base { get; set; }

    /// <summary>Under which name the ledger remembers what was made in a month: an <see cref="AccountSpan"/> without a footprint.</summary>
    /// <remarks>
    /// <see cref="AccountSpan.Blocked"/> counts the times in which pieces may have passed uncounted, and <see cref="AccountSpan.Leaf"/> is
    /// the newest leaf that tells of one.
    /// </remarks>
    /// <param name="month">For example <c>2026-06</c>; empty for all of them.</param>
    public string Fact(string month) => $"{Facts}{product}:{month}";

    /// <summary>The product and month of such a name.</summary>
    public static (string Product, string Month) In(string fact) =>
        (fact[Facts.Length..fact.LastIndexOf(':')], fact[(fact.LastIndexOf(':') + 1)..]);

    /// <summary>Begins the names of all of them.</summary>
    public const string Facts = "made:";
}
