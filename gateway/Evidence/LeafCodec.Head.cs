using System.Formats.Cbor;

namespace EdgeGateway.Evidence;

/// <content>Reads the labels that only a leaf's first record carries.</content>
public static partial class LeafCodec
{
    private sealed class HeadLabels
    {
        private long? _index, _bootCount, _monotonicMs, _config, _factors;
        private string? _type, _group;
        private TimeStatus? _timeStatus;
        private byte[]? _salt;
        private List<long> _of = [];
        private bool _simulated;

        public DateTimeOffset? At { get; private set; }

        public bool TryRead(CborReader reader, string label)
        {
            switch (label)
            {
                case "at": At = ReadTime(reader); return true;
                case "seq": _index = ReadPositive(reader, label); return true;
                case "bc": _bootCount = ReadPositive(reader, label); return true;
                case "mc": _monotonicMs = ReadPositive(reader, label); return true;
                case "cfg": _config = ReadPositive(reader, label); return true;
                case "fct": _factors = ReadPositive(reader, label); return true;
                case "typ": _type = ReadText(reader, label); return true;
                case "grp": _group = ReadText(reader, label); return true;
                case "ts": _timeStatus = ReadTimeStatus(reader); return true;
                case "salt": _salt = reader.ReadByteString(); return true;
                case "of": _of = ReadIndexes(reader); return true;
                case "sim_":
                    _simulated = reader.ReadBoolean();
                    return _simulated ? true : throw new EvidenceException("The label 'sim_' is true or absent.");
                default: return false;
            }
        }

        public LeafHead ToHead(DateTimeOffset time) => new()
        {
            Index = _index ?? throw Lacks("seq"),
            Type = _type ?? throw Lacks("typ"),
            Time = time,
            TimeStatus = _timeStatus ?? throw Lacks("ts"),
            BootCount = _bootCount ?? throw Lacks("bc"),
            MonotonicMs = _monotonicMs ?? throw Lacks("mc"),
            Salt = _salt is { Length: SaltBytes } ? _salt : throw Lacks($"salt of {SaltBytes} bytes"),
            Group = _group,
            Config = _config,
            Factors = _factors,
            ComputedFrom = _of,
            Simulated = _simulated,
        };

        private static EvidenceException Lacks(string label) => new($"The leaf's first record lacks the label {label}.");

        private static TimeStatus ReadTimeStatus(CborReader reader)
        {
            string code = ReadText(reader, "ts");
            int i = code.Length == 1 ? TimeStatusCodes.IndexOf(code[0]) : -1;
            return i >= 0 ? (TimeStatus)i : throw new EvidenceException($"The time status '{code}' is none of U, I, S, R.");
        }

        private static List<long> ReadIndexes(CborReader reader)
        {
            int count = reader.ReadStartArray() ?? 0;
            List<long> indexes = [];
            for (int i = 0; i < count; i++)
            {
                long index = ReadPositive(reader, "of");
                if (indexes.Count > 0 && index <= indexes[^1])
                {
                    throw new EvidenceException("The indexes under 'of' do not ascend.");
                }

                indexes.Add(index);
            }

            reader.ReadEndArray();
            return indexes.Count > 0 ? indexes : throw new EvidenceException("The label 'of' names at least one leaf or is absent.");
        }
    }
}
