"""Choice by a seed: the same on every machine and in every version of Python."""

from collections.abc import Sequence
from typing import TypeVar

from generation.seeds import chance

T = TypeVar("T")


def pick(seed: str, options: Sequence[T], what: str) -> T:
    """One of the options; `what` tells this choice from others under the same seed."""
    return options[int(chance(seed, what) * len(options))]


def sample(seed: str, options: Sequence[T], most: int, what: str) -> list[T]:
    """At most so many of the options, in their own order."""
    ranked = sorted(range(len(options)), key=lambda place: (chance(seed, f"{what}:{place}"), place))
    return [options[place] for place in sorted(ranked[:most])]
