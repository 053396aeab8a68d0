using EdgeGateway.Site;

namespace EdgeGateway.Inputs;

/// <summary>Where documents come from that go into the log.</summary>
public interface IInput
{
    /// <summary>For a person to read.</summary>
    string From { get; }

    /// <summary>Gives each document that comes, until it is cancelled or something fails.</summary>
    /// <param name="take">Takes a document, and tells whether it is in the log; false: it was refused. With an <see cref="IOException"/> it
    /// could not be recorded, and has to come again.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">There are no documents now; the sentence says why. Ask again later.</exception>
    Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation);
}

/// <summary>Makes an input from its settings: one line each.</summary>
public static class InputFactory
{
    /// <summary>Longest document, bytes.</summary>
    public const int MostBytes = 64 * 1024;

    /// <param name="settings">From the site file.</param>
    /// <param name="clientId">Under which a broker knows the gateway for this input.</param>
    /// <param name="http">For requests; it bounds their time and size.</param>
    /// <param name="time">For the pauses: real time, however fast a simulation runs.</param>
    public static IInput Make(InputSettings settings, string clientId, HttpClient http, TimeProvider time) =>
        settings switch
        {
            FileInputSettings file => new FileInput(file, time),
            HttpInputSettings url => new HttpInput(url, http, time),
            MqttInputSettings mqtt => new MqttInput(mqtt, clientId, time),
            _ => throw new ArgumentException($"No input is of the kind {settings.GetType().Name}.", nameof(settings)),
        };
}
