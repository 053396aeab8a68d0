using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording;

/// <summary>What the ledger knows of registers when the process starts.</summary>
public static class LastRecorded
{
    // A day of one group's readings at 60 s. A meter that has been missing for longer goes on from the register file.
    private const int MostLeaves = 1440;
    private const int Page = 64;

    /// <summary>
    /// The newest recorded count of each register, by looking back until every meter of the newest readings has been seen.
    /// </summary>
    public static IReadOnlyDictionary<RegisterKey, Register> Registers(Ledger ledger)
    {
        Dictionary<RegisterKey, Register> found = [];
        HashSet<string> missing = [];
        long oldest = Math.Max(0, ledger.Size - MostLeaves);
        for (long end = ledger.Size; end > oldest; end -= Page)
        {
            long first = Math.Max(oldest, end - Page);
            foreach (byte[] bytes in ledger.Leaves(first, end).OfType<byte[]>().Reverse())
            {
                Leaf leaf = LeafCodec.Decode(bytes);
                if (leaf.Head.Type != LeafType.Reading)
                {
                    continue;
                }

                var reading = ReadingLeaf.Of(leaf);
                foreach (LeafRegister register in reading.Counted)
                {
                    found.TryAdd(new RegisterKey(register.Meter, register.Obis), register.Register);
                    missing.Remove(register.Meter);
                }

                missing.UnionWith(reading.Missing.Select(r => r.Meter).Where(m => !found.Keys.Any(k => k.Meter == m)));
            }

            if (found.Count > 0 && missing.Count == 0)
            {
                break;
            }
        }

        return found;
    }
}
