"""Chance by a seed: the same on every machine, whatever version of a library draws."""

import hashlib


def chance(seed: str, what: str) -> float:
    """A number from 0 to 1, another one for each thing that is decided by it."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{what}".encode()).digest()[:6]) / 2**48


def between(least: float, most: float, seed: str, what: str) -> float:
    return least + (most - least) * chance(seed, what)


def noise(seed: str, count: int) -> bytes:
    """As many bytes, each as likely as another."""
    return hashlib.shake_128(seed.encode()).digest(count)
