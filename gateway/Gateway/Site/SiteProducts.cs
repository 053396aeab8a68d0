using System.Text.Json;
using System.Text.RegularExpressions;

namespace EdgeGateway.Site;

/// <summary>Reads which meters count the site's products, and where others report them.</summary>
internal sealed partial class SiteProducts(SiteMeters meters, List<Fault> faults)
{
    /// <summary>Reads the section. Incomplete when there are faults.</summary>
    public List<ProductSettings> Read(Block root)
    {
        List<ProductSettings> products = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> taken = [];
        foreach ((JsonElement element, string path) in root.List("products", 0, 16, required: false))
        {
            if (Block.Of(element, path, ["product", "meter", "mqtt"], faults) is not { } block)
            {
                continue;
            }

            string? product = block.Text(
                "product",
                Product(),
                "write its name as manual entries of production would have it, such as battery pack, 1 to 80 characters"
            );
            if (product is not null && !names.Add(product))
            {
                block.Fault(
                    "product",
                    $"{product} is there already",
                    "give each product one meter or topic; capitals do not make a difference"
                );
            }

            if (block.Has("mqtt"))
            {
                if (block.Has("meter"))
                {
                    block.Fault("mqtt", "stands beside meter", "write the one that tells how many were made");
                }

                if (SiteSections.MqttInput(block) is { } reports && product is not null)
                {
                    products.Add(new ProductSettings(product, null, reports));
                }

                continue;
            }

            if (Counter(block, path, taken) is { } counter && product is not null)
            {
                products.Add(new ProductSettings(product, counter, null));
            }
        }

        return products;
    }

    // The meter that counts the pieces, where it can be told and counts no other product.
    private PulseMeterSettings? Counter(Block block, string path, Dictionary<string, string> taken)
    {
        string? name = block.Text("meter", SiteSections.Name(), "write the name of a pulse meter of the medium product");
        if (name is null)
        {
            return null;
        }

        if (meters.Find(name) is not { } meter)
        {
            block.Fault("meter", $"\"{name}\" is not one of the meters", "write the name of a meter of this site");
        }
        else if (meter.Known && meter.Counts != Medium.Product)
        {
            block.Fault("meter", $"{meter.Name} does not count pieces", "name a pulse meter of the medium product");
        }
        else if (!taken.TryAdd(meter.Name, path))
        {
            block.Fault("meter", $"{meter.Name} is already in {taken[meter.Name]}", "count its pieces once");
        }
        else
        {
            return meter.Settings as PulseMeterSettings;
        }

        return null;
    }

    // The same form as the subject of a manual entry, so that a product that is counted is not also entered under another name.
    [GeneratedRegex(@"^(?!\s)[^\u0000-\u001f\u007f]{1,80}(?<!\s)\z")]
    private static partial Regex Product();
}
