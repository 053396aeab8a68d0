using System.Security.Cryptography;

namespace EdgeGateway.Evidence.Tests;

/// <summary>A leaf of each type, as a gateway writes it.</summary>
internal static class EveryType
{
    private const string Register = "in-L1/1-0:1.8.0.255";
    private const string NextKey =
        "3059301306072a8648ce3d020106082a8648ce3d030107034200042029ce1e2fc04834abfa39923e91ed68c5aeb8"
        + "bbf984f7ea13fd56fa83ffec82b0c6f763b2739937d554a4b37915e8817b12e5c71c1d72e92bb893479f3d622f";
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);

    /// <summary>One leaf of each type, the genesis first, with the indexes 0, 1, 2, ….</summary>
    /// <param name="origin">Named by the genesis.</param>
    public static IReadOnlyList<Leaf> Of(Origin origin)
    {
        (string Type, Func<LeafHead, LeafHead> Head, IReadOnlyList<LeafRecord> Records)[] all =
        [
            (
                LeafType.Genesis,
                h => h with { Simulated = origin.Simulated },
                [Text("origin", origin.ToString()), Text("device", origin.DeviceId), Bytes("key"), Bytes("cert")]
            ),
            (LeafType.Boot, h => h, [Text("boot-id", "2f9c")]),
            (
                LeafType.Start,
                h => h,
                [Text("version", "0.1.0"), LeafRecord.Of("registers-from-file", 1), Energy(12_500), Text($"{Register}/from", "new")]
            ),
            (LeafType.Config, InGroup, [Text("group", "boundary"), Text("class", "1"), Text("in-L1/bus", "/dev/i2c-1")]),
            (
                LeafType.Factors,
                h => h,
                [
                    Text("set", "cn"),
                    Text("version", "2023"),
                    Text("validFrom", "2023-01-01"),
                    Text("validUntil", ""),
                    Text("CN/2023/average/organisation", "0.5568 kg/kWh"),
                ]
            ),
            (
                LeafType.Reading,
                h => InGroup(h) with { Config = 3 },
                [
                    Energy(12_600) with
                    {
                        Quality = Readings.Quality.Estimated,
                        AccuracyClass = "0.5S",
                    },
                    Text("in-L2/1-0:1.8.0.255", "no-answer"),
                ]
            ),
            (
                LeafType.Carbon,
                h => h with { Factors = 4, ComputedFrom = [2, 5] },
                [
                    Kilograms(55_680),
                    LeafRecord.Of("from", Time),
                    LeafRecord.Of("to", Time.AddMinutes(15)),
                    Text("method", "location-based"),
                    Text("factor", "CN/2023/average/organisation"),
                    Text("value", "0.5568 kg/kWh"),
                    Text("set", "cn/2023"),
                    Text("meters", Register),
                ]
            ),
            (
                LeafType.Flow,
                h => h with { ComputedFrom = [2, 5] },
                [
                    LeafRecord.Of("from", Time),
                    LeafRecord.Of("to", Time.AddMinutes(15)),
                    LeafRecord.Of("previous", 2),
                    Text("method", "proportional"),
                    LeafRecord.Of("slot", TimeSpan.FromMinutes(15)),
                    Ratio("tolerance", 50_000),
                    Ratio("efficiency", 950_000),
                    Text("reason", "pv-L1:no-answer"),
                    MicrowattHours("residual", -1_500_000),
                    MicrowattHours("found", 7),
                    Text("registers/import", Register),
                    MicrowattHours("measured/import", 12_500_000),
                    Text("measured/pv:roof", "pv-L1:no-answer"),
                    MicrowattHours("stored/grid", 1),
                ]
            ),
            (
                LeafType.Gap,
                InGroup,
                [
                    Text("cause", "not-sampled"),
                    Text("meter", "in-L1"),
                    LeafRecord.Of("from", Time),
                    LeafRecord.Of("to", Time.AddMilliseconds(2500)),
                    LeafRecord.Of("lost", 17),
                ]
            ),
            (
                LeafType.Calibration,
                InGroup,
                [
                    Text("meter", "in-L1"),
                    Text("correction", "ratio 1.00342"),
                    LeafRecord.Of("calibrated", Time),
                    Text("by", "shift engineer"),
                    Text("reference", "class 0.2 meter"),
                    Text("uncertainty", "0.1 %"),
                    Text("before", "none"),
                ]
            ),
            (
                LeafType.Exchange,
                InGroup,
                [Text("meter", "in-L1"), Text("reading", "12345.6 kWh"), LeafRecord.Of("read", Time), Energy(12_700) with { Time = Time }]
            ),
            (LeafType.ClockStep, h => h, [new("step") { Unit = "s", Number = new DecimalFraction(-3, -1500) }]),
            (
                LeafType.Manual,
                h => h,
                [
                    Text("kind", "invoice"),
                    Text("subject", "gas"),
                    LeafRecord.Of("from", Time.AddDays(-31)),
                    LeafRecord.Of("to", Time),
                    new("amount") { Unit = "m3", Number = new DecimalFraction(-1, 98_765) },
                    Text("by", "energy manager"),
                    Text("document", "invoice.pdf"),
                    Bytes("sha256"),
                    Text("note/page", "2"),
                ]
            ),
            (
                LeafType.Instrument,
                h => h,
                [
                    Text("kind", "certificate"),
                    Text("id", "GEC-1"),
                    LeafRecord.Of("from", Time.AddDays(-31)),
                    LeafRecord.Of("to", Time),
                    new("amount") { Unit = "Wh", Number = new DecimalFraction(6, 1000) },
                    Text("by", "energy manager"),
                ]
            ),
            (
                LeafType.Intensity,
                h => h,
                [
                    Text("series", "grid-east"),
                    Text("source", "grid operator"),
                    LeafRecord.Of("minutes", 60),
                    Text("slot/20260601T0500Z", "543.2 gCO2/kWh"),
                    Text("slot/20260601T0600Z", "539.75 gCO2/kWh"),
                ]
            ),
            (
                LeafType.Correction,
                InGroup,
                [LeafRecord.Of("supersedes", 5), Text("reason", "clamp was reversed"), Text("by", "shift engineer"), Energy(12_400)]
            ),
            (
                LeafType.Alarm,
                InGroup,
                [Text("alarm", "meter-missing"), Text("state", "began"), Text("meter", "in-L2"), Text("text", "no answer for 15 minutes")]
            ),
            (
                LeafType.KeyRotation,
                h => h,
                [new("key") { Data = Convert.FromHexString(NextKey) }, Bytes("cert"), LeafRecord.Of("until", Time.AddDays(7))]
            ),
        ];
        return [.. all.Select((l, i) => new Leaf(l.Head(Head(i, l.Type)), l.Records))];
    }

    public static LeafHead Head(long index, string type) =>
        new()
        {
            Index = index,
            Type = type,
            Time = Time.AddMinutes(index),
            TimeStatus = TimeStatus.Synchronised,
            BootCount = 1,
            MonotonicMs = 1000 * index,
            Salt = SHA256.HashData(BitConverter.GetBytes(index))[..LeafCodec.SaltBytes],
        };

    private static LeafHead InGroup(LeafHead head) => head with { Group = "boundary" };

    private static LeafRecord Text(string name, string text) => LeafRecord.Of(name, text);

    private static LeafRecord Bytes(string name) => new(name) { Data = SHA256.HashData([1]) };

    private static LeafRecord Energy(long milli) => new(Register) { Unit = "Wh", Number = new DecimalFraction(-3, milli) };

    private static LeafRecord Ratio(string name, long millionths) => new(name) { Unit = "/", Number = new DecimalFraction(-6, millionths) };

    private static LeafRecord MicrowattHours(string name, long amount) =>
        new(name) { Unit = "Wh", Number = new DecimalFraction(-6, amount) };

    private static LeafRecord Kilograms(long micrograms) =>
        new("scope2-location") { Unit = "kg", Number = new DecimalFraction(-9, micrograms) };
}
