using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;
using EdgeGateway.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Serving;

public sealed class PullTests : IAsyncDisposable
{
    private readonly ServedSite _site = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Following_the_links_gives_the_whole_log_in_the_published_bytes_and_they_verify()
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        BatchSequence sequence = new();
        string? next = "/v1/log/entries?first=0";
        for (
            HttpResponseMessage answer = await http.GetAsync(next, Cancellation);
            answer.IsSuccessStatusCode;
            answer = await http.GetAsync(next, Cancellation)
        )
        {
            Assert.Equal("application/cbor", answer.Content.Headers.ContentType!.ToString());
            byte[] bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
            Assert.Equal(_site.Ledger.BatchFrom(sequence.End)!.Encode(), bytes);
            sequence.Add(BatchVerifier.Verify(Batch.Decode(bytes, out _), _site.Trust));
            string link = Assert.Single(answer.Headers.GetValues("Link"));
            Assert.EndsWith(">; rel=\"next\"", link, StringComparison.Ordinal);
            next = link[1..link.IndexOf('>', StringComparison.Ordinal)];
        }

        Assert.Equal(_site.Ledger.Size, sequence.End);
    }

    [Fact]
    public async Task A_leaf_without_a_checkpoint_is_not_there_yet_and_the_answer_says_when_to_ask_again()
    {
        RecordThreeBatches();
        _site.Time.Advance(TimeSpan.FromSeconds(18));
        using HttpClient http = await _site.ServeAsync();
        HttpResponseMessage answer = await http.GetAsync("/v1/log/entries?first=4", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(42), answer.Headers.RetryAfter!.Delta);
        Assert.Equal(
            "No checkpoint covers leaf 4: the newest checkpoint covers 4 leaves, 0 to 3. Ask again after the next one.",
            await Detail(answer)
        );
    }

    [Theory]
    [InlineData("", "it is missing")]
    [InlineData("?first=", "'' is not one")]
    [InlineData("?first=-1", "'-1' is not one")]
    [InlineData("?first=1e3", "'1e3' is not one")]
    [InlineData("?first=99999999999999999999", "'99999999999999999999' is not one")]
    public async Task A_wrong_query_is_answered_with_a_sentence(string query, string sentence)
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        HttpResponseMessage answer = await http.GetAsync("/v1/log/entries" + query, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            $"first is the index of a leaf, a whole number from 0 such as /v1/log/entries?first=0; {sentence}.",
            await Detail(answer)
        );
    }

    [Fact]
    public async Task One_group_can_be_asked_for_and_the_rest_comes_as_hashes()
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        HttpResponseMessage answer = await http.GetAsync("/v1/log/entries?first=0&group=boundary", Cancellation);
        Assert.Equal("</v1/log/entries?first=2&group=boundary>; rel=\"next\"", Assert.Single(answer.Headers.GetValues("Link")));
        VerifiedBatch batch = BatchVerifier.Verify(
            Batch.Decode(await answer.Content.ReadAsByteArrayAsync(Cancellation), out _),
            _site.Trust
        );
        Assert.All(batch.Leaves, l => Assert.True(l.Head.Group is null or "boundary"));
        HttpResponseMessage none = await http.GetAsync("/v1/log/entries?first=0&group=elsewhere", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        Assert.Equal("There is no group 'elsewhere'; the groups here are boundary, hall-1.", await Detail(none));
    }

    [Fact]
    public async Task Single_leaves_come_as_a_bundle_in_both_forms_and_verify()
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        Bundle cbor = Bundle.Decode(await http.GetByteArrayAsync("/v1/log/bundle?leaf=3&leaf=1", Cancellation));
        using HttpRequestMessage ask = new(HttpMethod.Get, "/v1/log/bundle?leaf=3&leaf=1");
        ask.Headers.Accept.ParseAdd("application/json");
        ask.Headers.AcceptEncoding.ParseAdd("deflate");
        HttpResponseMessage answer = await http.SendAsync(ask, Cancellation);
        Assert.Equal(
            ("application/json", "deflate"),
            (answer.Content.Headers.ContentType!.ToString(), answer.Content.Headers.ContentEncoding.Single())
        );
        Bundle json = BundleJson.Decode(Zlib.Unpack(await answer.Content.ReadAsByteArrayAsync(Cancellation), Bundle.MaxBytes));
        Assert.Equal(cbor.Encode(), json.Encode());
        Assert.Equal([3, 1], BundleVerifier.Verify(cbor, _site.Trust).Leaves.Select(l => l.Head.Index));
    }

    [Fact]
    public async Task After_a_change_of_the_key_a_bundle_brings_it_and_it_can_be_fetched_alone()
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        HttpResponseMessage never = await http.GetAsync("/v1/log/keys", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, never.StatusCode);
        Assert.Equal("The device's key has never changed: its public key is all that is needed.", await Detail(never));
        Assert.Empty((await BundleAsync(http, 3)).KeyChanges);
        _site.ChangeKey();
        Assert.Single((await BundleAsync(http, 3)).KeyChanges); // sealed by the first key, over the change itself
        _site.Record(4, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 4000));
        _site.Seal();
        Assert.Single((await BundleAsync(http, 3, 5)).KeyChanges);

        // Back to the first key: that its overlap is not over is shown by a leaf that nobody asked for.
        _site.GoBack();
        _site.Record(5, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 5000));
        _site.Seal();
        Assert.Equal(2, (await BundleAsync(http, 3)).Leaves.Count);
        HttpResponseMessage keys = await http.GetAsync("/v1/log/keys", Cancellation);
        Assert.Equal("application/cbor", keys.Content.Headers.ContentType!.ToString());
        LogKeys accepted = LogKeys.For(_site.Trust, _site.Origin);
        accepted.Accept(Assert.Single(KeyHistory.Decode(await keys.Content.ReadAsByteArrayAsync(Cancellation))));
        Assert.Equal(1, accepted.Changes);
    }

    [Fact]
    public async Task A_bundle_brings_the_certificates_of_the_key_that_signed_it_and_of_no_other()
    {
        using Authority authority = await Authority.MakeAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("certificates");
        string chain = Path.Combine(folder.FullName, "chain.pem"),
            revoked = Path.Combine(folder.FullName, "crl.pem");
        await File.WriteAllTextAsync(revoked, await authority.RevocationListAsync(), Cancellation);
        await using ServedSite site = new(
            certificates: (id, key) =>
            {
                string request = new CertificateRequest($"CN={id}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
                File.WriteAllText(chain, authority.CertifyAsync(request).GetAwaiter().GetResult() + authority.Intermediate);
                return InstalledCertificates.Open(chain, revoked, id, key, NullLogger.Instance);
            }
        );
        site.Begin();
        site.Seal();
        using HttpClient http = await site.ServeAsync();
        Bundle bundle = Bundle.Decode(await http.GetByteArrayAsync("/v1/log/bundle?leaf=0", Cancellation));
        Assert.Equal((2, 1), (bundle.Chain.Count, bundle.RevocationLists.Count));
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(bundle.Chain[0].Span);
        Assert.Equal($"CN={site.Origin.DeviceId}", certificate.Subject);
        site.ChangeKey();
        site.Record(1, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 1000));
        site.Seal();
        bundle = Bundle.Decode(await http.GetByteArrayAsync("/v1/log/bundle?leaf=0", Cancellation));
        Assert.Equal((0, 0, 1), (bundle.Chain.Count, bundle.RevocationLists.Count, bundle.KeyChanges.Count));
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("/v1/log/bundle", 400, "leaf is the index of a leaf, a whole number from 0 such as /v1/log/bundle?leaf=7; it is missing.")]
    [InlineData(
        "/v1/log/bundle?leaf=1&leaf=x",
        400,
        "leaf is the index of a leaf, a whole number from 0 such as /v1/log/bundle?leaf=7; " + "'x' is not one."
    )]
    [InlineData("/v1/log/bundle?leaf=1&leaf=1", 400, "A bundle has at most 256 leaves, none twice; 2 were asked for.")]
    [InlineData(
        "/v1/log/bundle?leaf=4",
        404,
        "No checkpoint covers leaf 4: " + "the newest checkpoint covers 4 leaves, 0 to 3. Ask again after the next one."
    )]
    [InlineData(
        "/v1/log/consistency",
        400,
        "from is the size of an older checkpoint, a whole number from 1 such as /v1/log/consistency?from=1; " + "it is missing."
    )]
    [InlineData(
        "/v1/log/consistency?from=0",
        400,
        "from is the size of an older checkpoint, a whole number from 1 such as /v1/log/consistency?from=1; " + "'0' is not one."
    )]
    [InlineData(
        "/v1/log/consistency?from=5",
        404,
        "No checkpoint covers 5 leaves: " + "the newest checkpoint covers 4 leaves, 0 to 3. Ask again after the next one."
    )]
    public async Task A_question_that_cannot_be_answered_is_told_why(string path, int status, string sentence)
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        HttpResponseMessage answer = await http.GetAsync(path, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(sentence, await Detail(answer));
    }

    [Fact]
    public async Task Who_kept_an_old_checkpoint_can_see_that_the_log_goes_on_from_it()
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        TreeHead older = BatchVerifier.Verify(_site.Ledger.BatchFrom(0)!, _site.Trust).Head,
            newer = CheckpointNote.Parse(_site.Ledger.LastCheckpoint!.Note).Head;
        Assert.NotEqual(older, newer);
        CoseReceipt receipt = CoseReceipt.Decode(await http.GetByteArrayAsync($"/v1/log/consistency?from={older.Size}", Cancellation));
        Assert.Equal(newer, receipt.VerifyConsistency(older, newer.Root, _site.Trust.Keys[0]));
    }

    [Fact]
    public async Task The_newest_checkpoint_is_served_as_its_note()
    {
        using HttpClient http = await _site.ServeAsync();
        HttpResponseMessage none = await http.GetAsync("/v1/log/checkpoint", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.NotNull(none.Headers.RetryAfter);
        RecordThreeBatches();
        HttpResponseMessage answer = await http.GetAsync("/v1/log/checkpoint", Cancellation);
        Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(_site.Ledger.LastCheckpoint!.Note, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/live")]
    [InlineData("/v1/power")]
    [InlineData("/v1/log/checkpoint")]
    [InlineData("/v1/log/entries?first=0")]
    public async Task HEAD_gives_the_head_of_GET_and_nothing_may_be_changed_or_read_from_elsewhere(string path)
    {
        RecordThreeBatches();
        using HttpClient http = await _site.ServeAsync();
        using HttpRequestMessage head = new(HttpMethod.Head, path);
        head.Headers.Add("Origin", "http://elsewhere.example");
        HttpResponseMessage answer = await http.SendAsync(head, Cancellation);
        HttpResponseMessage get = await http.GetAsync(path, Cancellation);
        Assert.Equal((get.StatusCode, get.Content.Headers.ContentType), (answer.StatusCode, answer.Content.Headers.ContentType));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            Assert.Single(answer.Headers.GetValues("Content-Security-Policy"))
        );
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync(path, null, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task The_figures_of_flows_are_served_as_text_and_as_JSON_where_the_site_records_any()
    {
        using HttpClient none = await _site.ServeAsync();
        Assert.Equal(
            "The site file has no section 'flows', which names the meters of grid, generators and battery.",
            await Detail(await none.GetAsync("/v1/flows", Cancellation))
        );
        await using ServedSite site = new(flows: true);
        site.Begin();
        using HttpClient http = await site.ServeAsync();
        string text = await http.GetStringAsync("/v1/flows", Cancellation);
        Assert.StartsWith("2026-06, 2026-05-31T16:00Z to", text, StringComparison.Ordinal);
        Assert.Contains("  self-sufficiency: no value: no interval was attributed", text, StringComparison.Ordinal);
        Assert.Contains("  maximum demand (block): no value: there is no complete block of 15 min", text, StringComparison.Ordinal);
        Assert.Equal(
            "Leaf 0 is no flow of this log, which has 1 leaves.",
            await Detail(await http.GetAsync("/v1/flows/why?leaf=0", Cancellation))
        );
        http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        using JsonDocument json = JsonDocument.Parse(await http.GetStringAsync("/v1/flows", Cancellation));
        JsonElement months = json.RootElement.GetProperty("months");
        Assert.Equal(["2026-06", "2026-05"], months.EnumerateArray().Select(m => m.GetProperty("month").GetString()));
        Assert.Equal(
            ["selfConsumption", "selfSufficiency", "greenShare", "maximumDemandBlock", "loadFactor"],
            months[0].GetProperty("figures").EnumerateArray().Select(f => f.GetProperty("name").GetString())
        );
    }

    [Fact]
    public async Task The_budgets_are_served_as_text_and_as_JSON_where_the_site_has_any_and_follow_the_log()
    {
        using HttpClient none = await _site.ServeAsync();
        Assert.Equal(
            "The site file has no section 'targets', which names the yearly budgets of accounts.",
            await Detail(await none.GetAsync("/v1/targets", Cancellation))
        );
        await using ServedSite site = new(budgets: ServedSite.Budget("scope2-location", "100 tCO2"));
        site.Begin();
        using HttpClient http = await site.ServeAsync();
        Assert.StartsWith(
            "2026-06-01 to 2027-06-01, scope2-location: no value, what was used is not known: nothing of scope2-location is "
                + "recorded in the year yet\n",
            await http.GetStringAsync("/v1/targets", Cancellation),
            StringComparison.Ordinal
        );
        site.RecordMonth("scope2-location", "2026-06", ServedSite.June, 2_000_000_000_000);
        Assert.Contains(
            "  projection for the year: 52.142857 tCO2\n",
            await http.GetStringAsync("/v1/targets", Cancellation),
            StringComparison.Ordinal
        ); // 2 · 365/14
        http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        using JsonDocument json = JsonDocument.Parse(await http.GetStringAsync("/v1/targets", Cancellation));
        JsonElement budget = json.RootElement.GetProperty("budgets")[0];
        Assert.Equal(
            ("met", "2026-06-15T14:00:00+08:00"),
            (budget.GetProperty("verdict").GetString(), budget.GetProperty("countedUntil").GetString())
        );
        Assert.Equal(
            "2.000000",
            budget
                .GetProperty("figures")
                .EnumerateArray()
                .Single(f => f.GetProperty("name").GetString() == "used to date")
                .GetProperty("value")
                .GetString()
        );
    }

    // As it is served, verified from the first public key alone.
    private async Task<Bundle> BundleAsync(HttpClient http, params int[] leaves)
    {
        Bundle bundle = Bundle.Decode(await http.GetByteArrayAsync("/v1/log/bundle?leaf=" + string.Join("&leaf=", leaves), Cancellation));
        BundleVerifier.Verify(bundle, _site.Trust);
        return bundle;
    }

    private static async Task<string> Detail(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.ToString());
        using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal((int)answer.StatusCode, problem.RootElement.GetProperty("status").GetInt32());
        return problem.RootElement.GetProperty("detail").GetString()!;
    }

    private void RecordThreeBatches()
    {
        _site.Begin();
        for (int minute = 1; minute <= 3; minute++)
        {
            _site.Record(minute, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 1000 * minute));
            _site.Seal();
        }
    }
}
