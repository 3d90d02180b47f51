"""Hosts of a rehearsal: each has one process and its own proxies to the servers, which faults can cut."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from chaos import processes
from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess
from chaos.proxy import FaultProxy, ServerAddress, open_fault_proxy
from chaos.rehearsal.schedule import REHEARSAL_LEASE_S
from db.server import read_log_tail

#: Drain time of a stopping worker, in seconds.
REHEARSAL_WORKER_DRAIN_S = 1.0
#: Timeout for a process's end, in seconds: for a busy machine without its servers.
REHEARSAL_HOST_STOP_TIMEOUT_S = 60.0
REHEARSAL_WORKER_SLOT_COUNT = 10

#: The module of every worker.
REHEARSAL_WORKER_MODULE = "chaos.worker"


class HostProxies(NamedTuple):
    """The proxies of one host to PostgreSQL, Redis and the receiver."""

    postgres: FaultProxy
    redis: FaultProxy
    outside: FaultProxy

    def reset_connections(self) -> None:
        for proxy in self:
            proxy.reset_connections()

    def hold_data(self) -> None:
        for proxy in self:
            proxy.hold_data()

    def drop_responses(self) -> None:
        for proxy in self:
            proxy.drop_responses()

    def resume_forwarding(self) -> None:
        for proxy in self:
            proxy.resume_forwarding()


@dataclass
class RehearsalHost:
    """One process with its proxies.

    `command` starts its process; a submitter has none. `is_faulted` is set during a fault. `pids` are all
    its process ids so far; `died` describes each end without a fault.
    """

    name: str
    proxies: HostProxies
    environment: BenchServersAndSettings
    command: Sequence[str] = ()
    child: ChildProcess | None = None
    is_faulted: bool = False
    pids: set[int] = field(default_factory=set)
    died: list[str] = field(default_factory=list)

    def build_proxied_server_urls(self) -> tuple[str, str]:
        """Return the URLs of PostgreSQL and Redis that lead through this host's fault proxies."""
        settings = self.environment.settings
        return (
            build_proxied_server_url(self.proxies.postgres, settings.database_url),
            build_proxied_server_url(self.proxies.redis, settings.redis_url),
        )

    async def start(self) -> None:
        database_url, redis_url = self.build_proxied_server_urls()
        environ = self.environment.build_child_environ(
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            LEASE_S=str(REHEARSAL_LEASE_S),
            DRAIN_S=str(REHEARSAL_WORKER_DRAIN_S),
            SLOTS=str(REHEARSAL_WORKER_SLOT_COUNT),
        )
        self.child = await processes.start_child_process(self.environment.folder, self.command, environ)
        self.pids.add(self.child.process.pid)

    async def kill(self) -> None:
        """Kill the process with SIGKILL and wait for its end."""
        if self.child:
            self.send_signal(signal.SIGKILL)
            await self.child.process.wait()

    def send_signal(self, signum: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.child and self.child.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.child.process.send_signal(signum)

    async def end(self) -> None:
        """Stop the host's process with SIGTERM; record in `died` an exit code that means an error.

        SIGTERM as the code is fine: a process may get it before its handler is set.
        """
        if self.child:
            await processes.stop_child_process(self.child, within=REHEARSAL_HOST_STOP_TIMEOUT_S)
            if (code := self.child.process.returncode) not in (0, -signal.SIGTERM):
                self.died.append(f"{self.name} ended with {code} after a request to stop")

    async def restart_if_dead(self) -> None:
        """Restart the host's process if it ended without a fault, and record its end."""
        if self.child and not self.is_faulted and self.child.process.returncode is not None:
            output = read_log_tail(self.child.log)
            self.died.append(f"{self.name} ended by itself with {self.child.process.returncode}: {output}")
            await self.start()


class RehearsalHostsByRole(NamedTuple):
    workers: Sequence[RehearsalHost]
    dispatchers: Sequence[RehearsalHost]
    submitters: Sequence[RehearsalHost]

    @property
    def worker_and_dispatcher_hosts(self) -> list[RehearsalHost]:
        """Return the hosts with a process: the workers and dispatchers. A submitter has none."""
        return [*self.workers, *self.dispatchers]


def build_proxied_server_url(proxy: FaultProxy, url: str) -> str:
    """Return a server's URL with its host and port replaced by the proxy's."""
    parts = urlsplit(url)
    host = "{}:{}".format(*proxy.address)
    credentials = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{credentials}@{host}" if credentials else host))


@contextlib.asynccontextmanager
async def open_host_proxies(environment: BenchServersAndSettings, outside: ServerAddress) -> AsyncIterator[HostProxies]:
    """Run one host's fault proxies to Postgres, Redis and the receiver while the block runs, and yield them."""
    settings = environment.settings
    async with contextlib.AsyncExitStack() as stack:
        targets = (parse_server_address(settings.database_url), parse_server_address(settings.redis_url), outside)
        yield HostProxies(*[await stack.enter_async_context(open_fault_proxy(target)) for target in targets])


def parse_server_address(url: str) -> ServerAddress:
    parts = urlsplit(url)
    return ServerAddress(parts.hostname or "", parts.port or 0)


@contextlib.asynccontextmanager
async def start_rehearsal_hosts(
    environment: BenchServersAndSettings, outside: ServerAddress, counts: Mapping[str, int]
) -> AsyncIterator[RehearsalHostsByRole]:
    """Start `counts` hosts of each role with their proxies; yield them, and stop their processes after the block."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_host(role: str, number: int) -> RehearsalHost:
            proxies = await stack.enter_async_context(open_host_proxies(environment, outside))
            return RehearsalHost(f"{role} {number}", proxies, environment, choose_host_role_command(role, proxies))

        hosts = RehearsalHostsByRole(
            *[
                [await open_host(role, number) for number in range(1, counts[role] + 1)]
                for role in ("worker", "dispatcher", "submitter")
            ]
        )
        try:
            await asyncio.gather(*(host.start() for host in hosts.worker_and_dispatcher_hosts))
            yield hosts
        finally:
            await asyncio.gather(*(host.end() for host in hosts.worker_and_dispatcher_hosts))


def choose_host_role_command(role: str, proxies: HostProxies) -> Sequence[str]:
    match role:
        case "worker":
            return REHEARSAL_WORKER_MODULE, proxies.outside.address.host, str(proxies.outside.address.port)
        case "dispatcher":
            return ("workers.dispatcher",)
        case _:
            return ()
