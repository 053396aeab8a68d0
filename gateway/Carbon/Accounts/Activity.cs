namespace EdgeGateway.Carbon.Accounts;

/// <summary>How an amount came to be known.</summary>
public enum DataOrigin
{
    /// <summary>A meter was read automatically.</summary>
    Automatic,

    /// <summary>A person entered it: an invoice, a delivery, a reading by eye.</summary>
    Manual,

    /// <summary>It was estimated, because it was not measured.</summary>
    Estimated,
}

/// <summary>What was used: an amount with where it is recorded.</summary>
public sealed record Activity
{
    /// <summary>An amount that was used.</summary>
    /// <param name="name">The name of the source, unique within an account.</param>
    /// <param name="amount">0 or above.</param>
    /// <param name="reference">Where it is recorded: readings, entry, invoice.</param>
    /// <param name="collected">How it came to be known.</param>
    /// <exception cref="CarbonException">The amount is negative.</exception>
    public Activity(string name, Quantity amount, string? reference, DataOrigin collected)
    {
        if (amount.Value.IsNegative)
        {
            throw new CarbonException($"{name} is {amount}. Nothing is used in negative amounts; what is given to others is an export.");
        }

        Name = name;
        Amount = amount;
        Reference = reference;
        Collected = collected;
    }

    /// <summary>The name of the source.</summary>
    public string Name { get; }

    /// <summary>What was used, 0 or above.</summary>
    public Quantity Amount { get; private init; }

    /// <summary>Where it is recorded.</summary>
    public string? Reference { get; }

    /// <summary>How it came to be known.</summary>
    public DataOrigin Collected { get; }

    /// <summary>How the amount was computed from what is recorded. Null: it is what is recorded.</summary>
    public Derivation? Derivation { get; private init; }

    /// <summary>The same source with an amount that was computed from what is recorded, for example a volume at base conditions.</summary>
    public Activity As(Derived derived) => this with { Amount = derived.Value, Derivation = derived.Derivation };

    /// <summary>The same source in other terms by a coefficient with a source, for example litres by a density.</summary>
    /// <exception cref="CarbonException">The coefficient is not one of this amount's unit.</exception>
    public Activity Times(string name, CitedFactor coefficient) =>
        As(
            new Derived(
                Amount * coefficient.Rate,
                new Derivation($"amount × {name}", coefficient.Source) { Inputs = [AsInput("amount"), coefficient.AsInput(name)] }
            )
        );

    /// <summary>As an input of a formula.</summary>
    public Input AsInput(string name) =>
        new(name, Derivation is null ? Amount.ToString() : $"{Exact.Display(Amount.Value, 9)} {Amount.Unit}", Reference)
        {
            Derivation = Derivation,
        };
}
