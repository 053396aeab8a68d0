using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Leaves;

/// <summary>The name of a register in a log: its meter and its OBIS code, for example <c>in-L1/1-0:1.8.0.255</c>.</summary>
public static class RegisterName
{
    /// <summary>The name of a register.</summary>
    /// <param name="meter">The meter's short name in the site file, without a slash.</param>
    /// <param name="obis">What the register counts.</param>
    public static string Of(string meter, ObisCode obis) => $"{meter}/{obis}";

    /// <summary>The meter that a name begins with.</summary>
    public static string MeterOf(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? name : name[..slash];
    }

    /// <summary>What the register of a name counts.</summary>
    /// <exception cref="FormatException">After the slash stands no OBIS code.</exception>
    public static ObisCode ObisOf(string name) => ObisCode.Parse(name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
}
