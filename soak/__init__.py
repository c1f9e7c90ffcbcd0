"""Long runs of random harm: `python -m soak NAME`; each module is one of them, with a `main(arguments)`."""
