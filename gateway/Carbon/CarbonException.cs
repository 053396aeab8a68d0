namespace EdgeGateway.Carbon;

/// <summary>An account was refused. The message says what does not hold and what to do.</summary>
public sealed class CarbonException : Exception
{
    /// <summary>Without a reason.</summary>
    public CarbonException()
        : base("The account was refused.") { }

    /// <summary>With the reason, in words.</summary>
    public CarbonException(string message)
        : base(message) { }

    /// <summary>With the reason and what led to it.</summary>
    public CarbonException(string message, Exception innerException)
        : base(message, innerException) { }
}
