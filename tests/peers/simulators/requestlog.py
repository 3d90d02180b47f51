"""The log of requests, for the tests of limits: paths without their query, and never a token."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec


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
    def __init__(self) -> None:
        self.entries: list[Logged] = []

    def add(self, entry: Logged) -> None:
        self.entries.append(entry)

    def told(self) -> dict[str, Any]:
        """`{"counts": {"POST /path": number}, "requests": [entry, ...]}`."""
        counts = Counter(f"{entry.method} {entry.path}" for entry in self.entries)
        return {"counts": dict(counts), "requests": msgspec.to_builtins(self.entries)}
