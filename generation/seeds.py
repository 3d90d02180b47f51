"""Seeded pseudo-random values: the same on every machine and with every library version."""

import hashlib


def chance(seed: str, what: str) -> float:
    """Return a number from 0 to 1 for a seed and the name of a decision."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{what}".encode()).digest()[:6]) / 2**48


def between(least: float, largest: float, seed: str, what: str) -> float:
    return least + (largest - least) * chance(seed, what)


def noise(seed: str, count: int) -> bytes:
    """Return `count` bytes, uniformly distributed."""
    return hashlib.shake_128(seed.encode()).digest(count)
