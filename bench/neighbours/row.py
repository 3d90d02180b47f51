"""A row of the table: an attack, and the victim whose time it takes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import msgspec

from bench.neighbours.deployment import Deployment
from bench.neighbours.scale import Scale
from bench.neighbours.victim import Act


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Knowledge of the attack's own process: the API's port, the attackers' keys, and what they own.

    `sites` are ports on which it may serve what workers read; `many` are the counts of this run.
    """

    port: int
    keys: list[str]
    sites: list[int] = []
    owned: list[list[str]] = []
    many: dict[str, int] = {}


class Course(NamedTuple):
    """The course of an attack: it counts what comes of it.

    `ready`: it is at its full strength; `felt`: something came of it.
    """

    counted: Counter[str]
    ready: asyncio.Event
    felt: asyncio.Event

    def add(self, name: str) -> None:
        self.counted[name] += 1
        self.felt.set()


class Row(NamedTuple):
    """`pools` are those that need a worker, `sites` the ports that attackers serve at.

    `prepare` runs beforehand, in the process of the benchmark; `attack` in one of its own until it is
    canceled. `settings` are those of the API that the row needs. `note` says what else there is to see, from
    what the attack counted.
    """

    name: str
    what: str
    acts: Callable[[Deployment, httpx.AsyncClient], Awaitable[Act]]
    prepare: Callable[[Deployment, Scale], Awaitable[Plan]]
    attack: Callable[[Plan, Course], Coroutine[Any, Any, None]]
    pools: tuple[str, ...] = ()
    sites: int = 0
    settings: Mapping[str, str] = MappingProxyType({})
    note: Callable[[Deployment, Mapping[str, int]], Awaitable[dict[str, Any]]] | None = None
