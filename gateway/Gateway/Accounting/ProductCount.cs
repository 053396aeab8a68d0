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

    /// <summary>Where the next slot begins; null before the first reading.</summary>
    public RecordedRegister? Base { get; set; }
}
