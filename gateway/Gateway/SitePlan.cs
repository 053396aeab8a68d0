using System.Globalization;
using EdgeGateway.Accounting;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Site;

namespace EdgeGateway;

/// <summary>What the site file asks the recorder to do. Pure.</summary>
public static class SitePlan
{
    /// <summary>All of it.</summary>
    public static RecordingPlan Of(SiteFile site) =>
        new(GroupsOf(site), RhythmOf(site))
        {
            Accounts = AccountsOf(site),
            EntryAccounts = EntryAccountsOf(site),
            Flows = FlowsOf(site),
            Demand = DemandOf(site),
            Products = ProductsOf(site),
            Thinning = ThinningOf(site),
        };

    /// <summary>The disclosure groups with what their config leaves say.</summary>
    public static IReadOnlyList<RecordedGroup> GroupsOf(SiteFile site) =>
        [.. site.Groups.Select(name => GroupOf(name, [.. site.Meters.Where(m => m.Group == name)]))];

    /// <summary>The footprint accounts of meters.</summary>
    public static IReadOnlyList<CarbonAccount> AccountsOf(SiteFile site) =>
        [
            .. site
                .Footprints.Where(f => f.Entries is null)
                .Select(f => new CarbonAccount(
                    f.Account,
                    f.Set,
                    f.Method,
                    [
                        .. site
                            .Meters.Where(m => f.Meters.Contains(m.Name))
                            .Select(m =>
                                m is PulseMeterSettings pulse
                                    ? new AccountMeter(m.Name, m.Obis, pulse.ImpulsesPerUnit, pulse.Unit)
                                    : new AccountMeter(m.Name, m.Obis, null)
                            ),
                    ],
                    f.SettledYearly ? AccountPeriod.Year : AccountPeriod.Month
                )
                {
                    IntensitySlot = site.Intensities.FirstOrDefault(i => i.Name == f.Method.Series)?.Slot ?? default,
                }),
        ];

    /// <summary>The footprint accounts of what people enter.</summary>
    public static IReadOnlyList<EntryAccount> EntryAccountsOf(SiteFile site) =>
        [.. site.Footprints.Where(f => f.Entries is not null).Select(f => new EntryAccount(f.Account, f.Entries!, f.Set!, f.Method))];

    /// <summary>The products that are counted.</summary>
    public static IReadOnlyList<ProductCount> ProductsOf(SiteFile site) =>
        [
            .. from product in site.Products
            where product.Meter is not null
            let meter = product.Meter
            select new ProductCount(product.Product, new AccountMeter(meter.Name, meter.Obis, meter.ImpulsesPerUnit, meter.Unit)),
        ];

    /// <summary>The site's energy flows, or null: none are recorded.</summary>
    public static FlowAccount? FlowsOf(SiteFile site) => site.Flows is { } flows ? new FlowAccount(flows.Plan, ConstantsOf(site)) : null;

    /// <summary>Who warns before a new peak of demand, or null: nobody is asked to.</summary>
    public static DemandWatch? DemandOf(SiteFile site) =>
        site.Flows is { WatchDemand: true } flows
            ? new DemandWatch(flows.Plan.Import, ConstantsOf(site), flows.LimitKw, site.TimeZone)
            : null;

    /// <summary>How often things are recorded and signed.</summary>
    public static Rhythm RhythmOf(SiteFile site) =>
        new(site.Recording.Reading, site.Recording.Carbon, site.Recording.Checkpoint, site.Recording.CheckpointLeaves)
        {
            Zone = site.TimeZone,
        };

    /// <summary>Which readings lose their bytes when they are old, or null when none does.</summary>
    public static Thinning? ThinningOf(SiteFile site) =>
        site.Recording.ThinAfter is { } after ? new Thinning(after, site.Recording.Carbon, [.. site.Publishers.Select(p => p.Name)]) : null;

