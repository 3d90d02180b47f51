"""Refusals to order: what Instagram says of the next calls, by a name of `instagram_errors.REFUSALS`."""

from collections.abc import Sequence

from tests.peers.simulators.faults import Standing, strike
from tests.peers.simulators.instagram_errors import REFUSALS, Refusal, named


class Order(Standing, kw_only=True, forbid_unknown_fields=True):
    """`created`: where the call can be done it is done all the same."""

    error: str
    created: bool = False

    def __post_init__(self) -> None:
        if self.error not in REFUSALS:
            raise ValueError(f"no such refusal; there are {', '.join(sorted(REFUSALS))}")


class Orders:
    """`standing` are those that have still to be answered with, oldest first."""

    def __init__(self) -> None:
        self.standing: list[Order] = []

    def take(self, method: str, names: Sequence[str], *, created: bool) -> Refusal | None:
        found = strike(self.standing, lambda one: one.created is created and one.concerns(method, names))
        return named(found.error) if found else None
