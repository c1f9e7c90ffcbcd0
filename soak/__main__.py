"""`python -m soak NAME [arguments]`."""

import sys
from importlib import import_module

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("python -m soak NAME [arguments]; the names are those of the modules beside")
    sys.exit(import_module(f"soak.{sys.argv[1]}").main(sys.argv[2:]))
