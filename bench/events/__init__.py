"""Benchmark of events, from a request to their commit, beside a raw COPY and a bare route in the same run."""
