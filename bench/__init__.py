"""Benchmarks: the README's figures, from real servers and processes, with a peer in the same run."""
