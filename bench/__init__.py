"""Benchmarks: the README's numbers, from real servers and processes, and a peer in the same run."""
