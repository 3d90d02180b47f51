"""Admission of connections: limits their number, and evicts idle ones for new ones.

Time is counted in ticks of a second each. A busy event loop skips ticks, so no client is blamed for data that
the server was too slow to read.
"""

import enum
import math
import resource
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, Protocol

from schemas.settings import Settings
from telemetry.metrics import OPEN_HTTP_CONNECTION_GAUGE, SERVER_CLOSED_HTTP_CONNECTION_COUNTER

#: Files of a process besides connections: listening sockets, Redis, logs, uploads and media in transfer.
OPEN_FILE_COUNT_BESIDES_CONNECTIONS = 64


class HttpConnectionLimits(NamedTuple):
    """Limits of one process. Times are ticks, sizes are bytes; `per_address` 0 means no limit."""

    #: Connections in total; per address; and the additional reserve for health checks.
    connections: int = 2000
    per_address: int = 500
    reserve: int = 32
    #: Ticks from the first byte of a request to the end of its head; also from the start of a connection.
    head: int = 10
    #: Ticks between two requests.
    idle: int = 60
    #: Of a request's body: ticks of grace; bytes that must arrive in each further tick; and the ticks behind
    #: that rate after which the connection may be evicted.
    body: int = 20
    body_rate: int = 4096
    late: int = 2
    #: Of a response: ticks of grace, and bytes that its client must read in each tick. `late` applies, too.
    stall: int = 30
    answer_rate: int = 4096
    #: Ticks for a client that keeps sending after its response.
    linger: int = 10


class HttpConnectionAdmissionLevel(enum.Enum):
    """Rights of a connection: all requests, only health checks (`RESERVE`), or none."""

    OPEN = enum.auto()
    #: Only health checks.
    RESERVE = enum.auto()
    REFUSED = enum.auto()


class AdmittedHttpConnection(Protocol):
    """The attributes and methods of a connection that the admission uses."""

    address: str

    def check_timeouts(self) -> None:
        """End the connection if one of its timeouts has passed; the admission calls this once a second."""

    def close_connection_at_once(self, reason: str) -> None:
        """Close the connection at once; `reason` is a label of `http_connections_ended_total`."""


class HttpConnectionAdmission:
    """All connections of a process. An idle one may be evicted for a new one.

    A connection is idle without a request, and while its client is late with a body or with reading a
    response.
    """

    def __init__(self, limits: HttpConnectionLimits) -> None:
        self.limits = limits
        self.now = 0
        #: Whether the process stops: each connection ends after its next response, or after a short silence.
        self.is_draining = False
        #: Total of incoming connections, refused ones included.
        self.entered = 0
        #: In order of arrival.
        self._connections: dict[AdmittedHttpConnection, None] = {}
        self._counts: dict[str, int] = {}
        #: Idle connections; the one that is idle for longest comes first.
        self._idle: OrderedDict[AdmittedHttpConnection, None] = OrderedDict()
        self._idle_by_address: dict[str, OrderedDict[AdmittedHttpConnection, None]] = {}

    def admit_connection(self, guest: AdmittedHttpConnection) -> HttpConnectionAdmissionLevel:
        """Admit a connection as idle, and return its rights: all requests, only health checks, or none.

        At its address's limit, an idle connection of that address is evicted for it, else it is refused. At the
        process's limit, any idle one is, first one of its address; without one it gets the reserve, or is refused.
        """
        limits, address = self.limits, guest.address
        self.entered += 1
        if (
            limits.per_address
            and self._counts.get(address, 0) >= limits.per_address
            and not self._evict_idle_connection(address)
        ):
            return HttpConnectionAdmissionLevel.REFUSED
        full = len(self._connections) >= limits.connections
        if full and (self._evict_idle_connection(address) or self._evict_idle_connection()):
            full = False
        if full and len(self._connections) >= limits.connections + limits.reserve:
            return HttpConnectionAdmissionLevel.REFUSED
        self._connections[guest] = None
        self._counts[address] = self._counts.get(address, 0) + 1
        self.mark_idle(guest)
        OPEN_HTTP_CONNECTION_GAUGE.set(len(self._connections))
        return HttpConnectionAdmissionLevel.RESERVE if full else HttpConnectionAdmissionLevel.OPEN

    def remove_connection(self, guest: AdmittedHttpConnection) -> None:
        """Remove a closed connection from all counts; do nothing for one that was refused."""
        if guest not in self._connections:
            return
        del self._connections[guest]
        self.mark_busy(guest)
        self._counts[guest.address] -= 1
        if not self._counts[guest.address]:
            del self._counts[guest.address]
        OPEN_HTTP_CONNECTION_GAUGE.set(len(self._connections))

    def mark_idle(self, guest: AdmittedHttpConnection) -> None:
        """Mark an admitted connection as idle, so that it may be evicted; do nothing for one that was refused."""
        if guest in self._connections:
            self._idle[guest] = None
            self._idle_by_address.setdefault(guest.address, OrderedDict())[guest] = None

    def mark_busy(self, guest: AdmittedHttpConnection) -> None:
        """Mark a connection as busy, so never evicted: it has a request or an unsent response, and isn't late."""
        if guest not in self._idle:
            return
        del self._idle[guest]
        of_address = self._idle_by_address[guest.address]
        del of_address[guest]
        if not of_address:
            del self._idle_by_address[guest.address]

    def advance_tick_and_check_timeouts(self) -> None:
        """Advance the admission's clock by a second, and check the timeouts of all admitted connections."""
        self.now += 1
        for guest in list(self._connections):
            guest.check_timeouts()

    def _evict_idle_connection(self, address: str | None = None) -> bool:
        """Evict the longest idle connection, of one address or of all; return whether there was one."""
        idle = self._idle if address is None else self._idle_by_address.get(address)
        if not idle:
            return False
        guest = next(iter(idle))
        self.remove_connection(guest)
        guest.close_connection_at_once("evicted")
        return True


def find_network_of_client(peer: str) -> str:
    """Return the network that counts as one client: an IPv4 address, an IPv6 /64, or any other text unchanged."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    if not isinstance(address, IPv6Address):
        return peer
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))


def build_http_connection_limits(settings: Settings) -> HttpConnectionLimits:
    """Return the connection limits from the settings, bounded by this process's hard limit of open files.

    An address gets at most a quarter. Behind a proxy, which has to limit its own clients, it has no limit.
    """
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    available = (
        (math.inf if files == resource.RLIM_INFINITY else files)
        - OPEN_FILE_COUNT_BESIDES_CONNECTIONS
        - settings.pool_size * (2 if settings.telemetry_url else 1)
        - HttpConnectionLimits().reserve
    )
    connections = int(max(1, min(settings.connections, available)))
    each = min(settings.connections_per_address, max(1, connections // 4))
    return HttpConnectionLimits(connections=connections, per_address=0 if settings.proxy_hops else each)


def count_connection_end_in_metrics(reason: str) -> None:
    """Count a connection that the server ended or refused, in a metric with the `reason`."""
    SERVER_CLOSED_HTTP_CONNECTION_COUNTER.labels(reason).inc()


def raise_open_file_limit() -> None:
    """Raise this process's limit of open files to its hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
