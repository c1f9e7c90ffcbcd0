"""Speed and memory of filmroll beside its rivals and the limits of the machine: `python -m benchmarks --help`."""
