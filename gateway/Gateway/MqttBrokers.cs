using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeGateway.Site;
using MQTTnet;
using MQTTnet.Formatter;

namespace EdgeGateway;

/// <summary>How every connection to a broker is made.</summary>
internal static class MqttBrokers
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    /// <summary>The password, or null where the site file names none.</summary>
    /// <exception cref="IOException">It cannot be read; the sentence says whose it is.</exception>
    public static async Task<byte[]?> PasswordAsync(this MqttBroker broker, CancellationToken cancellation)
    {
        try
        {
            return broker.PasswordFile is { } file
                ? Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(file, cancellation)).TrimEnd('\r', '\n'))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The password for {broker.User} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Options of a connection, to be completed.</summary>
    public static MqttClientOptionsBuilder Options(this MqttBroker broker, MqttProtocolVersion protocol, string clientId, byte[]? password)
    {
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder()
            .WithTcpServer(broker.Host, broker.Port)
            .WithProtocolVersion(protocol)
            .WithTryPrivate(false) // that bit is for bridges; 3.1.1 brokers may refuse it
            .WithClientId(clientId)
            .WithKeepAlivePeriod(KeepAlive);
        if (broker.User is { } user)
        {
            options = options.WithCredentials(user, password);
        }

        // A plant's network seldom lets revocation servers through, and a broker that could not be asked about is not a wrong one.
        return broker.Tls ? options.WithTlsOptions(tls => tls.UseTls().WithRevocationMode(X509RevocationMode.NoCheck)) : options;
    }
}
