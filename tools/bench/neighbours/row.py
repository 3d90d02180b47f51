"""A row of the table: an attack and the timed victim."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import msgspec

from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.victim import AttackScale, VictimAction


class AttackProcessInput(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the attack's process: the API's port, the attackers' keys, and their objects.

    `sites` are ports on which it may serve pages to workers; `many` are the counts of this run.
    """

    port: int
    keys: list[str]
    sites: list[int] = []
    owned: list[list[str]] = []
    many: dict[str, int] = {}


class AttackCountsAndProgress(NamedTuple):
    """Progress of an attack and its counts.

    `ready`: it runs at full strength; `had_effect`: it has had an effect.
    """

    counts: Counter[str]
    ready: asyncio.Event
    had_effect: asyncio.Event

    def count_attack_effect(self, name: str) -> None:
        self.counts[name] += 1
        self.had_effect.set()


class AttackDefinition(NamedTuple):
    """`pools` need a worker, `sites` is the number of ports that attackers serve on.

    `prepare` runs first, in the benchmark's process; `attack` in its own process until it is canceled.
    `settings` configure the API for the row. `note` adds details, given the attack's counts.
    """

    name: str
    what: str
    acts: Callable[[AttackedDeployment, httpx.AsyncClient], Awaitable[VictimAction]]
    prepare: Callable[[AttackedDeployment, AttackScale], Awaitable[AttackProcessInput]]
    attack: Callable[[AttackProcessInput, AttackCountsAndProgress], Coroutine[Any, Any, None]]
    pools: tuple[str, ...] = ()
    sites: int = 0
    settings: Mapping[str, str] = MappingProxyType({})
    note: Callable[[AttackedDeployment, Mapping[str, int]], Awaitable[dict[str, Any]]] | None = None
