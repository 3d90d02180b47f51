"""Seeded pseudo-random values: the same on every machine and with every library version."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def seeded_random_number(seed: str, what: str) -> float:
    """Return a pseudo-random number of at least 0 and below 1 for a seed and the name of a decision."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{what}".encode()).digest()[:6]) / 2**48


def seeded_random_between(least: float, largest: float, seed: str, what: str) -> float:
    return least + (largest - least) * seeded_random_number(seed, what)


def seeded_noise_bytes(seed: str, count: int) -> bytes:
    """Return `count` pseudo-random bytes for a seed, uniformly distributed."""
    return hashlib.shake_128(seed.encode()).digest(count)


def seeded_pick(seed: str, options: Sequence[T], what: str) -> T:
    """Return one option, picked by a seed; `what` names the decision, so that each decision draws its own number."""
    return options[int(seeded_random_number(seed, what) * len(options))]


def seeded_sample(seed: str, options: Sequence[T], most: int, what: str) -> list[T]:
    """Return at most `most` options, picked by a seed and the decision's name `what`, in their original order."""
    ranked = sorted(range(len(options)), key=lambda place: (seeded_random_number(seed, f"{what}:{place}"), place))
    return [options[place] for place in sorted(ranked[:most])]
