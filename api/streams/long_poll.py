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

from db.pool import Pool, acquire_pg_connection
from domain.jobs import jobs
from domain.jobs.jobs import VersionedJob
from telemetry import log_context, logs

LONG_POLL_INTERVAL_S = 0.2

#: Maximum of waiting requests and streams: of one organization, and of all.
MAX_LONG_POLLS_PER_ORGANIZATION, MAX_LONG_POLLS_PER_PROCESS = 100, 1000

_log = logs.get_logger("api.streams.long_poll")

T = TypeVar("T")
#: The state that a poll returns for each awaited object.
PolledState = TypeVar("PolledState")

#: An awaited object, such as a job: organization id and object id.
AwaitedObjectRef: TypeAlias = tuple[UUID, UUID]
PollFunction: TypeAlias = Callable[[Sequence[AwaitedObjectRef]], Awaitable[Sequence[PolledState | None]]]
IsWaitOver: TypeAlias = Callable[[VersionedJob], bool]


def build_job_state_poller(pool: Pool) -> PollFunction[VersionedJob]:
    """Return a function that reads the states of many jobs with one statement, None for an unknown job."""

    async def poll(refs: Sequence[AwaitedObjectRef]) -> list[VersionedJob | None]:
        async with acquire_pg_connection(pool) as conn:
            return await jobs.read_jobs_by_ids(conn, refs=refs)

    return poll


class LongPollSubscriber(Generic[PolledState]):
    """One waiting request. `closed` means that no further state will arrive."""

    def __init__(self) -> None:
        self.closed = False
        self._state: PolledState | None = None
        self._changed = asyncio.Event()

    def deliver_object_state(self, state: PolledState) -> None:
        self._state = state
        self._changed.set()

    def end_wait(self) -> None:
        self.closed = True
        self._changed.set()

    async def await_wanted_state_or_none(
        self, enough: Callable[[PolledState], bool], *, within: float
    ) -> PolledState | None:
        """Wait for the first state of the awaited object that `enough` accepts, and return it.

        Returns None after `within` seconds, or once the subscriber is closed.
        """
        try:
            async with asyncio.timeout(within):
                return await self._await_delivered_state(enough)
        except TimeoutError:
            return None

    async def _await_delivered_state(self, enough: Callable[[PolledState], bool]) -> PolledState | None:
        while not self.closed:
            if self._state is not None and enough(self._state):
                return self._state
            self._changed.clear()
            await self._changed.wait()
        return None


class LongPollHub(Generic[PolledState]):
    """Hub of all waiting requests of this process, with one task that polls for them."""

    def __init__(
        self,
        poll: PollFunction[PolledState],
        *,
        interval_s: float = LONG_POLL_INTERVAL_S,
        per_organization: int = MAX_LONG_POLLS_PER_ORGANIZATION,
        in_total: int = MAX_LONG_POLLS_PER_PROCESS,
    ) -> None:
        self._poll = poll
        self._interval_s = interval_s
        self._max_per_organization, self._max_in_total = per_organization, in_total
        self._subscribers: dict[AwaitedObjectRef, list[LongPollSubscriber[PolledState]]] = {}
        #: Number of waiting requests by organization.
        self._counts: Counter[UUID] = Counter()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting_count(self) -> int:
        return self._counts.total()

    def is_full_for_organization(self, organization_id: UUID) -> bool:
        """Return whether an organization, or the process, has reached its maximum of waiting requests."""
        return self._counts[organization_id] >= self._max_per_organization or self.waiting_count >= self._max_in_total

    @contextmanager
    def subscribe(self, ref: AwaitedObjectRef) -> Iterator[LongPollSubscriber[PolledState]]:
        """Register a waiting request during the block, and yield its subscriber; start polling if needed.

        Over the limit, or once the hub is closed, the subscriber is closed: it never waits.
        """
        subscriber, organization_id = LongPollSubscriber[PolledState](), ref[0]
        if self._closed or self.is_full_for_organization(organization_id):
            subscriber.end_wait()
        self._counts[organization_id] += 1
        self._subscribers.setdefault(ref, []).append(subscriber)
        self._poller = self._poller or log_context.start_task_outside_request(self._poll_while_requests_wait())
        try:
            yield subscriber
        finally:
            self._unsubscribe(ref, subscriber)

    def close(self) -> None:
        """Close the hub: release all waiting requests; later requests don't wait."""
        self._closed = True
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.end_wait()

    def _unsubscribe(self, ref: AwaitedObjectRef, subscriber: LongPollSubscriber[PolledState]) -> None:
        self._subscribers[ref].remove(subscriber)
        if not self._subscribers[ref]:
            del self._subscribers[ref]
        self._counts[ref[0]] -= 1
        if not self._counts[ref[0]]:
            del self._counts[ref[0]]

    async def _poll_while_requests_wait(self) -> None:
        """Poll the awaited objects until no request waits, so that an idle process sends no queries."""
        while self._subscribers:
            await self._poll_once(list(self._subscribers))
            await asyncio.sleep(self._interval_s)
        self._poller = None

    async def _poll_once(self, refs: Sequence[AwaitedObjectRef]) -> None:
        try:
            states = await self._poll(refs)
        except Exception as error:  # noqa: BLE001  the next poll may work
            _log.warning("poll for waiting requests failed", exc_info=error)
            return
        for ref, state in zip(refs, states, strict=True):
            for subscriber in self._subscribers.get(ref, []):
                subscriber.end_wait() if state is None else subscriber.deliver_object_state(state)


@asynccontextmanager
async def open_long_poll_hub(
    poll: PollFunction[PolledState],
    *,
    per_organization: int = MAX_LONG_POLLS_PER_ORGANIZATION,
    in_total: int = MAX_LONG_POLLS_PER_PROCESS,
) -> AsyncIterator[LongPollHub[PolledState]]:
    """Yield a long-poll hub that releases its waiting requests at the first SIGTERM or SIGINT.

    The server waits for open requests before it ends the lifespan, so the lifespan's end would be too late.
    """
    hub = LongPollHub(poll, per_organization=per_organization, in_total=in_total)
    with _call_on_signal(signal.SIGTERM, hub.close), _call_on_signal(signal.SIGINT, hub.close):
        yield hub
    hub.close()


@contextmanager
def _call_on_signal(number: signal.Signals, react: Callable[[], None]) -> Iterator[None]:
    """Call `react` on the event loop upon a signal, then the earlier handler; only in the main thread."""
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


async def run_unless_disconnected(receive: Callable[[], Awaitable[Mapping[str, Any]]], work: Awaitable[T]) -> T | None:
    """Return the result of `work`; if the client disconnects first, cancel `work` and return None."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()


async def _wait_for_disconnect(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
