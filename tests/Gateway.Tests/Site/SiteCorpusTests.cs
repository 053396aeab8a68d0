namespace EdgeGateway.Gateway.Tests.Site;

public class SiteCorpusTests
{
    public static TheoryData<string> Names => [.. Corpus.Files.Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_site_file_has_exactly_the_expected_faults(string name)
    {
        string file = Path.Combine(Corpus.Folder, name);
        string[] actual = [.. Corpus.Faults(file).Select(f => f.ToString().Replace(Corpus.Folder, "", StringComparison.Ordinal))];
        Assert.Equal(Corpus.Expected(file).Select(l => l.TrimStart('~')), actual);
        Assert.Equal(name.StartsWith("valid-", StringComparison.Ordinal), actual.Length == 0);
    }

    [Fact]
    public void The_schema_refuses_what_the_validator_refuses_where_a_schema_can()
    {
        bool[] valid = Corpus.ValidBySchema(Corpus.Files.Select(File.ReadAllText));
        Assert.Equal(Corpus.Files.Count, valid.Length);
        foreach ((string file, bool bySchema) in Corpus.Files.Zip(valid))
        {
            bool expressible = Corpus.Expected(file).Any(l => l[0] != '~');
            Assert.True(bySchema != expressible, $"{Path.GetFileName(file)}: the schema says {(bySchema ? "valid" : "invalid")}");
        }
    }

    [Fact]
    public void There_is_a_corpus()
    {
        Assert.InRange(Corpus.Files.Count, 30, 100);
        Assert.All(Directory.GetFiles(Corpus.Folder, "*.faults"), f => Assert.True(File.Exists(Path.ChangeExtension(f, ".json")), f));
    }
}
