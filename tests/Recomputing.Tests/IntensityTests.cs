using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing.Tests;

/// <summary>Footprints by the intensity of their slot of time, computed again.</summary>
public sealed class IntensityTests : RecomputedLog
{
    [Theory]
    [InlineData("no-intensity", "grid", 60, 3, "it has no amount, no-intensity, and leaf 5 states the intensity of its slot")]
    [InlineData("straddles-intensities", "grid", 60, 3, "it has no amount, straddles-intensities, and leaf 5 states")]
    [InlineData("green-power", "coal", 60, 3, "'green-power' is no reason")]
    [InlineData("no-intensity", "coal", 60, 3, null)]
    [InlineData("no-intensity", "grid", 15, 20, null)]
    public void A_footprint_without_an_amount_by_slots_has_a_true_reason(string none, string series, int minutes, int from, string? differs)
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Log.Leaves[3] = Log.Leaves[3] with { Head = Log.Leaves[3].Head with { Time = Start.AddMinutes(from) } };
        Reading(400_000, 0);
        Log.Leaves[4] = Log.Leaves[4] with { Head = Log.Leaves[4].Head with { Time = Start.AddMinutes(from + 4) } };
        Add(
            LeafType.Intensity,
            h => h,
            LeafRecord.Of("series", series),
            LeafRecord.Of("source", "operator"),
            LeafRecord.Of("minutes", minutes),
            LeafRecord.Of("slot/20260615T0000Z", "250 gCO2/kWh")
        );
        Add(
            LeafType.Carbon,
            h => h with { ComputedFrom = [3, 4], Time = TimeOf(4) },
            LeafRecord.Of("scope2-location", none),
            LeafRecord.Of("from", Start.AddMinutes(from)),
            LeafRecord.Of("to", TimeOf(4)),
            LeafRecord.Of("method", "location-by-slot"),
            LeafRecord.Of("series", "grid"),
            LeafRecord.Of("none", none),
            LeafRecord.Of("meters", $"a{Register}")
        );
        (int exit, string text) = Verify();
        Assert.Equal(differs is null ? 0 : 1, exit);
        Assert.Contains(differs ?? "all the same", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grid", "20260615T0000Z", "250 gCO2/kWh", 60, null)]
    [InlineData("coal", "20260615T0000Z", "250 gCO2/kWh", 60, "it names no leaf with intensities of grid")]
    [InlineData("grid", "20260615T0100Z", "250 gCO2/kWh", 60, "no record 'slot/20260615T0000Z'")]
    [InlineData(
        "grid",
        "20260615T0000Z",
        "251 gCO2/kWh",
        60,
        "it was computed with 250 gCO2/kWh, leaf 5 states 251 gCO2/kWh for 20260615T0000Z"
    )]
    [InlineData("grid", "20260615T0000Z", "250 gCO2/kWh", 525_600, "there are slots of 15, 30 and 60 min")]
    public void A_footprint_by_slots_is_computed_with_what_the_leaf_of_its_intensity_states(
        string series,
        string slot,
        string value,
        int minutes,
        string? differs
    )
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        Add(
            LeafType.Intensity,
            h => h,
            LeafRecord.Of("series", series),
            LeafRecord.Of("source", "operator"),
            LeafRecord.Of("minutes", minutes),
            LeafRecord.Of($"slot/{slot}", value)
        );
        Add(
            LeafType.Carbon,
            h => h with { ComputedFrom = [3, 4, 5], Time = Start.AddMinutes(4) },
            Amount(100_000_000),
            LeafRecord.Of("from", Start.AddMinutes(3)),
            LeafRecord.Of("to", Start.AddMinutes(4)),
            LeafRecord.Of("method", "location-by-slot"),
            LeafRecord.Of("series", "grid"),
            LeafRecord.Of("slot", "20260615T0000Z"),
            LeafRecord.Of("value", "250 gCO2/kWh"),
            LeafRecord.Of("meters", $"a{Register}")
        );
        (int exit, string text) = Verify();
        Assert.Equal(differs is null ? 0 : 1, exit);
        Assert.Contains(differs ?? "0.100000000 kg", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "grid",
        "20260615T0000Z",
        60,
        3,
        "it rests on leaf 5, which is not the newest before it that states the intensity of its time: leaf 6 states that of 20260615T0000Z"
    )]
    [InlineData(
        "grid",
        "20260615T0000Z",
        15,
        3,
        "it rests on leaf 5, which is not the newest before it that states the intensity of its time: leaf 6 states that of 20260615T0000Z"
    )]
    [InlineData(
        "grid",
        "20260615T0000Z",
        15,
        20,
        "it rests on leaf 5, which is not the newest before it that states the intensity of its time"
    )]
    [InlineData("grid", "20260615T0015Z", 15, 20, "leaf 6 states that of 20260615T0015Z")]
    [InlineData("grid", "20260615T0015Z", 15, 3, null)]
    [InlineData("grid", "20260615T0100Z", 60, 3, null)]
    [InlineData("coal", "20260615T0000Z", 60, 3, null)]
    public void A_footprint_by_slots_rests_on_the_newest_intensity_before_it(
        string series,
        string slot,
        int minutes,
        int from,
        string? differs
    )
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Log.Leaves[3] = Log.Leaves[3] with { Head = Log.Leaves[3].Head with { Time = Start.AddMinutes(from) } };
        Reading(400_000, 0);
        Log.Leaves[4] = Log.Leaves[4] with { Head = Log.Leaves[4].Head with { Time = Start.AddMinutes(from + 4) } };
        State("grid", "20260615T0000Z", "250 gCO2/kWh");
        State(series, slot, "300 gCO2/kWh", minutes);
        Add(
            LeafType.Carbon,
            h => h with { ComputedFrom = [3, 4, 5], Time = TimeOf(4) },
            Amount(100_000_000),
            LeafRecord.Of("from", Start.AddMinutes(from)),
            LeafRecord.Of("to", TimeOf(4)),
            LeafRecord.Of("method", "location-by-slot"),
            LeafRecord.Of("series", "grid"),
            LeafRecord.Of("slot", "20260615T0000Z"),
            LeafRecord.Of("value", "250 gCO2/kWh"),
            LeafRecord.Of("meters", $"a{Register}")
        );
        State("grid", "20260615T0000Z", "400 gCO2/kWh"); // after it
        (int exit, string text) = Verify();
        Assert.Equal(differs is null ? 0 : 1, exit);
        Assert.Contains(differs ?? "0.100000000 kg", text, StringComparison.Ordinal);

        void State(string of, string at, string value, int length = 60) =>
            Add(
                LeafType.Intensity,
                h => h,
                LeafRecord.Of("series", of),
                LeafRecord.Of("source", "operator"),
                LeafRecord.Of("minutes", length),
                LeafRecord.Of($"slot/{at}", value)
            );
    }
}
