using EdgeGateway.Accounting;
using EdgeGateway.Carbon.Tests;
using EdgeGateway.Gateway.Tests.Site;
using EdgeGateway.Readings;
using Microsoft.Playwright;

namespace EdgeGateway.Gateway.Tests.Serving;

/// <summary>The page in Debian's Chromium.</summary>
public sealed class PageTests : IAsyncDisposable
{
    private const string Chromium = "/usr/bin/chromium";

    private readonly SiteWithPacks _packs = new();
    private readonly ServedSite _site;
    private readonly List<string> _complaints = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public PageTests() =>
        _site = new(
            flows: true,
            packs: _packs,
            budgets: [ServedSite.Budget("scope2-location", "100 tCO2"), ServedSite.Budget("scope1-gas", "1 tCO2")]
        );

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        await _site.DisposeAsync();
        _packs.Dispose();
    }

    [Fact]
    public async Task The_page_shows_live_values_as_they_change_and_draws_the_power_of_the_last_hour()
    {
        RecordHalfAnHour();
        _site.Show("in-L1", new LiveValues(230.1, 10.5, 2345, 2416, 0.97, 50.01));
        IPage page = await OpenAsync();
        await Shows(page, "#meter-in-L1 strong", "2 345 W");
        await Shows(page, "#meter-press strong", "missing: not read yet");
        _site.Show("in-L1", new LiveValues(230.1, 13.9, 3123, 3200, 0.98, 50.01));
        await Shows(page, "#meter-in-L1 strong", "3 123 W");
        _site.Show("in-L1", default, missing: MissingReason.NoAnswer);
        await Shows(page, "#meter-in-L1 strong", "missing: no answer");
        await Shows(page, "#meter-in-L1 .values", null);
        await Shows(page, "#meter-in-L1 .gap", null);
        _site.RecordGap(31, "in-L1", new Gap(ServedSite.Start.AddMinutes(15), ServedSite.Start.AddMinutes(16.5), GapCause.EdgesLost, 44));
        await Shows(page, "#meter-in-L1 .gap", "incomplete from 14:15:00 to 14:16:30: 44 edges lost");
        await Shows(page, "#simulation b", "SIMULATION");
        Assert.True(await page.EvalOnSelectorAsync<bool>("#plot canvas", HasInk));
        await page.SelectOptionAsync("#power-of", "hall-1");
        await Shows(page, "#plot .u-legend .u-series:nth-child(2) .u-label", "compressor, W");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_warning_of_demand_is_shown_while_it_lasts_and_otherwise_the_months_peak()
    {
        RecordHalfAnHour();
        IPage page = await OpenAsync();
        await Shows(page, "#demand", "Demand: no quarter of an hour of this month is complete yet");
        DemandRecord record = new("2026-06", 103_075_000_000, ServedSite.Start.AddHours(-20), null, null);
        _site.RecordDemand(record);
        await Shows(page, "#demand", "Demand: at most 412.3 kW this month, in the 15 min from 2026-06-14 18:00:00");
        _site.RecordDemand(
            record with
            {
                Warned = ServedSite.Start,
                Warning = "523.4 kW forecast for the 15 min from 14:30, the limit is 500.0 kW; 410.2 kW for the rest hold it",
            }
        );
        await Shows(
            page,
            "#demand.warns",
            "Demand: 523.4 kW forecast for the 15 min from 14:30, the limit is 500.0 kW; 410.2 kW for the rest hold it"
        );
        Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Each_budget_is_a_line_that_follows_the_log()
    {
        RecordHalfAnHour();
        IPage page = await OpenAsync();
        await Shows(
            page,
            "#budgets .no-value:nth-child(1)",
            "Budget from 2026-06-01, scope2-location: no value, what was used is not known: nothing of scope2-location is "
                + "recorded in the year yet"
        );
        _site.RecordMonth("scope2-location", "2026-06", ServedSite.June, 2_000_000_000_000);
        _site.RecordMonth("scope1-gas", "2026-06", ServedSite.June, 1_500_000_000_000);
        await Shows(
            page,
            "#budgets .met",
            "Budget from 2026-06-01, scope2-location: met, 2.000000 of 100.000000 tCO2 used by 2026-06-15 14:30: if the rest of "
                + "the year is like the days so far, 47.857143 tCO2 of the budget are left"
        );
        await Shows(
            page,
            "#budgets .not-met",
            "Budget from 2026-06-01, scope1-gas: not met, 1.500000 of 1.000000 tCO2 used by 2026-06-15 14:30: the budget is "
                + "used up: 0.500000 tCO2 beyond it"
        );
        Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Factor_packs_are_loaded_from_the_page_and_it_says_what_came_of_each()
    {
        IPage page = await OpenAsync();
        await Expect(page.Locator("#factors li", new() { HasText = "cn-grid-2023 version 1" })).ToBeVisibleAsync();
        await Expect(page.Locator("#without-scripts")).ToBeHiddenAsync();
        string good = _packs.Signer.Pack("grid.csv", OpenSslSigner.Grid("cn-grid-2023", "2", "0.5502")),
            second = _packs.Signer.Pack(
                "plant.csv",
                OpenSslSigner.Grid("plant", "1", "0.1").Replace("CN-grid-east", "XX", StringComparison.Ordinal)
            );
        await page.SetInputFilesAsync("#pack-files", [good, good + ".sig", second, second + ".sig"]);
        await page.ClickAsync("#packs button");
        await Shows(
            page,
            "#packs-said li:nth-child(1)",
            "grid.csv: cn-grid-2023, version 2, is loaded. It holds from the next start of the gateway on."
        );
        await Shows(
            page,
            "#packs-said li:nth-child(2)",
            "plant.csv: plant, version 1, is loaded. It holds from the next start of the gateway on."
        );
        Assert.Equal("cn-grid-2023/2 0.5502 kgCO2/kWh", _packs.Used());
        Assert.Empty(_complaints);

        await page.SetInputFilesAsync("#pack-files", [good, second + ".sig"]);
        await page.ClickAsync("#packs button");
        await Shows(page, "#packs-said li:nth-child(1)", "plant.csv.sig: choose plant.csv together with it.");
        await Shows(page, "#packs-said li:nth-child(2)", "grid.csv: choose grid.csv.sig together with it.");
        Assert.Empty(_complaints);

        await File.AppendAllTextAsync(good, "\n", TestContext.Current.CancellationToken);
        await page.SetInputFilesAsync("#pack-files", [good, good + ".sig"]);
        await page.ClickAsync("#packs button");
        await Shows(
            page,
            "#packs-said .refused",
            "grid.csv: The pack is not as a trusted signer signed it: it was changed, or signed by another key. Nothing was loaded."
        );

        // The clock stands still, so the last refusal has only just been.
        await page.RunAndWaitForResponseAsync(() => page.ClickAsync("#packs button"), r => r.Status == 429);
        _site.Time.Advance(TimeSpan.FromSeconds(1));
        await Shows(
            page,
            "#packs-said .refused",
            "grid.csv: The pack is not as a trusted signer signed it: it was changed, or signed by another key. Nothing was loaded."
        );
    }

    [Fact]
    public async Task Without_signers_the_page_has_no_place_for_factor_packs_and_without_scripts_it_says_what_to_do()
    {
        await using ServedSite plain = new();
        using HttpClient without = await plain.ServeAsync();
        Assert.DoesNotContain(
            "factors",
            await without.GetStringAsync("/", TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        IPage page = await OpenAsync(scripts: false);
        await Expect(page.Locator("#without-scripts"))
            .ToHaveTextAsync("Without scripts, load factor packs on the device: edgectl factors load NAME.csv");
        await Expect(page.Locator("#packs")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_gateway_that_no_longer_answers_is_not_shown_as_if_it_did()
    {
        IPage page = await OpenAsync();
        await Expect(page.Locator("#lost")).ToBeHiddenAsync();
        await page.RouteAsync("**/live", route => route.AbortAsync());
        await Expect(page.Locator("#lost")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await page.UnrouteAsync("**/live");
        await Expect(page.Locator("#lost")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_hidden_page_asks_for_nothing()
    {
        IPage page = await OpenAsync();
        await page.WaitForRequestAsync("**/live");
        await page.EvaluateAsync("Object.defineProperty(document, 'hidden', { value: true, configurable: true })");
        int asked = 0;
        page.Request += (_, _) => asked++;
        await page.EvaluateAsync("look()");
        await page.EvaluateAsync("loadPower()");
        Assert.Equal(0, asked);
        await page.EvaluateAsync("Object.defineProperty(document, 'hidden', { value: false })");
        await page.RunAndWaitForRequestAsync(() => page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))"), "**/live");
    }

    [Theory]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    [InlineData(1280, ColorScheme.Light)]
    public async Task Nothing_has_to_be_scrolled_sideways(int width, ColorScheme scheme)
    {
        RecordHalfAnHour();
        IPage page = await OpenAsync(width, scheme);
        await page.WaitForSelectorAsync("#plot canvas");
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(_complaints);
    }

    private const string HasInk = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0)";

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private static Task Shows(IPage page, string selector, string? text) =>
        text is null
            ? Expect(page.Locator(selector)).ToHaveCountAsync(0, new() { Timeout = 30_000 })
            : Expect(page.Locator(selector)).ToHaveTextAsync(text, new() { Timeout = 30_000 });

    private async Task<IPage> OpenAsync(int width = 360, ColorScheme scheme = ColorScheme.Light, bool scripts = true)
    {
        Assert.True(File.Exists(Chromium), $"The page is tested in {Chromium}, which is not there. Run tools/test --install.");
        using HttpClient http = await _site.ServeAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] }
        );
        IPage page = await _browser.NewPageAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = 780 },
                ColorScheme = scheme,
                JavaScriptEnabled = scripts,
            }
        );
        page.Console += (_, message) => Complain(message.Type is "error" or "warning", $"console: {message.Text}");
        page.PageError += (_, error) => Complain(true, $"error: {error}");
        page.Request += (_, request) =>
            Complain(!request.Url.StartsWith(_site.Address.ToString(), StringComparison.Ordinal), $"request: {request.Url}");
        await page.GotoAsync(_site.Address.ToString());
        return page;
    }

    private void Complain(bool reason, string what)
    {
        if (reason)
        {
            _complaints.Add(what);
        }
    }

    private void RecordHalfAnHour()
    {
        _site.Begin();
        for (int minute = 1; minute <= 30; minute++)
        {
            _site.Record(
                minute,
                "hall-1",
                Impulses(minute * 64),
                ServedSite.Energy("press", ObisCode.ApparentImport, minute * 60_000, "VAh")
            );
        }

        _site.Seal();
    }

    private static Evidence.LeafRecord Impulses(long count) =>
        Evidence.LeafRecord.Of($"compressor/{ObisCode.ActiveImport}", count) with
        {
            Unit = "count",
        };
}
