"""Admission of connections: how many there may be, and which one makes room for another one.

Time is counted in ticks of a second each, which a busy event loop doesn't make: no client is blamed for what
the server itself was too slow to read.
"""

import enum
import math
import resource
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, Protocol

from schemas.settings import Settings
from telemetry.metrics import HTTP_CONNECTIONS, HTTP_CONNECTIONS_ENDED

#: Files that a process opens besides connections: listeners, Redis, logs, uploads and media on their way.
SPARE_FILES = 64


class Limits(NamedTuple):
    """Limits of one process. Times are ticks, sizes bytes; `per_address` 0 is none."""

    #: Connections at once; as many of one address; those beyond, which only ask for health.
    connections: int = 2000
    per_address: int = 500
    reserve: int = 32
    #: From the first byte of a request to the end of its head, and from a connection's start.
    head: int = 10
    #: Between two requests.
    idle: int = 60
    #: Of a request's body: a grace, and what has to come in each further tick; and after how many ticks with
    #: less than that it may have to make room.
    body: int = 20
    body_rate: int = 4096
    late: int = 2
    #: Ticks of grace for an answer, and bytes that its client must read in each tick. `late` applies, too.
    stall: int = 30
    answer_rate: int = 4096
    #: For a client that sends on although it was answered.
    linger: int = 10


class Entry(enum.Enum):
    """The rights of a connection."""

    OPEN = enum.auto()
    #: Ask for health, nothing else.
    RESERVE = enum.auto()
    REFUSED = enum.auto()


class Guest(Protocol):
    """A connection, as its admission sees it."""

    address: str

    def look(self) -> None:
        """Look at the time: a tick has passed."""

    def end(self, reason: str) -> None:
        """Close it now; `reason` is a label of `http_connections_ended_total`."""


class Admission:
    """All connections of a process. A quiet one may have to make room for another.

    It is quiet while it has no request, and while its client is late with a body or with reading an answer.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.now = 0
        #: Connections that ever came, those that were refused included.
        self.entered = 0
        #: In the order in which they came.
        self._guests: dict[Guest, None] = {}
        self._counts: dict[str, int] = {}
        #: From the one that has been quiet for longest to the one that fell quiet last.
        self._quiet: OrderedDict[Guest, None] = OrderedDict()
        self._quiet_of: dict[str, OrderedDict[Guest, None]] = {}

    def enter(self, guest: Guest) -> Entry:
        """Let a connection in, if need be in the place of one that is quiet: its own address's first."""
        limits, address = self.limits, guest.address
        self.entered += 1
        if (
            limits.per_address
            and self._counts.get(address, 0) >= limits.per_address
            and not self._evict(address)
        ):
            return Entry.REFUSED
        full = len(self._guests) >= limits.connections
        if full and (self._evict(address) or self._evict()):
            full = False
        if full and len(self._guests) >= limits.connections + limits.reserve:
            return Entry.REFUSED
        self._guests[guest] = None
        self._counts[address] = self._counts.get(address, 0) + 1
        self.note_quiet(guest)
        HTTP_CONNECTIONS.set(len(self._guests))
        return Entry.RESERVE if full else Entry.OPEN

    def leave(self, guest: Guest) -> None:
        """Forget a connection; one that was refused, too."""
        if guest not in self._guests:
            return
        del self._guests[guest]
        self.note_busy(guest)
        self._counts[guest.address] -= 1
        if not self._counts[guest.address]:
            del self._counts[guest.address]
        HTTP_CONNECTIONS.set(len(self._guests))

    def note_quiet(self, guest: Guest) -> None:
        """Note that a connection is quiet from now on."""
        if guest in self._guests:
            self._quiet[guest] = None
            self._quiet_of.setdefault(guest.address, OrderedDict())[guest] = None

    def note_busy(self, guest: Guest) -> None:
        """Note that a connection has a request or an unsent answer, and isn't late with it."""
        if guest not in self._quiet:
            return
        del self._quiet[guest]
        of_address = self._quiet_of[guest.address]
        del of_address[guest]
        if not of_address:
            del self._quiet_of[guest.address]

    def tick(self) -> None:
        """Let a second pass."""
        self.now += 1
        for guest in list(self._guests):
            guest.look()

    def _evict(self, address: str | None = None) -> bool:
        """End the connection that has been quiet for longest, of one address or of all; False if none is."""
        quiet = self._quiet if address is None else self._quiet_of.get(address)
        if not quiet:
            return False
        guest = next(iter(quiet))
        self.leave(guest)
        guest.end("evicted")
        return True


def network_of(peer: str) -> str:
    """The network that counts as one address: an IPv4 address, or the /64 that one customer has of IPv6."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    if not isinstance(address, IPv6Address):
        return peer
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))


def limits_of(settings: Settings) -> Limits:
    """The limits that settings ask for, and that the files which this process may open allow.

    Behind a proxy all connections are the proxy's: it has to tell its callers apart.
    """
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = (
        (math.inf if files == resource.RLIM_INFINITY else files)
        - SPARE_FILES
        - settings.pool_size * (2 if settings.telemetry_url else 1)
        - Limits().reserve
    )
    connections = int(max(1, min(settings.connections, most)))
    each = min(settings.connections_per_address, max(1, connections // 4))
    return Limits(connections=connections, per_address=0 if settings.proxy_hops else each)


def count_ended(reason: str) -> None:
    """Count a connection that the server ended or refused."""
    HTTP_CONNECTIONS_ENDED.labels(reason).inc()


def raise_files() -> None:
    """Ask for as many open files as this process may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
