"""Hosts of a rehearsal: each has one process, and ways of its own to the servers, which can be cut."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from bench import processes
from bench.environment import Environment
from bench.processes import Child
from db.server import tail
from rehearsal import proxy
from rehearsal.proxy import Address, Proxy
from rehearsal.schedule import LEASE_S

#: Seconds that a worker which is told to stop lets its jobs run on.
DRAIN_S = 1.0
#: Seconds that a process may take to end: on a busy machine, with its servers away.
STOP_S = 60.0
SLOTS = 10

#: The module of every worker.
WORKER = "rehearsal.worker"


class Ways(NamedTuple):
    """The ways of one host to PostgreSQL, to Redis and to the receiver."""

    postgres: Proxy
    redis: Proxy
    outside: Proxy

    def cut(self) -> None:
        for way in self:
            way.cut()

    def hold(self) -> None:
        for way in self:
            way.hold()

    def mute(self) -> None:
        for way in self:
            way.mute()

    def pass_on(self) -> None:
        for way in self:
            way.pass_on()


@dataclass
class Host:
    """`words` start its process; a submitter has none. `struck` while a fault has it.

    `pids` are those that it has had so far, `died` says of each end that no fault explains.
    """

    name: str
    ways: Ways
    environment: Environment
    words: Sequence[str] = ()
    child: Child | None = None
    struck: bool = False
    pids: set[int] = field(default_factory=set)
    died: list[str] = field(default_factory=list)

    def urls(self) -> tuple[str, str]:
        """The addresses of PostgreSQL and Redis as this host sees them."""
        settings = self.environment.settings
        return (
            by(self.ways.postgres, settings.database_url),
            by(self.ways.redis, settings.redis_url),
        )

    async def start(self) -> None:
        database_url, redis_url = self.urls()
        environ = self.environment.environ(
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            LEASE_S=str(LEASE_S),
            DRAIN_S=str(DRAIN_S),
            SLOTS=str(SLOTS),
        )
        self.child = await processes.start(self.environment.folder, self.words, environ)
        self.pids.add(self.child.process.pid)

    async def kill(self) -> None:
        """kill -9, and gone."""
        if self.child:
            self.send(signal.SIGKILL)
            await self.child.process.wait()

    def send(self, signum: signal.Signals) -> None:
        """A signal, unless it has ended."""
        if self.child and self.child.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.child.process.send_signal(signum)

    async def end(self) -> None:
        """In order, as its exit code says, or before it listens to signals and has done anything."""
        if self.child:
            await processes.end(self.child, within=STOP_S)
            if (code := self.child.process.returncode) not in (0, -signal.SIGTERM):
                self.died.append(f"{self.name}, told to stop, ended with {code}")

    async def look(self) -> None:
        """Start it again if it has ended by itself."""
        if self.child and not self.struck and self.child.process.returncode is not None:
            said = tail(self.child.log)
            self.died.append(f"{self.name} ended by itself with {self.child.process.returncode}: {said}")
            await self.start()


class Hosts(NamedTuple):
    workers: Sequence[Host]
    dispatchers: Sequence[Host]
    submitters: Sequence[Host]

    @property
    def running(self) -> list[Host]:
        """Those with a process."""
        return [*self.workers, *self.dispatchers]


def by(way: Proxy, url: str) -> str:
    """The same server, by this way."""
    parts = urlsplit(url)
    host = "{}:{}".format(*way.address)
    before = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{before}@{host}" if before else host))


@contextlib.asynccontextmanager
async def ways(environment: Environment, outside: Address) -> AsyncIterator[Ways]:
    """Ways of one host, while the block runs."""
    settings = environment.settings
    async with contextlib.AsyncExitStack() as stack:
        targets = (address(settings.database_url), address(settings.redis_url), outside)
        yield Ways(*[await stack.enter_async_context(proxy.before(target)) for target in targets])


def address(url: str) -> Address:
    parts = urlsplit(url)
    return Address(parts.hostname or "", parts.port or 0)


@contextlib.asynccontextmanager
async def started(
    environment: Environment, outside: Address, counts: Mapping[str, int]
) -> AsyncIterator[Hosts]:
    """So many hosts of each role, whose processes are gone afterwards."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(role: str, number: int) -> Host:
            own = await stack.enter_async_context(ways(environment, outside))
            return Host(f"{role} {number}", own, environment, words_of(role, own))

        hosts = Hosts(
            *[
                [await make(role, number) for number in range(1, counts[role] + 1)]
                for role in ("worker", "dispatcher", "submitter")
            ]
        )
        try:
            await asyncio.gather(*(host.start() for host in hosts.running))
            yield hosts
        finally:
            await asyncio.gather(*(host.end() for host in hosts.running))


def words_of(role: str, own: Ways) -> Sequence[str]:
    match role:
        case "worker":
            return WORKER, own.outside.address.host, str(own.outside.address.port)
        case "dispatcher":
            return ("workers.dispatcher",)
        case _:
            return ()
