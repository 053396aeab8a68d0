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

            string? name = block.Text("meter", SiteSections.Name(), "write the name of a pulse meter of the medium product");
            if (name is null)
            {
                continue;
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
            else if (product is not null && meter.Settings is PulseMeterSettings settings)
            {
                products.Add(new ProductSettings(product, settings, null));
            }
        }

        return products;
    }

    // As a manual entry may have its subject, which is what the two must not both count.
    [GeneratedRegex(@"^(?!\s)[^\u0000-\u001f\u007f]{1,80}(?<!\s)\z")]
    private static partial Regex Product();
}
