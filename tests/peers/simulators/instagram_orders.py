"""Refusals to order: what Instagram says of the next calls, by a name of `instagram_errors.REFUSALS`."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec

from tests.peers.simulators.instagram_errors import REFUSALS, Refusal, named


class Order(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """As `faults.Rule`. `created`: where the call can be done it is done all the same."""

    path: str
    error: str
    times: int = 1
    skip: int = 0
    method: str | None = None
    created: bool = False

    def __post_init__(self) -> None:
        if self.error not in REFUSALS:
            raise ValueError(f"no such refusal; there are {', '.join(sorted(REFUSALS))}")

    def concerns(self, method: str, names: Sequence[str]) -> bool:
        return self.method in {None, method} and any(fnmatchcase(name, self.path) for name in names)


class Orders:
    """`standing` are those that have still to be answered with, oldest first."""

    def __init__(self) -> None:
        self.standing: list[Order] = []

    def take(self, method: str, names: Sequence[str], *, created: bool) -> Refusal | None:
        for order in self.standing:
            if order.created is not created or not order.concerns(method, names):
                continue
            if order.skip:
                order.skip -= 1
                continue
            order.times -= 1
            self.standing = [kept for kept in self.standing if kept.times > 0]
            return named(order.error)
        return None
