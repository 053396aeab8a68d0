using EdgeGateway.Entering;

namespace EdgeGateway.Recording;

/// <summary>Takes one kind of what people and machines enter.</summary>
public interface IEntryTaker
{
    /// <summary>Type of the leaves that it writes.</summary>
    string Type { get; }

    /// <summary>Writes an entry with all that follows from it.</summary>
    /// <returns>Index of its leaf; that of an earlier one where the entry only came again, and then nothing is written.</returns>
    /// <exception cref="InvalidDataException">It does not fit what is recorded. Nothing may be recorded of the tick then.</exception>
    long Enter(Entry entry, OpenTick tick);
}
