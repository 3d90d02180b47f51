"""The posts that a platform really has, the oracle of exactly-once, and the log of its requests."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec


class State(StrEnum):
    #: Begun (an upload, a container): nothing will come of it by itself.
    OPEN = "open"
    #: Accepted: it will be there whatever anybody is told.
    COMING = "coming"
    #: There for the public, or for its owner alone.
    LIVE = "live"
    #: In the owner's inbox, where only the owner publishes it.
    DRAFT = "draft"
    #: It was accepted or begun, and will never be there.
    FAILED = "failed"
    #: It was there; its owner has taken it away.
    DELETED = "deleted"


class Entry(msgspec.Struct, kw_only=True):
    """One post, or an attempt at one. Times are the platform's.

    `key` is the platform's handle (a publish or container id), `external_id` the public post's, `sha256` has
    one digest for each file in its order, `detail` says why it is as it is. `ai_label`: the post carries the
    platform's AI label. `audience`: who may see it, where the platform asks for that.
    """

    key: str
    account: str
    caption: str
    kind: str
    state: State = State.OPEN
    external_id: str | None = None
    sha256: list[str] = msgspec.field(default_factory=list)
    begun_at: float
    accepted_at: float | None = None
    detail: str | None = None
    ai_label: bool = False
    audience: str | None = None


class Ledger:
    """In the order of their beginnings."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def begin(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        return entry

    def of(self, account: str, *states: State) -> list[Entry]:
        return [entry for entry in self.entries if entry.account == account and entry.state in states]

    def told(self) -> dict[str, Any]:
        """`{"counts": {account: {caption: {state: number}}}, "posts": [entry, ...]}`."""
        return {"counts": counted(self.entries), "posts": msgspec.to_builtins(self.entries)}


def counted(entries: Iterable[Entry]) -> dict[str, dict[str, dict[str, int]]]:
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for entry in entries:
        states = counts.setdefault(entry.account, {}).setdefault(entry.caption, dict.fromkeys(State, 0))
        states[entry.state] += 1
    return counts


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is what the platform decided, told or not; None: it was kept from the platform.

    `names` are what a rule of `faults` may call it, `account` whose token or upload it came with.
    """

    at: float
    method: str
    path: str
    names: Sequence[str] = ()
    account: str | None = None
    status: int | None
    fault: str | None


class RequestLog:
    """Paths without their query, and never a token: for the tests of limits."""

    def __init__(self) -> None:
        self.entries: list[Logged] = []

    def add(self, entry: Logged) -> None:
        self.entries.append(entry)

    def told(self) -> dict[str, Any]:
        """`{"counts": {"POST /path": number}, "requests": [entry, ...]}`."""
        counts = Counter(f"{entry.method} {entry.path}" for entry in self.entries)
        return {"counts": dict(counts), "requests": msgspec.to_builtins(self.entries)}
