"""Seeded choice: the same on every machine and in every version of Python."""

from collections.abc import Sequence
from typing import TypeVar

from generation.seeds import chance

T = TypeVar("T")


def pick(seed: str, options: Sequence[T], what: str) -> T:
    """Return one of the options; `what` names the decision, so that each decision draws its own number."""
    return options[int(chance(seed, what) * len(options))]


def sample(seed: str, options: Sequence[T], most: int, what: str) -> list[T]:
    """Return at most `most` options, in their own order."""
    ranked = sorted(range(len(options)), key=lambda place: (chance(seed, f"{what}:{place}"), place))
    return [options[place] for place in sorted(ranked[:most])]
