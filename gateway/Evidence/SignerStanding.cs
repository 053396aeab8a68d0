namespace EdgeGateway.Evidence;

/// <summary>That somebody whom the user trusts had a checkpoint before him by some time.</summary>
/// <param name="Time">By his clock; of a time stamp with an accuracy, the later end of it.</param>
/// <param name="By">The witness's name, or the subject of the time-stamping authority.</param>
/// <param name="IsCosignature">A witness checks the device's signature before it cosigns; a time stamp says only that the text was
/// there.</param>
public sealed record TimeEvidence(DateTimeOffset Time, string By, bool IsCosignature)
{
    internal static TimeEvidence Of(TimeStamp stamp) =>
        new(stamp.Time + (stamp.Accuracy ?? TimeSpan.Zero), stamp.Authority, IsCosignature: false);

    /// <summary>What there is for a checkpoint, the earliest first.</summary>
    internal static IEnumerable<TimeEvidence> Of(CheckpointNote note, IEnumerable<TimeStamp> stamps, TrustAnchors trust) =>
        trust
            .Witnesses.Select(w => w.CosignedAt(note) is { } time ? new TimeEvidence(time, w.Name, IsCosignature: true) : null)
            .OfType<TimeEvidence>()
            .Concat(stamps.Select(Of))
            .OrderBy(e => e.Time);
}

/// <summary>What the signature of a checkpoint rests on: a key that the user trusts himself, or a certificate.</summary>
/// <remarks>
/// A certificate carries a checkpoint as long as it is good, and after that every checkpoint that somebody had seen before:
/// <code>
///   ───────────── good ─────────────| Until
///        e                          |        at        e &lt; Until: holds, although the certificate has expired or was revoked
///                                   |   e    at        does not
/// </code>
/// </remarks>
public sealed record SignerStanding
{
    /// <summary>The user trusts the key itself, or one that it was changed from.</summary>
    internal static readonly SignerStanding Trusted = new();

    private SignerStanding() { }

    internal SignerStanding(DeviceCertificate certificate, CertificateValidity validity, DateTimeOffset at, TimeEvidence? evidence)
    {
        Certificate = certificate;
        Validity = validity;
        At = at;
        Evidence = evidence;
    }

    /// <summary>The certificate of the key, or of one that it was changed from; null when the user trusts the key.</summary>
    public DeviceCertificate? Certificate { get; }

    /// <summary>How long the certificate is good; null without one.</summary>
    public CertificateValidity? Validity { get; }

    /// <summary>The earliest evidence that counts, looked for only where the certificate is no longer good.</summary>
    public TimeEvidence? Evidence { get; }

    /// <summary>The key is trusted, or its certificate still good at the time of verification.</summary>
    public bool IsGood => Validity is null || At <= Validity.Until;

    /// <summary>The checkpoint is to be relied on.</summary>
    public bool Holds => IsGood || Evidence?.Time < Validity!.Until;

    private DateTimeOffset At { get; }

    /// <summary>Refuses the checkpoint when nothing carries it.</summary>
    /// <param name="head">What it states.</param>
    /// <exception cref="EvidenceException">It does not hold.</exception>
    internal void Check(TreeHead head)
    {
        if (!Holds)
        {
            string seen = Evidence is { } late
                ? $"{late.By} saw it only at {late.Time:u}"
                : "nobody whom you trust is shown to have seen it before";
            throw new EvidenceException(
                $"The checkpoint of {head.Size} leaves rests on the certificate {Certificate!.Name}: {Validity!.Why} at "
                    + $"{Validity.Until:u}, and {seen}. Leaves that were cosigned or time-stamped before then are good: give "
                    + "them without later ones, and whom you trust as witness or time-stamping authority."
            );
        }
    }
}
