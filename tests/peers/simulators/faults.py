"""Faults between a platform and its callers, ordered by tests.

A rule applies to the next `times` requests with the name `path` (a glob), after `skip` others. The names of a
request are its path and aliases of the simulator (TikTok's: `chunk`, `last_chunk`).
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec


class SimFault(StrEnum):
    """Kind of fault. The first six execute the request; the others do not."""

    #: Executed; the connection breaks without a response.
    ACCEPT_THEN_DROP = "accept_then_drop"
    #: Executed; the response is an internal error.
    ACCEPT_THEN_500 = "accept_then_500"
    #: Executed; the connection stays open without a response until `POST /_sim/release`.
    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"
    #: Executed; the response reports an invalid request.
    CREATED_BUT_400 = "created_but_400"
    #: Executed; half of the response arrives, then the connection breaks.
    TRUNCATED_200 = "truncated_200"
    #: The connection breaks first; the request is executed at `POST /_sim/release`, or never.
    DROP_THEN_ACCEPT = "drop_then_accept"
    #: Not executed; an internal error.
    REFUSE_500 = "refuse_500"
    #: Not executed; the platform's rate limit.
    REFUSE_429 = "refuse_429"
    #: Not executed; the connection breaks.
    DROP_BEFORE = "drop_before"


#: Faults that keep the request from the platform, for now or for good: they apply to any request.
BEFORE = frozenset({SimFault.DROP_THEN_ACCEPT, SimFault.REFUSE_500, SimFault.REFUSE_429, SimFault.DROP_BEFORE})
#: Faults that lose or change the response. Requests that the platform refuses anyway don't count and get that
#: refusal.
AFTER = frozenset(SimFault) - BEFORE


class Standing(msgspec.Struct, kw_only=True):
    """An order that stands for `times` requests. `method` None: any."""

    path: str
    times: int = 1
    skip: int = 0
    method: str | None = None

    def concerns(self, method: str, names: Sequence[str]) -> bool:
        return self.method in {None, method} and any(fnmatchcase(name, self.path) for name in names)


S = TypeVar("S", bound=Standing)


def strike(orders: list[S], concerned: Callable[[S], bool]) -> S | None:
    """Apply the first matching order without a remaining skip, and use up one of its times."""
    for order in filter(concerned, orders):
        if order.skip:
            order.skip -= 1
            continue
        order.times -= 1
        orders[:] = [kept for kept in orders if kept.times > 0]
        return order
    return None


class Rule(Standing, kw_only=True):
    """A fault rule. `account` None: any caller, otherwise the username."""

    fault: SimFault
    account: str | None = None


class Faults:
    """`rules` are pending, oldest first; `held` counts held responses."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.held = 0

    def take(
        self, kinds: frozenset[SimFault], method: str, names: Sequence[str], account: str | None = None
    ) -> SimFault | None:
        """Return the fault of `kinds` that applies to the request."""

        def concerned(rule: Rule) -> bool:
            return rule.fault in kinds and rule.account in {None, account} and rule.concerns(method, names)

        rule = strike(self.rules, concerned)
        return rule.fault if rule else None
