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

from db.pool import Pool, autocommit, transact
from db.reach import RETRIED_ERRORS, raise_if_postgres_away
from domain.apps.app_keys import KeyedApp
from domain.events.budgets import Budgets, Day
from domain.events.event import Event, Key
from domain.events.group_commit import store_new_events
from domain.events.round_robin import RoundRobin
from schemas.errors import Unavailable
from telemetry import logs, metrics

#: Most events that are queued or under commit in one process, and most events of one transaction.
MAX_HELD_EVENTS, MAX_COMMIT_EVENTS = 20_000, 4_000

#: Concurrent commits: while one waits for the disk, the next one is prepared.
COMMITTERS = 2

#: Bytes of a body that count as one event, if its events are larger.
BYTES_PER_EVENT = 2_048

_log = logs.get_logger("events")


def weight(events: int, size: int) -> int:
    """Return the weight of a request in the queue, for a body of `size` bytes."""
    return max(events, size // BYTES_PER_EVENT)


class IntakeResult(NamedTuple):
    """Result of a request: its new events, and its known or repeated events."""

    accepted: int
    duplicates: int


class WriteFailed(Exception):
    """Write error, named by Postgres' error class only: its text may contain personal data."""


@dataclass(eq=False, slots=True)
class _Request:
    """Events of one request, all of one app; `weight` is their share of the queue.

    `size` is the body's bytes, and `day` is the budget day that reserved them.
    """

    app: KeyedApp
    events: Sequence[Event]
    size: int
    weight: int
    answer: asyncio.Future[IntakeResult]
    day: Day

    @property
    def organization_id(self) -> UUID:
        return self.app.organization_id

    @property
    def project_id(self) -> UUID:
        return self.app.project_id


class Intake:
    """Queue of requests. Its committers run inside `open_intake`."""

    def __init__(self, pool: Pool, budgets: Budgets) -> None:
        self._pool = pool
        self._budgets = budgets
        self._held = 0
        self._held_of = Counter[UUID]()
        self._waiting = RoundRobin[_Request]()
        self._came = asyncio.Event()

    async def take(self, app: KeyedApp, events: Sequence[Event], *, size: int) -> IntakeResult:
        """Commit events of an app with their conversions, from a body of `size` bytes.

        Raises `Limited` if the organization's budget is used up, `Unavailable` if the queue is full: then no
        event was stored. If Postgres fails or is silent the events may have been committed: repeated, they
        are duplicates. Raises `WriteFailed`.
        """
        if not events:
            return IntakeResult(0, 0)
        request = self._enter(app, events, size)
        try:
            return await request.answer
        finally:
            self._withdraw(request)

    async def commit_all(self) -> None:
        """Commit one group after the other, until canceled."""
        while True:
            await self._came.wait()
            if group := self._next_group():
                await self._commit(group)

    def close(self) -> None:
        """Refuse the queued requests: no committer runs any more."""
        while group := self._next_group():
            self._release(group)

    def _enter(self, app: KeyedApp, events: Sequence[Event], size: int) -> _Request:
        """Queue a request, unless its organization would then hold more than the free space."""
        weighs = weight(len(events), size)
        if self._held_of[app.organization_id] + weighs > MAX_HELD_EVENTS - self._held - weighs:
            metrics.EVENTS_BY_OUTCOME["refused"].inc(len(events))
            raise Unavailable("too many events are queued: send these again in a second")
        day = self._budgets.hold(app, len(events), size)
        answer: asyncio.Future[IntakeResult] = asyncio.get_running_loop().create_future()
        request = _Request(app, events, size, weighs, answer, day)
        self._held += weighs
        self._held_of[app.organization_id] += weighs
        self._waiting.add(request)
        self._came.set()
        return request

    def _withdraw(self, request: _Request) -> None:
        """Remove a request without a waiting caller; its commit still happens if it has begun."""
        if self._waiting.remove(request):
            self._rest()
            self._release([request])

    def _next_group(self) -> list[_Request]:
        """Take the requests of one commit, one of each organization in turn, up to `MAX_COMMIT_EVENTS`."""
        group, room = list[_Request](), MAX_COMMIT_EVENTS
        while self._waiting and (not group or self._waiting.first().weight <= room):
            group.append(self._waiting.take())
            room -= group[-1].weight
        self._rest()
        return group

    def _rest(self) -> None:
        if not self._waiting:
            self._came.clear()

    async def _commit(self, group: list[_Request]) -> None:
        try:
            with metrics.EVENT_COMMIT.time():
                await self._answer(group)
        finally:
            self._release(group)

    async def _answer(self, group: list[_Request]) -> None:
        """Write a group's events. If one request can't be written, write each of them alone."""
        try:
            fresh = await self._keep(group)
        except Exception as error:  # noqa: BLE001  whoever waits raises it
            if len(group) == 1 or isinstance(error, Unavailable):
                _fail(group, _to_request_error(error))
                return
            _log.error("a group of events can't be written", error=type(error).__name__)
            for request in group:
                await self._answer([request])
        else:
            accepted = sum(map(len, fresh))
            metrics.EVENTS_BY_OUTCOME["accepted"].inc(accepted)
            metrics.EVENTS_BY_OUTCOME["duplicate"].inc(sum(len(one.events) for one in group) - accepted)
            for request, news in zip(group, fresh, strict=True):
                # Events of a sender that disconnected meanwhile are stored, too.
                self._budgets.count(request.app, len(news), _size(request, news))
                _succeed(request, IntakeResult(len(news), len(request.events) - len(news)))

    async def _keep(self, group: list[_Request]) -> list[list[Event]]:
        """Store the group's events and return the new ones of each request; a repeated id belongs to the
        first.
        """
        firsts: dict[Key, tuple[int, Event]] = {}
        for turn, request in enumerate(group):
            for event in request.events:
                firsts.setdefault(event.key, (turn, event))
        events = [firsts[key][1] for key in sorted(firsts)]
        relays = {
            (request.project_id, request.app.app_no): found
            for request in group
            if (found := request.app.relays)
        }
        with raise_if_postgres_away():
            run = transact if relays else autocommit
            fresh = await run(self._pool, lambda conn: store_new_events(conn, events, relays))
        news: list[list[Event]] = [[] for _ in group]
        for event in fresh:
            news[firsts[event.key][0]].append(event)
        return news

    def _release(self, group: list[_Request]) -> None:
        """Release the group's place in the queue. Requests without a result fail: this process is ending."""
        for request in group:
            self._held -= request.weight
            self._held_of[request.organization_id] -= request.weight
            if not self._held_of[request.organization_id]:
                del self._held_of[request.organization_id]
            self._budgets.release(request.day, len(request.events), request.size)
        _fail(group, Unavailable("this process ends: send these events again"))


def _size(request: _Request, news: Sequence[Event]) -> int:
    """Return the body's bytes of the new events: their share of the text if other events were known."""
    if len(news) in {0, len(request.events)}:
        return request.size if news else 0
    return round(request.size * sum(map(_length, news)) / sum(map(_length, request.events)))


def _length(event: Event) -> int:
    """Return the approximate number of characters of an event."""
    return len(event.name) + len(event.properties) + len(event.context)


def _succeed(request: _Request, taken: IntakeResult) -> None:
    if not request.answer.done():
        request.answer.set_result(taken)


def _to_request_error(error: Exception) -> Exception:
    """Return the error for a request."""
    if isinstance(error, asyncpg.CheckViolationError):
        return Unavailable("there is no table for the day of an event yet")
    if isinstance(error, RETRIED_ERRORS):
        return error if isinstance(error, Unavailable) else Unavailable()
    return WriteFailed(type(error).__name__)


def _fail(group: list[_Request], error: Exception) -> None:
    for request in group:
        if not request.answer.done():
            request.answer.set_exception(error)


@asynccontextmanager
async def open_intake(pool: Pool, budgets: Budgets) -> AsyncIterator[Intake]:
    """Run an intake that commits over the pool's connections until the block ends.

    The pool has at least `COMMITTERS` connections, and a `command_timeout` that bounds the wait for a silent
    Postgres.
    """
    intake = Intake(pool, budgets)
    async with asyncio.TaskGroup() as group:
        committers = [group.create_task(intake.commit_all()) for _ in range(COMMITTERS)]
        try:
            yield intake
        finally:
            for committer in committers:
                committer.cancel()
            intake.close()
