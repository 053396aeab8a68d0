using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeGateway.Evidence;

/// <summary>
/// The certificates by which trusted authorities vouch for the keys of one device: those that the user gave, and those of bundles.
/// </summary>
internal sealed class DeviceCertificates
{
    private readonly TrustAnchors _trust;
    private readonly string _deviceId;
    private readonly bool _judged;
    private readonly List<DeviceCertificate> _certificates = [];
    private readonly List<RevocationList> _lists;
    private readonly List<string> _refused = [];

    // A list of a megabyte is not searched for each batch.
    private readonly Dictionary<DeviceCertificate, CertificateValidity> _validity = [];
    private readonly Dictionary<string, int> _added = [];

    /// <param name="trust">Authorities, and what was given beside them.</param>
    /// <param name="deviceId">The device.</param>
    /// <param name="needed">The user trusts no key of the device; else certificates are not looked at.</param>
    public DeviceCertificates(TrustAnchors trust, string deviceId, bool needed)
    {
        _trust = trust;
        _deviceId = deviceId;
        _judged = needed && trust.Authorities.Count > 0;
        _lists = [.. trust.RevocationLists];
        foreach (X509Certificate2 certificate in _judged ? trust.Certificates.Where(c => DeviceCertificate.Names(c, deviceId)) : [])
        {
            try
            {
                _certificates.Add(DeviceCertificate.Find(certificate, deviceId, trust.Certificates, trust));
            }
            catch (EvidenceException e)
            {
                _refused.Add(e.Message);
            }
        }
    }

    /// <summary>The keys that are vouched for.</summary>
    public IEnumerable<ECDsa> Keys => _certificates.Select(c => c.Key);

    /// <summary>Why no certificate of the device counts, as a sentence to add to a refusal; empty where none was needed.</summary>
    public string WhyNone =>
        !_judged || _certificates.Count > 0 ? ""
        : _refused.Count > 0 ? $" {_refused[0]}"
        : " No certificate of the device was given, for which an authority that you trust could vouch.";

    /// <summary>The vouched-for key that signed the note, or null.</summary>
    public ECDsa? KeyOf(CheckpointNote note) => Keys.FirstOrDefault(note.IsSignedBy);

    /// <summary>What a checkpoint rests on, by each certificate of a key.</summary>
    /// <exception cref="EvidenceException">A revocation list is not signed by whom it names.</exception>
    public IEnumerable<SignerStanding> StandingsOf(ECDsa key, CheckpointNote note, IReadOnlyList<TimeStamp> stamps)
    {
        byte[] spki = key.ExportSubjectPublicKeyInfo();
        DateTimeOffset at = _trust.At.GetValueOrDefault();
        foreach (DeviceCertificate certificate in _certificates.Where(c => c.Key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(spki)))
        {
            CertificateValidity validity = ValidityOf(certificate);
            yield return new SignerStanding(
                certificate,
                validity,
                at,
                at <= validity.Until ? null : TimeEvidence.Of(note, stamps, _trust).FirstOrDefault()
            );
        }
    }

    /// <summary>Takes the chain and the revocation lists of a bundle of this device.</summary>
    /// <returns>How many of them are not judged, or are of nobody that matters here.</returns>
    /// <exception cref="EvidenceException">One is malformed, altered, out of order or of another device; the sentence says
    /// what.</exception>
    public int Add(Bundle bundle)
    {
        if (!_judged)
        {
            return bundle.Chain.Count + bundle.RevocationLists.Count;
        }

        string known = string.Join(
            ' ',
            bundle.Chain.Append(default).Concat(bundle.RevocationLists).Select(b => Convert.ToHexString(SHA256.HashData(b.Span)))
        );
        if (_added.TryGetValue(known, out int notJudged))
        {
            return notJudged;
        }

        List<RevocationList> lists = [.. bundle.RevocationLists.Select(RevocationList.Decode)];
        List<X509Certificate2> chain = [.. bundle.Chain.Select(c => TrustAnchors.Certificate(c.ToArray()))];
        if (chain.Count > 0)
        {
            notJudged += AddChain(chain);
        }

        List<RevocationList> speaking = [.. lists.Where(l => _certificates.Exists(c => c.IsNamedBy(l)))];
        _lists.AddRange(speaking.Where(l => !_lists.Exists(k => k.Bytes.Span.SequenceEqual(l.Bytes.Span))));
        _validity.Clear();
        _certificates.ForEach(c => ValidityOf(c));
        return _added[known] = notJudged + lists.Count - speaking.Count;
    }

    private int AddChain(List<X509Certificate2> chain)
    {
        DeviceCertificate device = DeviceCertificate.Find(chain[0], _deviceId, chain.Skip(1).Concat(_trust.Certificates), _trust);
        int inPath = Math.Min(chain.Count, device.Path.Count);
        if (Enumerable.Range(0, inPath).Any(i => !Equal(chain[i], device.Path[i])))
        {
            throw new EvidenceException(
                "The certificates of the bundle are not in their order: the device's first, each issued by the next."
            );
        }

        if (!_certificates.Exists(c => Equal(c.Path[0], chain[0])))
        {
            _certificates.Add(device);
        }

        return chain.Count - inPath;
    }

    private CertificateValidity ValidityOf(DeviceCertificate certificate)
    {
        if (!_validity.TryGetValue(certificate, out CertificateValidity? validity))
        {
            _validity[certificate] = validity = certificate.ValidityBy(_lists, _trust);
        }

        return validity;
    }

    private static bool Equal(X509Certificate2 one, X509Certificate2 other) =>
        one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);
}
