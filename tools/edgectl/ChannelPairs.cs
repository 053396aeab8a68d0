using EdgeGateway.Simulation;

namespace EdgeGateway.Edgectl;

/// <summary>A current and the voltage that drives it.</summary>
internal sealed record ChannelPair(string Phase, RecordedChannel Voltage, RecordedChannel Current)
{
    /// <summary>Samples at which one of the two is missing.</summary>
    public int Missing => Voltage.Values.Zip(Current.Values).Count(x => x.First is null || x.Second is null);
}

/// <summary>Which voltage belongs to which current of a recording.</summary>
/// <remarks>
/// A current takes the voltage of its phase field. Without the field, or where several voltages share the phase, the rest of the name
/// decides: <c>IA_G1</c> belongs to <c>VA_G1</c> or <c>UA_G1</c>. One voltage may serve several currents.
/// </remarks>
internal sealed record ChannelPairs(IReadOnlyList<ChannelPair> Paired, IReadOnlyList<(RecordedChannel Channel, string Why)> Left)
{
    public static ChannelPairs Of(IReadOnlyList<RecordedChannel> channels)
    {
        List<ChannelPair> paired = [];
        List<(RecordedChannel Channel, string Why)> left = [];
        var voltages = channels.Where(c => c.Quantity == RecordedQuantity.Voltage).ToList();
        foreach (RecordedChannel current in channels.Where(c => c.Quantity == RecordedQuantity.Current))
        {
            var ofPhase = voltages
                .Where(v => v.Phase.Length > 0 && v.Phase.Equals(current.Phase, StringComparison.OrdinalIgnoreCase))
                .ToList();
            var ofName = (ofPhase.Count > 0 ? ofPhase : voltages.Where(v => v.Phase.Length == 0 || current.Phase.Length == 0))
                .Where(v => Rest(v, "VU").Equals(Rest(current, "I"), StringComparison.OrdinalIgnoreCase))
                .ToList();
            var fitting = ofName.Count > 0 ? ofName : ofPhase;
            switch (fitting)
            {
                case [var voltage]:
                    paired.Add(new(Phase(current, voltage), voltage, current));
                    break;
                case []:
                    left.Add((current, current.Phase.Length == 0 ? "no voltage of this name" : $"no voltage of phase {current.Phase}"));
                    break;
                default:
                    left.Add((current, $"several voltages could belong to it: {string.Join(", ", fitting.Select(v => v.Id))}"));
                    break;
            }
        }

        left.AddRange(voltages.Where(v => paired.TrueForAll(p => p.Voltage != v)).Select(v => (v, "no current takes this voltage")));
        return new(paired, left);
    }

    private static string Phase(RecordedChannel current, RecordedChannel voltage)
    {
        if (current.Phase.Length > 0)
        {
            return current.Phase;
        }

        return voltage.Phase.Length > 0 ? voltage.Phase : Rest(current, "I");
    }

    /// <summary>A name without the letter that says what it measures.</summary>
    private static string Rest(RecordedChannel channel, string letters) =>
        channel.Id.Length > 0 && letters.Contains(char.ToUpperInvariant(channel.Id[0]), StringComparison.Ordinal)
            ? channel.Id[1..]
            : channel.Id;
}
