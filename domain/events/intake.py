"""Intake: the queue of events before their commit, in each API process.

Events that arrive during a commit form the next one (group commit). A request waits only for the commit of
its own events. Organizations take turns, and none can fill the queue of the others.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Pool, run_autocommitted, run_in_transaction
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.events.budgets import EventBudgets, InMemoryEventBudgetDay
from domain.events.event import EventKey, NewEventRow
from domain.events.group_commit import store_new_events
from domain.events.round_robin import FairRequestQueue
from schemas.errors import ServiceUnavailable
from telemetry import logs, metrics

#: Most events that are queued or under commit in one process, and most events of one transaction.
MAX_HELD_INTAKE_EVENTS, MAX_EVENTS_PER_COMMIT = 20_000, 4_000

#: Concurrent commits: while one waits for the disk, the next one is prepared.
MAX_CONCURRENT_EVENT_COMMITS = 2

#: Bytes of a body that count as one event, if its events are larger.
BYTES_COUNTED_AS_EVENT = 2_048

_log = logs.get_logger("events")


def intake_weight_of_request(events: int, size: int) -> int:
    """Return a request's weight in the intake queue: its events or, if more, its bytes / `BYTES_COUNTED_AS_EVENT`."""
    return max(events, size // BYTES_COUNTED_AS_EVENT)


class EventIntakeResult(NamedTuple):
    """Result of a request: its new events, and its known or repeated events."""

    accepted: int
    duplicates: int


class EventWriteFailed(Exception):
    """Write error, named by Postgres' error class only: its text may contain personal data."""


@dataclass(eq=False, slots=True)
class _EventIntakeRequest:
    """Events of one request, all of one app; `weight` is their share of the queue.

    `size` is the body's bytes, and `day` is the budget day that reserved them.
    """

    app: SdkAppOfEventRequest
    events: Sequence[NewEventRow]
    size: int
    weight: int
    answer: asyncio.Future[EventIntakeResult]
    day: InMemoryEventBudgetDay

    @property
    def organization_id(self) -> UUID:
        return self.app.organization_id

    @property
    def project_id(self) -> UUID:
        return self.app.project_id


class EventIntake:
    """Queue of requests. Its committers run inside `open_event_intake`."""

    def __init__(self, pool: Pool, budgets: EventBudgets) -> None:
        self._pool = pool
        self._budgets = budgets
        self._held = 0
        self._held_of = Counter[UUID]()
        self._waiting = FairRequestQueue[_EventIntakeRequest]()
        self._requests_queued = asyncio.Event()

    async def commit_request_events(
        self, app: SdkAppOfEventRequest, events: Sequence[NewEventRow], *, size: int
    ) -> EventIntakeResult:
        """Commit events of an app with their conversions; return the numbers of new and of known events.

        `size` is the body's bytes. Raises `LimitReached` if the organization's budget is used up, `ServiceUnavailable`
        if the queue is full: then no event was stored. Raises `ServiceUnavailable` too if Postgres fails or is silent,
        and `EventWriteFailed` for other errors. Then the events may have been committed: repeated, they are duplicates.
        """
        if not events:
            return EventIntakeResult(0, 0)
        request = self._queue_request(app, events, size)
        try:
            return await request.answer
        finally:
            self._withdraw_request(request)

    async def commit_event_groups_until_canceled(self) -> None:
        """Commit one group of queued requests' events after the other, until canceled."""
        while True:
            await self._requests_queued.wait()
            if group := self._take_next_group():
                await self._commit_group(group)

    def fail_queued_requests(self) -> None:
        """Answer all queued requests with `ServiceUnavailable`: no committer runs any more."""
        while group := self._take_next_group():
            self._release_group_and_fail_unanswered(group)

    def _queue_request(
        self, app: SdkAppOfEventRequest, events: Sequence[NewEventRow], size: int
    ) -> _EventIntakeRequest:
        """Queue a request, reserve its events in the budget, and return it. Raises `LimitReached`.

        Raises `ServiceUnavailable` if its organization would then hold more than the free space.
        """
        weighs = intake_weight_of_request(len(events), size)
        if self._held_of[app.organization_id] + weighs > MAX_HELD_INTAKE_EVENTS - self._held - weighs:
            metrics.SDK_EVENT_COUNTERS_BY_OUTCOME["refused"].inc(len(events))
            raise ServiceUnavailable("too many events are queued: send these again in a second")
        day = self._budgets.reserve_events_in_daily_budget(app, len(events), size)
        answer: asyncio.Future[EventIntakeResult] = asyncio.get_running_loop().create_future()
        request = _EventIntakeRequest(app, events, size, weighs, answer, day)
        self._held += weighs
        self._held_of[app.organization_id] += weighs
        self._waiting.add(request)
        self._requests_queued.set()
        return request

    def _withdraw_request(self, request: _EventIntakeRequest) -> None:
        """Remove a request from the queue after its caller left; its commit still happens if it has begun."""
        if self._waiting.remove(request):
            self._clear_queued_flag_if_empty()
            self._release_group_and_fail_unanswered([request])

    def _take_next_group(self) -> list[_EventIntakeRequest]:
        """Take the requests of the next commit from the queue, one of each organization in turn.

        A group weighs at most `MAX_EVENTS_PER_COMMIT`, or is a single request. Empty if the queue is.
        """
        group, room = list[_EventIntakeRequest](), MAX_EVENTS_PER_COMMIT
        while self._waiting and (not group or self._waiting.peek_next_request().weight <= room):
            group.append(self._waiting.take())
            room -= group[-1].weight
        self._clear_queued_flag_if_empty()
        return group

    def _clear_queued_flag_if_empty(self) -> None:
        if not self._waiting:
            self._requests_queued.clear()

    async def _commit_group(self, group: list[_EventIntakeRequest]) -> None:
        try:
            with metrics.EVENT_COMMIT_SECONDS_HISTOGRAM.time():
                await self._store_and_answer_group(group)
        finally:
            self._release_group_and_fail_unanswered(group)

    async def _store_and_answer_group(self, group: list[_EventIntakeRequest]) -> None:
        """Write the events of a group of requests, and give each request its result or error.

        If a group can't be written, writes the events of each request alone, unless Postgres is unreachable.
        """
        try:
            fresh = await self._store_group_and_list_new_events(group)
        except Exception as error:  # noqa: BLE001  whoever waits raises it
            if len(group) == 1 or isinstance(error, ServiceUnavailable):
                _fail_intake_requests(group, _intake_error_for_request(error))
                return
            _log.error("a group of events can't be written", error=type(error).__name__)
            for request in group:
                await self._store_and_answer_group([request])
        else:
            accepted = sum(map(len, fresh))
            metrics.SDK_EVENT_COUNTERS_BY_OUTCOME["accepted"].inc(accepted)
            metrics.SDK_EVENT_COUNTERS_BY_OUTCOME["duplicate"].inc(sum(len(one.events) for one in group) - accepted)
            for request, news in zip(group, fresh, strict=True):
                # Events of a sender that disconnected meanwhile are stored, too.
                self._budgets.charge_budget_after_commit(request.app, len(news), _size_of_new_events(request, news))
                _answer_intake_request(request, EventIntakeResult(len(news), len(request.events) - len(news)))

    async def _store_group_and_list_new_events(self, group: list[_EventIntakeRequest]) -> list[list[NewEventRow]]:
        """Store the events of a group of requests; return the new events of each request.

        An event id that several requests contain belongs to the first of them.
        """
        firsts: dict[EventKey, tuple[int, NewEventRow]] = {}
        for turn, request in enumerate(group):
            for event in request.events:
                firsts.setdefault(event.dedup_key, (turn, event))
        events = [firsts[key][1] for key in sorted(firsts)]
        relays = {
            (request.project_id, request.app.app_no): found
            for request in group
            if (found := request.app.relays_by_event_name)
        }
        with convert_postgres_away_errors():
            run = run_in_transaction if relays else run_autocommitted
            fresh = await run(self._pool, lambda conn: store_new_events(conn, events, relays))
        news: list[list[NewEventRow]] = [[] for _ in group]
        for event in fresh:
            news[firsts[event.dedup_key][0]].append(event)
        return news

    def _release_group_and_fail_unanswered(self, group: list[_EventIntakeRequest]) -> None:
        """Release the space in the queue and the reserved budget of a group of requests.

        Requests without a result fail with `ServiceUnavailable`: this process is ending.
        """
        for request in group:
            self._held -= request.weight
            self._held_of[request.organization_id] -= request.weight
            if not self._held_of[request.organization_id]:
                del self._held_of[request.organization_id]
            self._budgets.release_reserved_events(request.day, len(request.events), request.size)
        _fail_intake_requests(group, ServiceUnavailable("this process ends: send these events again"))


def _size_of_new_events(request: _EventIntakeRequest, news: Sequence[NewEventRow]) -> int:
    """Return the bytes of a request's body for its new events, by their share of the length; 0 if none is new."""
    if len(news) in {0, len(request.events)}:
        return request.size if news else 0
    return round(request.size * sum(map(_count_event_chars, news)) / sum(map(_count_event_chars, request.events)))


def _count_event_chars(event: NewEventRow) -> int:
    """Return the approximate number of characters of an event."""
    return len(event.name) + len(event.properties) + len(event.context)


def _answer_intake_request(request: _EventIntakeRequest, taken: EventIntakeResult) -> None:
    if not request.answer.done():
        request.answer.set_result(taken)


def _intake_error_for_request(error: Exception) -> Exception:
    """Return the error that a request of events gets after its events could not be written.

    It is `ServiceUnavailable` for a fault that may pass, else `EventWriteFailed` with the class of `error`.
    """
    if isinstance(error, asyncpg.CheckViolationError):
        return ServiceUnavailable("there is no table for the day of an event yet")
    if isinstance(error, TRANSIENT_POSTGRES_ERRORS):
        return error if isinstance(error, ServiceUnavailable) else ServiceUnavailable()
    return EventWriteFailed(type(error).__name__)


def _fail_intake_requests(group: list[_EventIntakeRequest], error: Exception) -> None:
    for request in group:
        if not request.answer.done():
            request.answer.set_exception(error)


@asynccontextmanager
async def open_event_intake(pool: Pool, budgets: EventBudgets) -> AsyncIterator[EventIntake]:
    """Run an event intake for the block, with its committers; yield it. Requests still queued at the end fail.

    The pool has at least `MAX_CONCURRENT_EVENT_COMMITS` connections, and a `command_timeout` that bounds the wait for a
    silent Postgres.
    """
    intake = EventIntake(pool, budgets)
    async with asyncio.TaskGroup() as group:
        committers = [
            group.create_task(intake.commit_event_groups_until_canceled()) for _ in range(MAX_CONCURRENT_EVENT_COMMITS)
        ]
        try:
            yield intake
        finally:
            for committer in committers:
                committer.cancel()
            intake.fail_queued_requests()
