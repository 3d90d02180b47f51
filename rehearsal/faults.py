"""Fault injection into processes, their connections and the servers."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from redis.asyncio import Redis

from db.server import Server
from rehearsal.hosts import Host, Hosts
from rehearsal.schedule import Blow, Fault
from workers.runtime.shutdown import Stop, first_of


class Servers(NamedTuple):
    """The rehearsal's own Postgres and Redis."""

    postgres: Server
    redis: Server


class Strike(NamedTuple):
    """An injected fault: its begin, and the hosts whose attempts it may end; empty if it ends no attempt."""

    fault: Fault
    began: datetime
    hosts: frozenset[str]


@dataclass
class Faults:
    """Injects scheduled faults and records them. A lasting fault ends early once `stop` is requested."""

    hosts: Hosts
    servers: Servers
    stop: Stop
    say: Callable[[str], None]
    done: list[Strike] = field(default_factory=list)
    _free: asyncio.Condition = field(default_factory=asyncio.Condition)
    _turns: Mapping[str, asyncio.Lock] = field(
        default_factory=lambda: {"postgres": asyncio.Lock(), "redis": asyncio.Lock()}
    )

    async def strike(self, blow: Blow) -> None:
        """Inject a fault and wait for its end. Waits first while other faults hold every candidate host."""
        if blow.fault in ON_SERVERS:
            await ON_SERVERS[blow.fault](self, blow)
            return
        act, roles = ON_HOSTS[blow.fault]
        async with self._free:
            await self._free.wait_for(lambda: self._candidates(roles))
            candidates = self._candidates(roles)
            host = candidates[int(blow.chance * len(candidates))]
            host.struck = True
        self.note(blow, host.name, [host])
        try:
            await act(self, host, blow.lasts_s)
        finally:
            async with self._free:
                host.struck = False
                self._free.notify_all()

    def _candidates(self, roles: Sequence[str]) -> list[Host]:
        return [host for role in roles for host in getattr(self.hosts, role) if not host.struck]

    def note(self, blow: Blow, what: str, hosts: Sequence[Host]) -> None:
        self.done.append(Strike(blow.fault, datetime.now(UTC), frozenset(host.name for host in hosts)))
        lasts = f" for {blow.lasts_s:g} s" if blow.lasts_s else ""
        self.say(f"{blow.fault}: {what}{lasts}")

    async def last(self, seconds: float) -> None:
        await first_of(self.stop.soon, within_s=seconds)

    # Faults of processes

    async def kill(self, host: Host, _: float) -> None:
        await host.kill()
        await host.start()

    async def halt(self, host: Host, _: float) -> None:
        await host.end()
        await host.start()

    async def freeze(self, host: Host, lasts_s: float) -> None:
        host.send(signal.SIGSTOP)
        try:
            await self.last(lasts_s)
        finally:
            host.send(signal.SIGCONT)

    # Faults of connections

    async def cut(self, host: Host, _: float) -> None:
        host.ways.cut()

    async def stall(self, host: Host, lasts_s: float) -> None:
        host.ways.hold()
        try:
            await self.last(lasts_s)
        finally:
            host.ways.pass_on()

    async def lose_answers(self, host: Host, lasts_s: float) -> None:
        """Drop all responses to the host while its requests still arrive. Then reset the connections."""
        host.ways.mute()
        try:
            await self.last(lasts_s)
        finally:
            host.ways.cut()
            host.ways.pass_on()

    # Faults of servers

    async def empty_redis(self, blow: Blow) -> None:
        async with self._turns["redis"]:
            self.note(blow, "all keys", [])
            async with Redis.from_url(self.servers.redis.url) as client:
                await client.flushall()

    async def restart_redis(self, blow: Blow) -> None:
        await self._restart("redis", self.servers.redis.kill, blow, [])

    async def restart_postgres(self, blow: Blow) -> None:
        await self._restart("postgres", self.servers.postgres.stop, blow, self.hosts.workers)

    async def crash_postgres(self, blow: Blow) -> None:
        await self._restart("postgres", self.servers.postgres.kill, blow, self.hosts.workers)

    async def _restart(self, name: str, end: Callable[[], None], blow: Blow, hosts: Sequence[Host]) -> None:
        async with self._turns[name]:
            self.note(blow, "down", hosts)
            await asyncio.to_thread(end)
            await self.last(blow.lasts_s)
            await asyncio.to_thread(getattr(self.servers, name).start)


OnHost: TypeAlias = Callable[[Faults, Host, float], Awaitable[None]]
OnServer: TypeAlias = Callable[[Faults, Blow], Awaitable[None]]

WORKERS, DISPATCHERS, ALL = ("workers",), ("dispatchers",), ("workers", "dispatchers", "submitters")

#: Faults of a single host: the action, and the roles of its candidates.
ON_HOSTS: Mapping[Fault, tuple[OnHost, Sequence[str]]] = {
    Fault.KILL_WORKER: (Faults.kill, WORKERS),
    Fault.STOP_WORKER: (Faults.halt, WORKERS),
    Fault.FREEZE_WORKER: (Faults.freeze, WORKERS),
    Fault.KILL_DISPATCHER: (Faults.kill, DISPATCHERS),
    Fault.CUT: (Faults.cut, ALL),
    Fault.STALL: (Faults.stall, ALL),
    Fault.HALF_OPEN: (Faults.lose_answers, ALL),
}
ON_SERVERS: Mapping[Fault, OnServer] = {
    Fault.EMPTY_REDIS: Faults.empty_redis,
    Fault.RESTART_REDIS: Faults.restart_redis,
    Fault.RESTART_POSTGRES: Faults.restart_postgres,
    Fault.CRASH_POSTGRES: Faults.crash_postgres,
}
