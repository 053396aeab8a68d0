namespace EdgeGateway.Evidence;

/// <content>Reads the labels that only a leaf's first record carries.</content>
public static partial class LeafCodec
{
    private struct HeadLabels
    {
        private long? _index,
            _bootCount,
            _monotonicMs,
            _config,
            _factors;
        private string? _type,
            _group;
        private TimeStatus? _timeStatus;
        private byte[]? _salt;
        private List<long>? _of;
        private bool _simulated;

        /// <summary>The time of the first record.</summary>
        public DateTimeOffset? FirstTime { get; set; }

        public DateTimeOffset? At { get; private set; }

        /// <summary>Reads the value of a label by its code (<see cref="CodeOf"/>), or returns false where it is none of these.</summary>
        public bool TryRead(ref StrictCbor reader, int code)
        {
            switch (code)
            {
                case ('a' << 8) | 't':
                    At = ReadTime(ref reader);
                    return true;
                case ('b' << 8) | 'c':
                    _bootCount = ReadPositive(ref reader, "bc");
                    return true;
                case ('m' << 8) | 'c':
                    _monotonicMs = ReadPositive(ref reader, "mc");
                    return true;
                case ('o' << 8) | 'f':
                    _of = ReadIndexes(ref reader);
                    return true;
                case ('t' << 8) | 's':
                    _timeStatus = ReadTimeStatus(ref reader);
                    return true;
                case ('c' << 16) | ('f' << 8) | 'g':
                    _config = ReadPositive(ref reader, "cfg");
                    return true;
                case ('f' << 16) | ('c' << 8) | 't':
                    _factors = ReadPositive(ref reader, "fct");
                    return true;
                case ('g' << 16) | ('r' << 8) | 'p':
                    _group = ReadText(ref reader, "grp");
                    return true;
                case ('s' << 16) | ('e' << 8) | 'q':
                    _index = ReadPositive(ref reader, "seq");
                    return true;
                case ('t' << 16) | ('y' << 8) | 'p':
                    _type = ReadText(ref reader, "typ");
                    return true;
                case ('s' << 24) | ('a' << 16) | ('l' << 8) | 't':
                    _salt = reader.ReadString(StrictCbor.Major.Bytes).ToArray();
                    return true;
                case ('s' << 24) | ('i' << 16) | ('m' << 8) | '_':
                    _simulated = reader.ReadTruth();
                    return _simulated ? true : throw new EvidenceException("The label 'sim_' is true or absent.");
                default:
                    return false;
            }
        }

        public readonly LeafHead ToHead()
        {
            DateTimeOffset time = FirstTime ?? throw new EvidenceException("The leaf's first record has no time.");
            if (At == time)
            {
                throw new EvidenceException("The leaf's time stands under 'at' only where it differs from its first record's.");
            }

            if (_simulated && _type is not (null or LeafType.Genesis))
            {
                throw new EvidenceException("The label 'sim_' stands on the genesis only.");
            }

            return new LeafHead
            {
                Index = _index ?? throw Lacks("seq"),
                Type = _type ?? throw Lacks("typ"),
                Time = At ?? time,
                TimeStatus = _timeStatus ?? throw Lacks("ts"),
                BootCount = _bootCount ?? throw Lacks("bc"),
                MonotonicMs = _monotonicMs ?? throw Lacks("mc"),
                Salt = _salt is { Length: SaltBytes } ? _salt : throw Lacks($"salt of {SaltBytes} bytes"),
                Group = _group,
                Config = _config,
                Factors = _factors,
                ComputedFrom = _of ?? [],
                Simulated = _simulated,
            };
        }

        private static EvidenceException Lacks(string label) => new($"The leaf's first record lacks the label {label}.");

        private static TimeStatus ReadTimeStatus(ref StrictCbor reader)
        {
            string code = ReadText(ref reader, "ts");
            int i = code.Length == 1 ? TimeStatusCodes.IndexOf(code[0]) : -1;
            return i >= 0 ? (TimeStatus)i : throw new EvidenceException($"The time status '{code}' is none of U, I, S, R.");
        }

        private static List<long> ReadIndexes(ref StrictCbor reader)
        {
            List<long> indexes = [];
            for (int left = reader.ReadArray(); left > 0; left--)
            {
                long index = ReadPositive(ref reader, "of");
                if (indexes.Count > 0 && index <= indexes[^1])
                {
                    throw new EvidenceException("The indexes under 'of' do not ascend.");
                }

                indexes.Add(index);
            }

            return indexes.Count > 0 ? indexes : throw new EvidenceException("The label 'of' names at least one leaf or is absent.");
        }
    }
}
