"""The platform's real posts, the oracle of exactly-once, and its request log."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec


class LedgerState(StrEnum):
    #: Begun (an upload, a container): nothing happens without further calls.
    OPEN = "open"
    #: Accepted: it will be published even if the response is lost.
    COMING = "coming"
    #: Public, or visible to its owner only.
    LIVE = "live"
    #: In the owner's inbox; only the owner can publish it.
    DRAFT = "draft"
    #: Accepted or begun, and never to be published.
    FAILED = "failed"
    #: Deleted by its owner after publication.
    DELETED = "deleted"


class Entry(msgspec.Struct, kw_only=True):
    """One post, or an attempt at one. Times are the platform's.

    `key` is the platform's handle (a publish or container id), `external_id` the public post's id, `sha256`
    has one digest for each file in order, `detail` explains the state. `ai_label`: the post carries the
    platform's AI label. `audience`: its privacy level, if the platform has one.
    """

    key: str
    account: str
    caption: str
    kind: str
    state: LedgerState = LedgerState.OPEN
    external_id: str | None = None
    sha256: list[str] = msgspec.field(default_factory=list)
    begun_at: float
    accepted_at: float | None = None
    detail: str | None = None
    ai_label: bool = False
    audience: str | None = None


class Ledger:
    """Posts in order of their begin."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def begin(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        return entry

    def summary(self) -> dict[str, Any]:
        """Return `{"counts": {account: {caption: {state: number}}}, "posts": [entry, ...]}`."""
        return {"counts": counted(self.entries), "posts": msgspec.to_builtins(self.entries)}


def counted(entries: Iterable[Entry]) -> dict[str, dict[str, dict[str, int]]]:
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for entry in entries:
        states = counts.setdefault(entry.account, {}).setdefault(entry.caption, dict.fromkeys(LedgerState, 0))
        states[entry.state] += 1
    return counts


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """A request, also one that never reached the platform.

    `names` are its names for rules of `faults`, `account` the owner of its token or upload.
    """

    method: str
    path: str
    names: Sequence[str]
    account: str | None


class RequestLog:
    """Requests without queries and tokens, for tests of limits."""

    def __init__(self) -> None:
        self.entries: list[Logged] = []

    def add(self, entry: Logged) -> None:
        self.entries.append(entry)

    def summary(self) -> dict[str, Any]:
        """Return `{"counts": {"POST /path": number}, "requests": [entry, ...]}`."""
        counts = Counter(f"{entry.method} {entry.path}" for entry in self.entries)
        return {"counts": dict(counts), "requests": msgspec.to_builtins(self.entries)}
