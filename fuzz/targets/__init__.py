"""A target a parser: `check(data)` raises nothing but what its invariant allows; `SEEDS` and `seeds()` begin it."""
