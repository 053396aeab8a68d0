using EdgeGateway.Site;

namespace EdgeGateway.Inputs;

/// <summary>Where documents come from that go into the log.</summary>
public interface IInput
{
    /// <summary>Where the documents come from, for a person to read.</summary>
    string From { get; }

    /// <summary>Gives each document that comes, until it is cancelled or something fails.</summary>
    /// <param name="take">Takes a document, and tells whether it is in the log; false: it was refused. With an <see cref="IOException"/> it
    /// could not be recorded, and has to come again.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="IOException">There are no documents now; the sentence says why. Ask again later.</exception>
    Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation);
}

/// <summary>Makes inputs from their settings.</summary>
public static class InputFactory
{
    /// <summary>Longest document, bytes.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Makes an input of the kind that its settings are for.</summary>
    /// <param name="settings">The settings from the site file.</param>
    /// <param name="clientId">The name under which a broker knows the gateway for this input.</param>
    /// <param name="http">Sends requests, and bounds their time and size.</param>
    /// <param name="time">The clock of the pauses: real time, however fast a simulation runs.</param>
    public static IInput Make(InputSettings settings, string clientId, HttpClient http, TimeProvider time) =>
        settings switch
        {
            FileInputSettings file => new FileInput(file, time),
            HttpInputSettings url => new HttpInput(url, http, time),
            MqttInputSettings mqtt => new MqttInput(mqtt, clientId, time),
            _ => throw new ArgumentException($"No input is of the kind {settings.GetType().Name}.", nameof(settings)),
        };
}
