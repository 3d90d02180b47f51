"""Faults between a platform and whoever calls it, as a test orders them.

A rule strikes the next `times` requests that have the name `path` (a glob), after it has let `skip` pass. The
names of a request are its path and what else the simulator calls it (TikTok's: `chunk`, `last_chunk`).
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec


class Fault(StrEnum):
    """The first six do what was asked for; the others don't."""

    #: Done; the connection breaks without an answer.
    ACCEPT_THEN_DROP = "accept_then_drop"
    #: Done; the answer is an internal error.
    ACCEPT_THEN_500 = "accept_then_500"
    #: Done; the connection stays open and no answer comes, until `POST /_sim/release` lets it go.
    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"
    #: Done; the answer says that the request was wrong.
    CREATED_BUT_400 = "created_but_400"
    #: Done; half of the answer comes, then the connection breaks.
    TRUNCATED_200 = "truncated_200"
    #: The connection breaks first; it is done when `POST /_sim/release` says so, or never.
    DROP_THEN_ACCEPT = "drop_then_accept"
    #: Not done; an internal error.
    REFUSE_500 = "refuse_500"
    #: Not done; the platform's rate limit.
    REFUSE_429 = "refuse_429"
    #: Not done; the connection breaks.
    DROP_BEFORE = "drop_before"


#: Those that keep the request from the platform, for now or for good: they strike whatever it asks for.
BEFORE = frozenset({Fault.DROP_THEN_ACCEPT, Fault.REFUSE_500, Fault.REFUSE_429, Fault.DROP_BEFORE})
#: Those that lose or change its answer. What the platform refuses anyway isn't counted, and is answered so.
AFTER = frozenset(Fault) - BEFORE


class Standing(msgspec.Struct, kw_only=True):
    """An order of a test that stands until it has struck `times` requests. `method` None: any."""

    path: str
    times: int = 1
    skip: int = 0
    method: str | None = None

    def concerns(self, method: str, names: Sequence[str]) -> bool:
        return self.method in {None, method} and any(fnmatchcase(name, self.path) for name in names)


S = TypeVar("S", bound=Standing)


def strike(orders: list[S], concerned: Callable[[S], bool]) -> S | None:
    """The first of those concerned that lets no more pass; it uses one of its times up."""
    for order in filter(concerned, orders):
        if order.skip:
            order.skip -= 1
            continue
        order.times -= 1
        orders[:] = [kept for kept in orders if kept.times > 0]
        return order
    return None


class Rule(Standing, kw_only=True):
    """`account` None: whoever asks, else the username whose requests it strikes."""

    fault: Fault
    account: str | None = None


class Faults:
    """`rules` are those that have still to strike, oldest first; `struck` counts what has; `held` are now."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.struck: dict[Fault, int] = {}
        self.held = 0

    def take(
        self, kinds: frozenset[Fault], method: str, names: Sequence[str], account: str | None = None
    ) -> Fault | None:
        """The fault of `kinds` that strikes such a request."""

        def concerned(rule: Rule) -> bool:
            return rule.fault in kinds and rule.account in {None, account} and rule.concerns(method, names)

        rule = strike(self.rules, concerned)
        if rule is None:
            return None
        self.struck[rule.fault] = self.struck.get(rule.fault, 0) + 1
        return rule.fault
