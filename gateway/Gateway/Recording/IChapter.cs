namespace EdgeGateway.Recording;

/// <summary>
/// One kind of leaf, or a few that belong together: what writes them, in one place. The recorder asks its chapters in the order of their
/// list, which is the order of leaves in a tick.
/// </summary>
/// <remarks>
/// <code>
/// Start → (recorded) → Restore → Write → (recorded) → Write → (not recorded) → Undo → Restore → Write …
/// </code>
/// </remarks>
public interface IChapter
{
    /// <summary>The process has started: states what holds from here on.</summary>
    void Start(OpenTick tick, ProcessStart start) { }

    /// <summary>Goes on from what is recorded: after the start, and after a tick that was not recorded.</summary>
    /// <param name="tick">The next tick, of which nothing is written yet.</param>
    void Restore(OpenTick tick) { }

    /// <summary>Writes what is due at the tick's instant.</summary>
    void Write(OpenTick tick) { }

    /// <summary>
    /// Nothing of the tick was recorded: gives back what was taken for it. <see cref="Restore"/> comes before the next one.
    /// </summary>
    void Undo() { }
}
