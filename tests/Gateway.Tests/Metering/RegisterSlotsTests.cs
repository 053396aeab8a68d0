using CsCheck;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Gateway.Tests.Metering;

public class RegisterSlotsTests
{
    private enum Step
    {
        Write,
        BeginFlush,
        EndFlush,
        FailFlush,
    }

    /// <summary>A card behind a page cache, at its worst: what was not flushed is lost altogether.</summary>
    private sealed class Card
    {
        public readonly byte[][] Cache = [.. Enumerable.Range(0, RegisterSlots.Count).Select(_ => new byte[1024])];
        public readonly HashSet<int> Unflushed = [];
        public readonly HashSet<int> WrittenWithinFlush = [];

        public long NewestAfterPowerCut() => Newest(Cache.Select((slot, i) => Unflushed.Contains(i) ? new byte[1024] : slot));

        public static long Newest(IEnumerable<byte[]> slots) =>
            slots.Max(slot => RegisterSlot.TryDecode(slot, out long sequence, out _) ? sequence : 0);
    }

    [Fact]
    public void Whatever_is_torn_or_lost_the_newest_state_survives_the_process_and_the_flushed_one_a_power_cut() =>
        Gen.Select(
                Gen.Frequency(
                    (4, Gen.Const(Step.Write)),
                    (2, Gen.Const(Step.BeginFlush)),
                    (2, Gen.Const(Step.EndFlush)),
                    (1, Gen.Const(Step.FailFlush))
                ),
                Gen.Int[0, 1023]
            )
            .Array[1, 60]
            .Sample(steps =>
            {
                var card = new Card();
                var slots = new RegisterSlots();
                var book = new RegisterBook(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
                MeterRegisters meter = book.Open(
                    "m",
                    (ObisCode.ActiveImport, Quantum.MilliwattHour),
                    (ObisCode.ActiveExport, Quantum.MilliwattHour)
                );
                (long flushing, long flushed) = (0, 0);
                foreach ((Step step, int torn) in steps)
                {
                    switch (step)
                    {
                        case Step.Write:
                            meter.Add(1, 2);
                            (int slot, long sequence) = (slots.Next, slots.Sequence + 1);
                            byte[] whole = [.. card.Cache[slot]];
                            RegisterSlot.Encode(whole, sequence, book.All);
                            whole.AsSpan(0, torn).CopyTo(card.Cache[slot]);
                            Assert.InRange(Card.Newest(card.Cache), sequence - 1, sequence);
                            card.Unflushed.Add(slot);
                            card.WrittenWithinFlush.Add(slot);
                            Assert.True(card.NewestAfterPowerCut() >= flushed);
                            whole.CopyTo(card.Cache[slot], 0);
                            slots.MarkWritten(slot, sequence);
                            Assert.Equal(sequence, Card.Newest(card.Cache));
                            break;
                        case Step.BeginFlush when flushing == 0 && slots.TryBeginFlush():
                            flushing = slots.Sequence;
                            card.WrittenWithinFlush.Clear();
                            break;
                        case Step.EndFlush when flushing != 0:
                            slots.EndFlush(done: true);
                            card.Unflushed.IntersectWith(card.WrittenWithinFlush);
                            (flushing, flushed) = (0, flushing);
                            break;
                        case Step.FailFlush when flushing != 0:
                            slots.EndFlush(done: false);
                            flushing = 0;
                            break;
                    }

                    Assert.True(card.NewestAfterPowerCut() >= flushed);
                }
            });

    [Fact]
    public void There_is_nothing_to_flush_before_a_write_within_a_flush_and_after_it()
    {
        var slots = new RegisterSlots();
        Assert.False(slots.TryBeginFlush());
        slots.MarkWritten(slots.Next, 1);
        Assert.True(slots.TryBeginFlush());
        slots.MarkWritten(slots.Next, 2);
        Assert.False(slots.TryBeginFlush());
        slots.EndFlush(done: true);
        Assert.True(slots.TryBeginFlush());
        slots.EndFlush(done: true);
        Assert.False(slots.TryBeginFlush());
    }

    [Fact]
    public void A_flip_of_any_bit_makes_a_slot_unreadable()
    {
        var book = new RegisterBook(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
        book.Open("gas", (ObisCode.Gas, Quantum.Impulse)).Add(12345);
        byte[] slot = new byte[256];
        int length = RegisterSlot.Encode(slot, 1, book.All);
        for (int bit = 0; bit < length * 8; bit++)
        {
            slot[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(RegisterSlot.TryDecode(slot, out _, out _), $"bit {bit}");
            slot[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(RegisterSlot.TryDecode(slot, out _, out var registers));
        Assert.Equal(12345, registers[new("gas", ObisCode.Gas)].Count);
    }
}
