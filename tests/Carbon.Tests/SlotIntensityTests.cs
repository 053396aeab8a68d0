using CsCheck;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Tables of a grid's intensities.</summary>
public sealed class SlotIntensityTests
{
    private const string Good =
        "from,until,gCO2/kWh\n2026-06-01T08:00+08:00,2026-06-01T09:00+08:00,543.20\n"
        + "2026-06-01T01:00Z,2026-06-01T02:00Z,\n2026-06-01T02:00:00Z,2026-06-01T03:00:00Z,0\n";

    [Fact]
    public void Values_keep_their_digits_and_what_is_not_known_is_left_out()
    {
        IReadOnlyList<SlotIntensity> slots = SlotIntensity.ParseTable(Good, TimeSpan.FromHours(1));
        Assert.Equal([("20260601T0000Z", "543.20 gCO2/kWh"), ("20260601T0200Z", "0 gCO2/kWh")], slots.Select(s => (s.Name, s.Value)));
        Assert.Equal(slots, SlotIntensity.ParseTable("\uFEFF" + Good.ReplaceLineEndings("\r\n"), TimeSpan.FromHours(1)));
    }

    [Theory]
    [InlineData("from,until,gCO2/kWh", "from,until,kWh", "The first line is 'from,until,kWh'")]
    [InlineData("from,until,gCO2/kWh", "from,until,gCO2e/kWh", "The first line is")]
    [InlineData("from,until,gCO2/kWh", "from,until,gCO2/Wh", "The first line is")]
    [InlineData("543.20", "543.20 g", "Line 2: 'g gCO2' is not a unit")]
    [InlineData("543.20", "-1", "Line 2: -1 gCO2/kWh is negative")]
    [InlineData("543.20", "2000.1", "Line 2: 2000.1 gCO2/kWh is outside 0 to 2 kgCO2/kWh")]
    [InlineData(",543.20", ",543,20", "Line 2 is '2026-06-01T08:00+08:00,2026-06-01T09:00+08:00,543,20'")]
    [InlineData("T09:00+08:00", "T08:30+08:00", "Line 2: the slot is 30 minutes long. Each slot of this series has 60")]
    [InlineData("T08:00+08:00,2026-06-01T09:00", "T08:30+08:00,2026-06-01T09:30", "begin at whole multiples of that in UTC")]
    [InlineData(
        "T01:00Z,2026-06-01T02:00Z",
        "T00:00Z,2026-06-01T01:00Z",
        "Line 3: the slot overlaps the one before it, which ends at 2026-06-01T01:00Z"
    )]
    [InlineData(
        "T01:00Z,2026-06-01T02:00Z",
        "T02:00Z,2026-06-01T03:00Z",
        "Line 3: the slot leaves out what lies between 2026-06-01T01:00Z and 2026-06-01T02:00Z"
    )]
    [InlineData("2026-06-01T08:00+08:00", "2026-06-01T08:00", "Line 2: '2026-06-01T08:00' is no time with its offset")]
    [InlineData("2026-06-01T08:00+08:00", "2026-06-31T08:00+08:00", "is no time with its offset")]
    public void What_does_not_hold_is_refused_with_its_line(string good, string bad, string reason)
    {
        Assert.Contains(good, Good, StringComparison.Ordinal);
        string table = Good.Replace(good, bad, StringComparison.Ordinal);
        Assert.Contains(
            reason,
            Assert.Throws<CarbonException>(() => SlotIntensity.ParseTable(table, TimeSpan.FromHours(1))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_table_has_one_slot_to_a_month_of_hours()
    {
        Assert.Equal(
            "There are 0 slots. Write 1 to 744, a month of hours.",
            Assert.Throws<CarbonException>(() => SlotIntensity.ParseTable("from,until,gCO2/kWh\n", TimeSpan.FromHours(1))).Message
        );
        Assert.Equal(SlotIntensity.MostSlots, SlotIntensity.ParseTable(TableOf(SlotIntensity.MostSlots), TimeSpan.FromHours(1)).Count);
        Assert.Throws<CarbonException>(() => SlotIntensity.ParseTable(TableOf(SlotIntensity.MostSlots + 1), TimeSpan.FromHours(1)));

        static string TableOf(int slots) => "from,until,gCO2/kWh\n" + string.Concat(Enumerable.Range(0, slots).Select(RowOf));

        static string RowOf(int hour)
        {
            DateTimeOffset from = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hour);
            return $"{from:yyyy-MM-dd'T'HH:mm'Z'},{from.AddHours(1):yyyy-MM-dd'T'HH:mm'Z'},{hour}\n";
        }
    }

    [Fact]
    public void A_slot_is_half_open_and_read_back_from_its_name() =>
        Gen.Select(Gen.Int[0, 35_000], Gen.Int[0, 2].Select(i => new[] { 15, 30, 60 }[i]), Gen.Int[0, 2_000_000])
            .Sample(
                (n, minutes, micro) =>
                {
                    var length = TimeSpan.FromMinutes(minutes);
                    SlotIntensity slot = new(
                        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + (n * length),
                        length,
                        $"{micro / 1e6m} kgCO2/kWh"
                    );
                    Assert.Equal(slot, SlotIntensity.Read(slot.Name, length, slot.Value));
                    Assert.True(slot.Holds(slot.From, slot.Until));
                    Assert.False(slot.Holds(slot.From, slot.Until.AddMilliseconds(1)));
                    Assert.False(slot.Holds(slot.From.AddMilliseconds(-1), slot.Until));
                }
            );

    [Fact]
    public void The_unit_does_not_change_the_footprint() =>
        Gen.Select(Gen.Int[0, 2_000_000], Gen.Long[0, 1_000_000_000])
            .Sample(
                (micro, wattHours) =>
                {
                    string[] same =
                    [
                        $"{micro / 1e6m} kgCO2/kWh",
                        $"{micro / 1e3m} gCO2/kWh",
                        $"{micro / 1e3m} kgCO2/MWh",
                        $"{micro / 1e6m} tCO2/MWh",
                    ];
                    Quantity energy = Quantity.Parse($"{wattHours} Wh");
                    Assert.Single(
                        same.Select(v =>
                                RecordedMethod.OfSlot("grid", new SlotIntensity(default, TimeSpan.FromHours(1), v)).Micrograms(energy)
                            )
                            .Distinct()
                    );
                }
            );
}
