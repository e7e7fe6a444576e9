"""How fast lamd is beside its peers: `python -m speed --help`, with docs/benchmarks on the path."""
