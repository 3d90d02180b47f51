"""Who calls: the key of a request, looked up anew each time, so that a kill counts from the next one on."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from api.coalescing import Coalesced
from api.exchange import Exchange
from db.pool import Pool
from domain import keys
from domain.keys import Presented, Principal
from domain.rings import Ring
from schemas.errors import Killed, Unauthenticated

FAILURES, WINDOW_S = 10, 60.0
REMEMBERED = 10_000


class Strangers:
    """Addresses that lately sent keys which open nothing, and the keys that did open (api.md 1).

    After 10 failures in a minute an address gets no further look-up, except for a key that has opened
    before: a stranger behind the same proxy must not lock a partner out. Both memories are bounded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._opened: OrderedDict[str, None] = OrderedDict()

    def bars(self, address: str, key_id: str) -> bool:
        failures = self._failures.get(address)
        if failures is None or len(failures) < FAILURES or key_id in self._opened:
            return False
        return self._clock() - failures[0] < WINDOW_S

    def failed(self, address: str) -> None:
        self._failures.setdefault(address, deque(maxlen=FAILURES)).append(self._clock())
        _touch(self._failures, address)

    def opened(self, key_id: str) -> None:
        self._opened[key_id] = None
        _touch(self._opened, key_id)


class Keyring:
    """Checks keys against the database: all that come in one moment with one statement."""

    def __init__(self, pool: Pool, peppers: Ring, strangers: Strangers) -> None:
        self._pool = pool
        self._peppers = peppers
        self._strangers = strangers
        self._rows = Coalesced(self._find)

    async def authenticate(self, presented: Presented | None, *, address: str) -> Principal:
        """Raises `Unauthenticated`, and `Killed` for who shows the right secret of a killed key."""
        if presented is None or self._strangers.bars(address, presented.key_id):
            raise Unauthenticated
        row = await self._rows.get(presented.key_id)
        if row is None or row["env"] != presented.env or not keys.opens(row, presented, self._peppers):
            self._strangers.failed(address)
            raise Unauthenticated
        self._strangers.opened(presented.key_id)
        if row["killed"]:
            raise Killed
        if row["expired"]:
            raise Unauthenticated
        return keys.principal(row)

    async def _find(self, key_ids: Sequence[str]) -> list[asyncpg.Record | None]:
        async with self._pool.acquire() as conn:
            rows = await keys.find(conn, key_ids=set(key_ids))
        return [rows.get(key_id) for key_id in key_ids]


def presented(exchange: Exchange) -> Presented | None:
    """The key of a request; `X-Api-Key` wins over `Authorization`. None for none and for half a one."""
    own = exchange.headers.get(b"x-api-key")
    if own is None:
        scheme, _, own = exchange.headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return None
    return keys.parse(own.decode("latin-1").strip())


def address(exchange: Exchange, peer: str, *, hops: int) -> str:
    """Where a request comes from: the peer, or what the outermost of `hops` trusted proxies saw."""
    chain = exchange.headers.get(b"x-forwarded-for", b"").split(b",")
    return chain[-hops].strip().decode("latin-1") if 0 < hops <= len(chain) else peer


def _touch(memory: OrderedDict[str, Any], key: str) -> None:
    memory.move_to_end(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
