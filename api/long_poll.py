"""Long polling: one query every 200 ms serves all waiting requests. No query runs when no request waits.

Without pub/sub and NOTIFY: a change is noticed at most one poll later, and no change can be missed.
"""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from db.pool import Pool
from domain.jobs import jobs
from domain.jobs.jobs import Versioned
from telemetry import causes, logs

POLL_INTERVAL_S = 0.2

#: Maximum of waiting requests and streams: of one organization, and of all.
MAX_SUBSCRIBERS, MAX_SUBSCRIBERS_OF_ALL = 100, 1000

_log = logs.get("api.long_poll")

T = TypeVar("T")
#: The state that a poll returns for each awaited object.
S = TypeVar("S")

#: An awaited object, such as a job: organization id and object id.
Ref: TypeAlias = tuple[UUID, UUID]
Poll: TypeAlias = Callable[[Sequence[Ref]], Awaitable[Sequence[S | None]]]
IsEnough: TypeAlias = Callable[[Versioned], bool]


def poll_jobs(pool: Pool) -> Poll[Versioned]:
    """Return a poll that reads many jobs with one statement."""

    async def look(refs: Sequence[Ref]) -> list[Versioned | None]:
        async with pool.acquire() as conn:
            return await jobs.get_many(conn, refs=refs)

    return look


class Subscriber(Generic[S]):
    """One waiting request. `closed` means that no further state will arrive."""

    def __init__(self) -> None:
        self.closed = False
        self._seen: S | None = None
        self._news = asyncio.Event()

    def show(self, seen: S) -> None:
        self._seen = seen
        self._news.set()

    def close(self) -> None:
        self.closed = True
        self._news.set()

    async def until(self, enough: Callable[[S], bool], *, within: float) -> S | None:
        """Wait for the first state that is `enough`; None after `within` seconds, or when the seat is
        closed.
        """
        try:
            async with asyncio.timeout(within):
                return await self._first(enough)
        except TimeoutError:
            return None

    async def _first(self, enough: Callable[[S], bool]) -> S | None:
        while not self.closed:
            if self._seen is not None and enough(self._seen):
                return self._seen
            self._news.clear()
            await self._news.wait()
        return None


class LongPollHub(Generic[S]):
    """Hub of all waiting requests of this process, with one task that polls for them."""

    def __init__(
        self,
        look: Poll[S],
        *,
        every: float = POLL_INTERVAL_S,
        seats: int = MAX_SUBSCRIBERS,
        of_all: int = MAX_SUBSCRIBERS_OF_ALL,
    ) -> None:
        self._look = look
        self._every = every
        self._most, self._most_of_all = seats, of_all
        self._seats: dict[Ref, list[Subscriber[S]]] = {}
        #: Number of waiting requests by organization.
        self._taken: Counter[UUID] = Counter()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        return self._taken.total()

    def is_full(self, organization_id: UUID) -> bool:
        """Return whether an organization, or the process, has reached its maximum of waiting requests."""
        return self._taken[organization_id] >= self._most or self.waiting >= self._most_of_all

    @contextmanager
    def seat(self, ref: Ref) -> Iterator[Subscriber[S]]:
        """Register a waiting request during the block; over the limit it gets a closed seat."""
        seat, organization_id = Subscriber[S](), ref[0]
        if self._closed or self.is_full(organization_id):
            seat.close()
        self._taken[organization_id] += 1
        self._seats.setdefault(ref, []).append(seat)
        self._watching = self._watching or causes.start(self._watch())
        try:
            yield seat
        finally:
            self._leave(ref, seat)

    def close(self) -> None:
        """Release all waiting requests; later ones don't wait."""
        self._closed = True
        for seats in self._seats.values():
            for seat in seats:
                seat.close()

    def _leave(self, ref: Ref, seat: Subscriber[S]) -> None:
        self._seats[ref].remove(seat)
        if not self._seats[ref]:
            del self._seats[ref]
        self._taken[ref[0]] -= 1
        if not self._taken[ref[0]]:
            del self._taken[ref[0]]

    async def _watch(self) -> None:
        """Poll until no request waits, so that an idle process sends no queries."""
        while self._seats:
            await self._show(list(self._seats))
            await asyncio.sleep(self._every)
        self._watching = None

    async def _show(self, refs: Sequence[Ref]) -> None:
        try:
            found = await self._look(refs)
        except Exception as error:  # noqa: BLE001  the next poll may work
            _log.warning("poll for waiting requests failed", exc_info=error)
            return
        for ref, seen in zip(refs, found, strict=True):
            for seat in self._seats.get(ref, []):
                seat.close() if seen is None else seat.show(seen)


@asynccontextmanager
async def open_hub(
    look: Poll[S], *, seats: int = MAX_SUBSCRIBERS, of_all: int = MAX_SUBSCRIBERS_OF_ALL
) -> AsyncIterator[LongPollHub[S]]:
    """Open a hub that releases its waiting requests at the first SIGTERM or SIGINT.

    The server waits for open requests before it ends the lifespan, so the lifespan's end would be too late.
    """
    watcher = LongPollHub(look, seats=seats, of_all=of_all)
    with _hearing(signal.SIGTERM, watcher.close), _hearing(signal.SIGINT, watcher.close):
        yield watcher
    watcher.close()


@contextmanager
def _hearing(number: signal.Signals, react: Callable[[], None]) -> Iterator[None]:
    """Call `react` on the event loop upon a signal; then call the previous handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, before = asyncio.get_running_loop(), signal.getsignal(number)

    def handle(signum: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(react)
        if callable(before):
            before(signum, frame)

    signal.signal(number, handle)
    try:
        yield
    finally:
        signal.signal(number, before)


async def unless_disconnected(
    receive: Callable[[], Awaitable[Mapping[str, Any]]], work: Awaitable[T]
) -> T | None:
    """Return the result of `work`; None if the client disconnects first."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()


async def _disconnect(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
