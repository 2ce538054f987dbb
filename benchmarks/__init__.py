"""What the detector costs, beside other tools and as its input grows. Run it: `python -m benchmarks`."""
