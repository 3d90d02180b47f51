"""Fault injection into processes, their connections and the servers."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from redis.asyncio import Redis

from chaos.rehearsal.hosts import RehearsalHost, RehearsalHostsByRole
from chaos.rehearsal.schedule import RehearsalFaultKind, ScheduledFault
from db.server import LocalServer
from workers.runtime.shutdown import StopSoonOrNowRequest, wait_for_asyncio_event


class RehearsalDatabaseServers(NamedTuple):
    """The rehearsal's own Postgres and Redis."""

    postgres: LocalServer
    redis: LocalServer


class InjectedFault(NamedTuple):
    """An injected fault: its begin, and the hosts whose attempts it may end; empty if it ends no attempt."""

    fault: RehearsalFaultKind
    began: datetime
    hosts: frozenset[str]


@dataclass
class FaultInjector:
    """Injects scheduled faults and records them. A lasting fault ends early once `stop` is requested."""

    hosts: RehearsalHostsByRole
    servers: RehearsalDatabaseServers
    stop: StopSoonOrNowRequest
    say: Callable[[str], None]
    injected: list[InjectedFault] = field(default_factory=list)
    _released: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server_locks: Mapping[str, asyncio.Lock] = field(
        default_factory=lambda: {"postgres": asyncio.Lock(), "redis": asyncio.Lock()}
    )

    async def inject(self, scheduled: ScheduledFault) -> None:
        """Inject a scheduled fault and wait for its end; first wait while faults hold all candidate hosts."""
        if scheduled.fault in SERVER_FAULT_ACTIONS:
            await SERVER_FAULT_ACTIONS[scheduled.fault](self, scheduled)
            return
        action, roles = HOST_FAULT_ACTIONS[scheduled.fault]
        async with self._released:
            await self._released.wait_for(lambda: self._list_unfaulted_hosts(roles))
            candidates = self._list_unfaulted_hosts(roles)
            host = candidates[int(scheduled.chance * len(candidates))]
            host.is_faulted = True
        self.record_fault(scheduled, host.name, [host])
        try:
            await action(self, host, scheduled.lasts_s)
        finally:
            async with self._released:
                host.is_faulted = False
                self._released.notify_all()

    def _list_unfaulted_hosts(self, roles: Sequence[str]) -> list[RehearsalHost]:
        return [host for role in roles for host in getattr(self.hosts, role) if not host.is_faulted]

    def record_fault(self, scheduled: ScheduledFault, what: str, hosts: Sequence[RehearsalHost]) -> None:
        self.injected.append(InjectedFault(scheduled.fault, datetime.now(UTC), frozenset(host.name for host in hosts)))
        lasts = f" for {scheduled.lasts_s:g} s" if scheduled.lasts_s else ""
        self.say(f"{scheduled.fault}: {what}{lasts}")

    async def wait_unless_stopped(self, seconds: float) -> None:
        await wait_for_asyncio_event(self.stop.soon, within_s=seconds)

    # Faults of processes

    async def kill_and_restart_host(self, host: RehearsalHost, _: float) -> None:
        await host.kill()
        await host.start()

    async def stop_and_restart_host(self, host: RehearsalHost, _: float) -> None:
        await host.end()
        await host.start()

    async def freeze_host(self, host: RehearsalHost, lasts_s: float) -> None:
        host.send_signal(signal.SIGSTOP)
        try:
            await self.wait_unless_stopped(lasts_s)
        finally:
            host.send_signal(signal.SIGCONT)

    # Faults of connections

    async def reset_host_connections(self, host: RehearsalHost, _: float) -> None:
        host.proxies.reset_connections()

    async def stall_host_connections(self, host: RehearsalHost, lasts_s: float) -> None:
        host.proxies.hold_data()
        try:
            await self.wait_unless_stopped(lasts_s)
        finally:
            host.proxies.resume_forwarding()

    async def drop_host_responses(self, host: RehearsalHost, lasts_s: float) -> None:
        """Drop all responses to a host for `lasts_s`, but no request; then reset its connections."""
        host.proxies.drop_responses()
        try:
            await self.wait_unless_stopped(lasts_s)
        finally:
            host.proxies.reset_connections()
            host.proxies.resume_forwarding()

    # Faults of servers

    async def empty_redis(self, scheduled: ScheduledFault) -> None:
        async with self._server_locks["redis"]:
            self.record_fault(scheduled, "all keys", [])
            async with Redis.from_url(self.servers.redis.url) as client:
                await client.flushall()

    async def restart_redis(self, scheduled: ScheduledFault) -> None:
        await self._stop_and_restart_server("redis", self.servers.redis.kill, scheduled, [])

    async def restart_postgres(self, scheduled: ScheduledFault) -> None:
        await self._stop_and_restart_server("postgres", self.servers.postgres.stop, scheduled, self.hosts.workers)

    async def kill_and_restart_postgres(self, scheduled: ScheduledFault) -> None:
        await self._stop_and_restart_server("postgres", self.servers.postgres.kill, scheduled, self.hosts.workers)

    async def _stop_and_restart_server(
        self, name: str, end: Callable[[], None], scheduled: ScheduledFault, hosts: Sequence[RehearsalHost]
    ) -> None:
        async with self._server_locks[name]:
            self.record_fault(scheduled, "down", hosts)
            await asyncio.to_thread(end)
            await self.wait_unless_stopped(scheduled.lasts_s)
            await asyncio.to_thread(getattr(self.servers, name).start_and_wait_until_ready)


HostFaultAction: TypeAlias = Callable[[FaultInjector, RehearsalHost, float], Awaitable[None]]
ServerFaultAction: TypeAlias = Callable[[FaultInjector, ScheduledFault], Awaitable[None]]

WORKER_ROLES, DISPATCHER_ROLES, ALL_ROLES = ("workers",), ("dispatchers",), ("workers", "dispatchers", "submitters")

#: Faults of a single host: the action, and the roles of its candidates.
HOST_FAULT_ACTIONS: Mapping[RehearsalFaultKind, tuple[HostFaultAction, Sequence[str]]] = {
    RehearsalFaultKind.KILL_WORKER: (FaultInjector.kill_and_restart_host, WORKER_ROLES),
    RehearsalFaultKind.STOP_WORKER: (FaultInjector.stop_and_restart_host, WORKER_ROLES),
    RehearsalFaultKind.FREEZE_WORKER: (FaultInjector.freeze_host, WORKER_ROLES),
    RehearsalFaultKind.KILL_DISPATCHER: (FaultInjector.kill_and_restart_host, DISPATCHER_ROLES),
    RehearsalFaultKind.CUT: (FaultInjector.reset_host_connections, ALL_ROLES),
    RehearsalFaultKind.STALL: (FaultInjector.stall_host_connections, ALL_ROLES),
    RehearsalFaultKind.HALF_OPEN: (FaultInjector.drop_host_responses, ALL_ROLES),
}
SERVER_FAULT_ACTIONS: Mapping[RehearsalFaultKind, ServerFaultAction] = {
    RehearsalFaultKind.EMPTY_REDIS: FaultInjector.empty_redis,
    RehearsalFaultKind.RESTART_REDIS: FaultInjector.restart_redis,
    RehearsalFaultKind.RESTART_POSTGRES: FaultInjector.restart_postgres,
    RehearsalFaultKind.CRASH_POSTGRES: FaultInjector.kill_and_restart_postgres,
}
