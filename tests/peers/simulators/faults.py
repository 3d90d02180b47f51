"""Faults between a platform and whoever calls it, as a test orders them.

A rule strikes the next `times` requests that have the name `path` (a glob), after it has let `skip` pass. The
names of a request are its path and what else the simulator calls it (TikTok's: `chunk`, `last_chunk`).
"""

from collections.abc import Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

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


class Rule(msgspec.Struct, kw_only=True):
    """`method` None: any; `account` None: whoever asks, else the username whose requests it strikes."""

    path: str
    fault: Fault
    times: int = 1
    skip: int = 0
    method: str | None = None
    account: str | None = None

    def concerns(self, method: str, names: Sequence[str], account: str | None) -> bool:
        if self.method not in {None, method} or self.account not in {None, account}:
            return False
        return any(fnmatchcase(name, self.path) for name in names)


class Faults:
    """`rules` are those that have still to strike, oldest first; `struck` counts what has; `held` are now."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.struck: dict[Fault, int] = {}
        self.held = 0

    def take(
        self, kinds: frozenset[Fault], method: str, names: Sequence[str], account: str | None = None
    ) -> Fault | None:
        """The fault of `kinds` that strikes such a request, which uses one of its times up."""
        for rule in self.rules:
            if rule.fault not in kinds or not rule.concerns(method, names, account):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.times -= 1
            self.rules = [kept for kept in self.rules if kept.times > 0]
            self.struck[rule.fault] = self.struck.get(rule.fault, 0) + 1
            return rule.fault
        return None
