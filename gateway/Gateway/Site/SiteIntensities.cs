using System.Text.Json;

namespace EdgeGateway.Site;

/// <summary>Reads the series of the grid's carbon intensities, and where their tables come from.</summary>
internal static class SiteIntensities
{
    private static readonly string[] Ways = ["file", "url", "mqtt"];

    /// <summary>Reads the section. Incomplete when there are faults.</summary>
    public static List<IntensitySettings> Read(Block root, string folder)
    {
        List<IntensitySettings> series = [];
        foreach ((JsonElement element, string path) in root.List("intensities", 0, 8, required: false))
        {
            if (root.Element(element, path, ["name", "minutes", "source", "everyMinutes", .. Ways]) is not { } block)
            {
                continue;
            }

            string? name = SiteSections.UniqueName(block, series.Select(s => s.Name));
            int? minutes = block.Integer("minutes", 15, 60, " of minutes", 60);
            if (minutes is not (null or 15 or 30 or 60))
            {
                block.Fault(
                    "minutes",
                    $"a slot of {minutes} min is no slot of such a series",
                    "write 15, 30 or 60, as its publisher has it"
                );
            }

            string? source = block.Text("source", SiteSections.Line(), "write who publishes the intensities, and where");
            string[] ways = [.. Ways.Where(block.Has)];
            if (ways.Length > 1)
            {
                block.Fault(ways[1], $"stands beside {ways[0]}", "write the one way by which the tables come");
            }
            else if (block.Has("everyMinutes") && ways is [] or ["mqtt"])
            {
                block.Fault(
                    "everyMinutes",
                    "says how often to look, and there is no file or url",
                    "remove it: what comes by MQTT or edgectl enter comes by itself"
                );
            }

            InputSettings? input = ways is [var way] ? Input(block, way, folder) : null;
            if (name is not null && minutes is { } m && source is not null)
            {
                series.Add(new IntensitySettings(name, TimeSpan.FromMinutes(m), source, input));
            }
        }

        return series;
    }

    private static InputSettings? Input(Block block, string way, string folder)
    {
        int? every = block.Integer("everyMinutes", 1, 1440, " of minutes", way == "file" ? 1 : 15);
        return way switch
        {
            "file" => FileInput(block, folder, every),
            "url" => HttpInput(block, every),
            _ => SiteSections.MqttInput(block),
        };
    }

    private static FileInputSettings? FileInput(Block block, string folder, int? everyMinutes)
    {
        string? file = block.Text("file", SiteSections.FilePath(), "write the path of the table, relative to the site file or from /");
        return file is null || everyMinutes is null
            ? null
            : new FileInputSettings(Path.GetFullPath(file, folder), TimeSpan.FromMinutes(everyMinutes.Value));
    }

    private static HttpInputSettings? HttpInput(Block block, int? everyMinutes)
    {
        Uri? url = SiteSections.Url(block, "write where the table is to be had, such as https://grid.example/intensity.csv");
        return url is null || everyMinutes is null ? null : new HttpInputSettings(url, TimeSpan.FromMinutes(everyMinutes.Value));
    }
}