    private static Dictionary<string, string> ConstantsOf(SiteFile site) =>
        site.Meters.OfType<PulseMeterSettings>().ToDictionary(m => RegisterName.Of(m.Name, m.Obis), m => m.ImpulsesPerUnit);

    private static RecordedGroup GroupOf(string name, IReadOnlyList<MeterSettings> meters)
    {
        string mostCommon = meters.GroupBy(m => m.Accuracy).MaxBy(g => g.Count())!.Key.Code();
        ConfigLeaf settings = new()
        {
            Group = name,
            AccuracyClass = mostCommon,
            Settings = [.. meters.SelectMany(SettingsOf)],
        };
        return new RecordedGroup(name, [.. meters.Select(m => m.Name)], mostCommon, settings.Records())
        {
            Calibrations = meters
                .Where(m => m.Calibration is not null)
                .ToDictionary(m => m.Name, m => CalibrationOf(m.Name, m.Calibration!)),
            Indexes =
            [
                .. meters
                    .OfType<PulseMeterSettings>()
                    .Where(m => m.Index is not null)
                    .Select(m => new RecordedIndex(m.Name, m.Obis, $"{m.Index!.Reading} {m.Unit}", m.Index.At)),
            ],
        };
    }

    private static CalibrationLeaf CalibrationOf(string meter, CalibrationSettings calibration) =>
        new()
        {
            Meter = meter,
            Correction = calibration.Correction.ToString(),
            Calibrated = calibration.At,
            By = calibration.By,
            Reference = calibration.Reference,
            Uncertainty = $"{Text(calibration.UncertaintyPercent)} %",
        };

    // What a reading means depends on these; whoever checks it years later finds them here.
    private static IEnumerable<MeterSetting> SettingsOf(MeterSettings meter)
    {
        List<MeterSetting> settings =
        [
            Setting("bus", meter.Bus.Device),
            Setting("class", meter.Accuracy.Code()),
            .. OfKind(meter, Setting),
        ];
        if (meter.Calibration is { } calibration)
        {
            settings.Add(Setting("correction", calibration.Correction.ToString()));
        }

        if (meter.Source is { } source)
        {
            settings.Add(Setting("source", source));
        }

        return settings;

        MeterSetting Setting(string name, string value) => new(meter.Name, name, value);
    }

    private static IEnumerable<MeterSetting> OfKind(MeterSettings meter, Func<string, string, MeterSetting> setting) =>
        meter switch
        {
            Ade7953MeterSettings m =>
            [
                setting("kind", "ade7953"),
                setting("input", m.Channel.ToString()),
                setting("ct", TextOf(m.Ct)),
                setting("voltage-divider", Text(m.VoltageDivider)),
            ],
            Ads1115MeterSettings m =>
            [
                setting("kind", "ads1115"),
                setting("sampling", m.Ready is null ? "single conversions" : "continuous"),
                setting("address", Text(m.Address)),
                setting("input", m.Input),
                setting("ct", TextOf(m.Ct)),
                setting("assumed-voltage", $"{Text(m.AssumedVoltageV)} V"),
            ],
            Atm90e32asMeterSettings m =>
            [
                setting("kind", "atm90e32as"),
                setting("input", m.Phase.ToString()),
                setting("ct", TextOf(m.Ct)),
                setting("voltage-divider", Text(m.VoltageDivider)),
                setting("line", $"{m.LineHz} Hz"),
            ],
            PulseMeterSettings m =>
            [
                setting("kind", "pulse"),
                setting("line", Text(m.Line)),
                setting(ConfigLeaf.Constant, new ImpulseConstant(m.ImpulsesPerUnit, m.Unit).ToString()),
                setting("stable", $"{m.Stable.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)} ms"),
            ],
            _ => [],
        };

    private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);

    private static string TextOf(CtSettings ct) =>
        string.Create(CultureInfo.InvariantCulture, $"{ct.PrimaryA} A/{ct.SecondaryMv} mV{(ct.Reversed ? " reversed" : "")}");
}
