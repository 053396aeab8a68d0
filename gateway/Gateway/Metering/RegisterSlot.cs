using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>The bytes of one slot of the register file: every register at one instant, complete or recognisably not.</summary>
/// <remarks>
/// Little endian.
/// <code>
///  slot                                          record, 40 bytes
///  ┌──────┬──────┬───────────────────────────┐   ┌────┬────┬───────────────────────────────────┐
///  │    0 │    8 │ "EGregs", 0, version 1    │   │  0 │ 16 │ meter name, ASCII, zero padded    │
///  │    8 │    8 │ sequence number, from 1   │   │ 16 │  6 │ OBIS code, groups A to F          │
///  │   16 │    8 │ number of records n       │   │ 22 │  1 │ quantum: power of ten, signed     │
///  │   24 │ 40 n │ records                   │   │ 23 │  9 │ quantum: unit, ASCII, zero padded │
///  │      │   32 │ SHA-256 of all before     │   │ 32 │  8 │ count                             │
///  └──────┴──────┴───────────────────────────┘   └────┴────┴───────────────────────────────────┘
/// </code>
/// </remarks>
public static class RegisterSlot
{
    /// <summary>Bytes that the file keeps for a slot.</summary>
    public const int Bytes = 64 * 1024;

    /// <summary>How many registers a slot holds at most.</summary>
    public const int MaxRegisters = (Bytes - HeadBytes - SHA256.HashSizeInBytes) / RecordBytes;

    internal const int MeterBytes = 16;
    internal const int UnitBytes = 9;
    private const int HeadBytes = 24;
    private const int RecordBytes = 40;

    private static ReadOnlySpan<byte> Magic => "EGregs\0\u0001"u8;

    /// <summary>Writes a slot and returns how many bytes it takes.</summary>
    /// <exception cref="InvalidOperationException">There are more registers than a slot holds.</exception>
    public static int Encode(Span<byte> slot, long sequence, ReadOnlySpan<MeterRegisters> meters)
    {
        Magic.CopyTo(slot);
        BinaryPrimitives.WriteInt64LittleEndian(slot[8..], sequence);
        long records = 0;
        int at = HeadBytes;
        foreach (MeterRegisters meter in meters)
        {
            IReadOnlyList<Register> registers = meter.Now;
            for (int i = 0; i < registers.Count; i++, records++, at += RecordBytes)
            {
                if (records == MaxRegisters)
                {
                    throw new InvalidOperationException($"The register file holds {MaxRegisters} registers and there are more.");
                }

                EncodeRecord(slot.Slice(at, RecordBytes), meter.Meter, registers[i]);
            }
        }

        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], records);
        return at + SHA256.HashData(slot[..at], slot[at..]);
    }

    /// <summary>Reads a slot.</summary>
    /// <returns>False when it was never written, not written to its end, or damaged.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> slot, out long sequence, out Dictionary<RegisterKey, Register> registers)
    {
        sequence = 0;
        registers = [];
        if (slot.Length < HeadBytes || !slot.StartsWith(Magic))
        {
            return false;
        }

        long records = BinaryPrimitives.ReadInt64LittleEndian(slot[16..]);
        if (records is < 0 or > MaxRegisters)
        {
            return false;
        }

        int end = HeadBytes + ((int)records * RecordBytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (slot.Length < end + hash.Length)
        {
            return false;
        }

        SHA256.HashData(slot[..end], hash);
        if (!hash.SequenceEqual(slot.Slice(end, hash.Length)))
        {
            return false;
        }

        sequence = BinaryPrimitives.ReadInt64LittleEndian(slot[8..]);
        for (int at = HeadBytes; at < end; at += RecordBytes)
        {
            Register register = DecodeRecord(slot.Slice(at, RecordBytes), out string meter);
            registers[new RegisterKey(meter, register.Obis)] = register;
        }

        return true;
    }

    private static void EncodeRecord(Span<byte> record, string meter, Register register)
    {
        record.Clear();
        Encoding.ASCII.GetBytes(meter, record[..MeterBytes]);
        register.Obis.CopyTo(record[16..]);
        record[22] = unchecked((byte)checked((sbyte)register.Quantum.Exponent));
        Encoding.ASCII.GetBytes(register.Quantum.Unit, record.Slice(23, UnitBytes));
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], register.Count);
    }

    private static Register DecodeRecord(ReadOnlySpan<byte> record, out string meter)
    {
        var quantum = new Quantum(Text(record.Slice(23, UnitBytes)), unchecked((sbyte)record[22]));
        var obis = ObisCode.FromBytes(record.Slice(16, ObisCode.Bytes));
        meter = Text(record[..MeterBytes]);
        return new Register(obis, quantum, BinaryPrimitives.ReadInt64LittleEndian(record[32..]));
    }

    private static string Text(ReadOnlySpan<byte> padded) => Encoding.ASCII.GetString(padded.TrimEnd((byte)0));
}
