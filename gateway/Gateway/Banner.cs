using EdgeGateway.Evidence;
using EdgeGateway.Publishing;
using EdgeGateway.Signing;
using EdgeGateway.Site;

namespace EdgeGateway;

/// <summary>What is announced on the console once the gateway records and the page is there.</summary>
internal static class Banner
{
    /// <summary>Writes it.</summary>
    /// <param name="version">The gateway's.</param>
    /// <param name="site">The site.</param>
    /// <param name="folder">The data folder.</param>
    /// <param name="pages">Where the page is.</param>
    /// <param name="key">The device's key.</param>
    /// <param name="log">Which log is written.</param>
    /// <param name="leaves">How many leaves it has.</param>
    /// <param name="deliveries">Where they are delivered.</param>
    public static void Write(
        string version,
        SiteFile site,
        string folder,
        IEnumerable<string> pages,
        DeviceKey key,
        Origin log,
        long leaves,
        IEnumerable<DeliveryState> deliveries
    )
    {
        Console.WriteLine($"EdgeGateway {version}");
        if (site.Simulation is { } simulation)
        {
            string devices = string.Join(", ", site.Buses.Select(b => b.Device).Distinct());
            Console.WriteLine(
                $"""

                SIMULATION  Nothing here is measured. The readings are made up or replayed ({devices}, seed {simulation.Seed}),
                            and whatever is signed says so.

                """
            );
        }

        string changed = key.History.Changes is [.., var change] ? $", changed since by leaf {change.Leaf} of {change.Origin}" : "";
        Console.WriteLine(
            $"""
            Site        {site.Site} ({site.Path}), {site.Meters.Count} meters
            Page        {string.Join(" ", pages)}
            Data        {folder}
            Device      {key.DeviceId}
            Public key  {key.PublicKeyPath}{changed}
            Log         {log}, {leaves} leaves
            """
        );
        foreach (DeliveryState delivery in deliveries)
        {
            Console.WriteLine($"Delivering  {delivery.Name} → {delivery.Destination}");
        }

        foreach (WitnessSettings witness in site.Witnesses)
        {
            Console.WriteLine($"Witness     {witness.Key.Name} at {witness.Url}");
        }

        if (site.TimeStamps is { } timeStamps)
        {
            Console.WriteLine($"Time stamps {timeStamps.Url}, every {timeStamps.Every.TotalMinutes} min");
        }
    }
}
