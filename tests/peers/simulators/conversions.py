"""Shared base of Meta's and TikTok's conversion APIs: pixels, tokens, and counted events.

Stricter than both: refuses an unknown field, an unsorted list, an upper-case hash, an event in the future,
and any text that looks like a person's address in a call. An event repeated more than 48 hours after the
first would be counted twice, and is reported as `twice`.

- `POST /_sim/pixels {"pixel", "token"}`: creates a pixel, or changes its token. `token` null: it has ended.
- `POST /_sim/bad {"name"}`: refuses events of that name from now on.
- `POST /_sim/answers {"status", "body", "times": 1}`: the response of the next calls, whose events aren't
  counted.
- `GET /_sim/conversions`: `{"counted": [[pixel, name, id, times received], ...], "wrong": [words, ...],
  "twice": [...], "bodies": [text, ...], "heads": [text, ...]}`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from tests.peers.simulators.control import doing
from tests.peers.simulators.faults import Standing, strike
from tests.peers.simulators.routing import Refused, Request, Routes, SimReply, as_json
from tests.peers.simulators.simulator import Simulator

#: Seconds: for which an id is known; age limit of an event; limit for events in the future.
KNOWN_S, OLDEST_S, AHEAD_S = 48 * 3600, 7 * 86400, 60
MOST = 1000

HASH = re.compile(r"[0-9a-f]{64}")
_PERSON = re.compile(r"@|%40|\+\d{7,}", re.IGNORECASE)


class Given(Standing, kw_only=True):
    """A response ordered by a test."""

    path: str = "*"
    status: int
    body: dict[str, Any]


class InvalidConversion(Exception):
    """Raised for an invalid event or call."""


class ConversionsSimulator(Simulator):
    """Base of both destinations. `first`, `times`: arrival and count of events by pixel, name and id."""

    def __init__(self, *, rate: float = 1.0, redirect_uris: Sequence[str] = ()) -> None:
        super().__init__(rate=rate, redirect_uris=redirect_uris)
        self.tokens: dict[str, str | None] = {}
        self.bad: set[str] = set()
        self.given: list[Given] = []
        self.first: dict[tuple[str, str, str], float] = {}
        self.times: dict[tuple[str, str, str], int] = {}
        self.wrong: list[str] = []
        self.twice: list[str] = []
        self.bodies: list[str] = []
        self.heads: list[str] = []

    def controls(self, routes: Routes) -> None:
        routes.add("POST", "/_sim/pixels", doing(self._make_pixel))
        routes.add("POST", "/_sim/bad", doing(lambda asked: self.bad.add(asked["name"])))
        routes.add("POST", "/_sim/answers", doing(self._order))
        routes.add("GET", "/_sim/conversions", doing(self._told))

    def _make_pixel(self, asked: dict[str, Any]) -> None:
        self.tokens[asked["pixel"]] = asked["token"]

    def _order(self, asked: dict[str, Any]) -> None:
        self.given.append(msgspec.convert(asked, Given))

    def _told(self, _: dict[str, Any]) -> dict[str, Any]:
        counted = [[*key, times] for key, times in self.times.items()]
        return {
            "counted": counted, "wrong": self.wrong, "twice": self.twice, "bodies": self.bodies,
            "heads": self.heads,
        }  # fmt: skip

    def heard(self, request: Request) -> None:
        """Record every request, for searches."""
        self.bodies.append(request.body.decode())
        self.heads.append(f"{request.path} {dict(request.query)} {sorted(request.headers.items())}")

    def take(self, request: Request, pixel: str, events: Sequence[tuple[str, str]], answer: SimReply) -> SimReply:
        """Count events by name and id, unless a test has ordered another response."""
        ordered = strike(self.given, lambda one: one.concerns(request.method, (request.path,)))
        if ordered is not None:
            return as_json(ordered.body, ordered.status)
        for name, event_id in events:
            self._count((pixel, name, event_id))
        return answer

    def _count(self, key: tuple[str, str, str]) -> None:
        now = self.clock.now()
        if now - self.first.setdefault(key, now) > KNOWN_S:
            self.twice.append(" ".join(key))
        self.times[key] = self.times.get(key, 0) + 1

    def refuse(self, words: str, answer: SimReply) -> Refused:
        self.wrong.append(words)
        return Refused(answer)

    def check_time(self, at: object) -> None:
        """Check an event's time. Raises `InvalidConversion`."""
        if type(at) is not int or not -OLDEST_S <= at - self.clock.now() <= AHEAD_S:
            raise InvalidConversion(f"event_time {at}")

    def check_name(self, name: object) -> str:
        if not isinstance(name, str) or not name or name in self.bad:
            raise InvalidConversion(f"the name {name}")
        return name


def only(found: object, allowed: Collection[str], needed: Collection[str] = ()) -> Mapping[str, Any]:
    """Return the object if it has these fields only. Raises `InvalidConversion`."""
    if not isinstance(found, dict) or not found.keys() <= set(allowed) or not set(needed) <= found.keys():
        raise InvalidConversion(f"an object of {sorted(found) if isinstance(found, dict) else found}")
    return found


def hashes(found: object) -> None:
    """Check for a sorted list of distinct hashes. Raises `InvalidConversion`."""
    if not isinstance(found, list) or not found or found != sorted(set(found)):
        raise InvalidConversion("hashes that aren't in order")
    for one in found:
        hash_(one)


def hash_(one: object) -> None:
    if not isinstance(one, str) or not HASH.fullmatch(one):
        raise InvalidConversion("no hash")


def nobody(text: str) -> None:
    """Raise `InvalidConversion` for any text that looks like a person's address or phone number."""
    if found := _PERSON.search(text):
        raise InvalidConversion(f"a person at {found.start()}")


def money(found: Mapping[str, Any], name: str) -> None:
    """Raise `InvalidConversion` for a purchase without value."""
    value = found.get("value")
    if name == "Purchase" and (
        type(value) not in {int, float} or not re.fullmatch("[A-Za-z]{3}", found.get("currency", ""))
    ):
        raise InvalidConversion("a purchase without its value")
