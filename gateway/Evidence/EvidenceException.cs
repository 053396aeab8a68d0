namespace EdgeGateway.Evidence;

/// <summary>Evidence that does not hold. The sentence says what is wrong, for the person who checks it.</summary>
public sealed class EvidenceException : Exception
{
    /// <summary>Makes a refusal.</summary>
    public EvidenceException(string message)
        : base(message) { }

    /// <summary>Makes a refusal with its cause.</summary>
    public EvidenceException(string message, Exception inner)
        : base(message, inner) { }
}
