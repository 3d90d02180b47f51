"""Benchmark of events, from a request to its commit, with a raw COPY and a bare route in the same run."""
