"""One file per engine. Each runs in an environment of its own and imports nothing but that and this package."""
