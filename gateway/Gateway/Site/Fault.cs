namespace EdgeGateway.Site;

/// <summary>One thing that is wrong in a site file.</summary>
/// <param name="Path">Where, for example <c>meters[3].ct.primaryA</c> or <c>line 12, column 5</c>. Empty: the file as a whole.</param>
/// <param name="Wrong">What is wrong.</param>
/// <param name="Right">What would be right.</param>
public sealed record Fault(string Path, string Wrong, string Right)
{
    /// <summary><c>path: what is wrong; what would be right</c></summary>
    public override string ToString() => Path.Length == 0 ? $"{Wrong}; {Right}" : $"{Path}: {Wrong}; {Right}";

    /// <summary>The fault in one line that begins with the file.</summary>
    public string Line(string file) => $"{file}: {this}";
}
