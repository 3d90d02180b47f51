"""Intake: the queue of events before their commit, in each process that takes them.

What came while the last commit ran is the next one. A request waits for the commit of its events and no
longer; organizations take turns, and none fills the queue of the others.
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
from db.reach import PASSING, reaching
from domain.apps.app_keys import KeyedApp
from domain.events.budgets import Budgets, Day
from domain.events.event import Event, Key
from domain.events.group_commit import keep
from domain.events.round_robin import RoundRobin
from schemas.errors import Unavailable
from telemetry import logs, metrics

#: Events that wait or are being committed, in one process; and those of one transaction, at most.
MOST_HELD, MOST_AT_ONCE = 20_000, 4_000

#: Commits that run at once: while one waits for the disk, the next one is made.
COMMITTERS = 2

#: Bytes of a body that count as one event, where its events are larger.
BYTES_EACH = 2_048

_log = logs.get("events")


def weight(events: int, size: int) -> int:
    """Weight of so many events in the queue, in a body of `size` bytes."""
    return max(events, size // BYTES_EACH)


class Taken(NamedTuple):
    """An answer: how many events were new, and how many of the request were known or came in it twice."""

    accepted: int
    duplicates: int


class Unwritten(Exception):
    """Events that can't be written, by the name of Postgres's error: its text may have what people did."""


@dataclass(eq=False, slots=True)
class _Request:
    """Events of one request, all of one app; `weight` is what they count in the queue.

    `size` are bytes of the body, and `day` is the budget's day that holds them.
    """

    app: KeyedApp
    events: Sequence[Event]
    size: int
    weight: int
    answer: asyncio.Future[Taken]
    day: Day

    @property
    def organization_id(self) -> UUID:
        return self.app.organization_id

    @property
    def project_id(self) -> UUID:
        return self.app.project_id


class Intake:
    """The queue. Its committers run while `open_intake` has it open."""

    def __init__(self, pool: Pool, budgets: Budgets) -> None:
        self._pool = pool
        self._budgets = budgets
        self._held = 0
        self._held_of = Counter[UUID]()
        self._waiting = RoundRobin[_Request]()
        self._came = asyncio.Event()

    async def take(self, app: KeyedApp, events: Sequence[Event], *, size: int) -> Taken:
        """Commit events of an app, from a body of `size` bytes, with the conversions that are among them.

        Raises `Limited` where the organization's budget is used up, `Unavailable` where the queue is full:
        then none was taken. Where Postgres fails or is silent it may be that they were committed: sent
        again, they are duplicates. Raises `Unwritten`.
        """
        if not events:
            return Taken(0, 0)
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
        """Refuse those that still wait: nobody commits any more."""
        while group := self._next_group():
            self._release(group)

    def _enter(self, app: KeyedApp, events: Sequence[Event], size: int) -> _Request:
        """Let a request wait if its organization then holds no more than is free."""
        weighs = weight(len(events), size)
        if self._held_of[app.organization_id] + weighs > MOST_HELD - self._held - weighs:
            metrics.EVENTS_BY_OUTCOME["refused"].inc(len(events))
            raise Unavailable("too many events wait to be stored: send these again in a second")
        day = self._budgets.hold(app, len(events), size)
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        request = _Request(app, events, size, weighs, answer, day)
        self._held += weighs
        self._held_of[app.organization_id] += weighs
        self._waiting.add(request)
        self._came.set()
        return request

    def _withdraw(self, request: _Request) -> None:
        """Nobody waits for it any more: unless its commit has begun, there will be none."""
        if self._waiting.remove(request):
            self._rest()
            self._release([request])

    def _next_group(self) -> list[_Request]:
        """Requests for one commit: one of each organization in turn, and again, until there are enough."""
        group, room = list[_Request](), MOST_AT_ONCE
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
        """Write the events of a group. Where one of many can't be written, the others are, by themselves."""
        try:
            fresh = await self._keep(group)
        except Exception as error:  # noqa: BLE001  whoever waits raises it
            if len(group) == 1 or isinstance(error, Unavailable):
                _fail(group, _said(error))
                return
            _log.error("a group of events can't be written", error=type(error).__name__)
            for request in group:
                await self._answer([request])
        else:
            accepted = sum(map(len, fresh))
            metrics.EVENTS_BY_OUTCOME["accepted"].inc(accepted)
            metrics.EVENTS_BY_OUTCOME["duplicate"].inc(sum(len(one.events) for one in group) - accepted)
            for request, news in zip(group, fresh, strict=True):
                # Events of a sender that hung up meanwhile are stored, too.
                self._budgets.count(request.app, len(news), _size(request, news))
                _succeed(request, Taken(len(news), len(request.events) - len(news)))

    async def _keep(self, group: list[_Request]) -> list[list[Event]]:
        """New events of each request: of two with one id the first one may be new."""
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
        with reaching():
            run = transact if relays else autocommit
            fresh = await run(self._pool, lambda conn: keep(conn, events, relays))
        news: list[list[Event]] = [[] for _ in group]
        for event in fresh:
            news[firsts[event.key][0]].append(event)
        return news

    def _release(self, group: list[_Request]) -> None:
        """They are held no more. Those without an answer had none: this process ends."""
        for request in group:
            self._held -= request.weight
            self._held_of[request.organization_id] -= request.weight
            if not self._held_of[request.organization_id]:
                del self._held_of[request.organization_id]
            self._budgets.release(request.day, len(request.events), request.size)
        _fail(group, Unavailable("this process ends: send these events again"))


def _size(request: _Request, news: Sequence[Event]) -> int:
    """Bytes of the body that new events came in: by their share of its text, where others were known."""
    if len(news) in {0, len(request.events)}:
        return request.size if news else 0
    return round(request.size * sum(map(_length, news)) / sum(map(_length, request.events)))


def _length(event: Event) -> int:
    """Characters of an event, about."""
    return len(event.name) + len(event.properties) + len(event.context)


def _succeed(request: _Request, taken: Taken) -> None:
    if not request.answer.done():
        request.answer.set_result(taken)


def _said(error: Exception) -> Exception:
    """The error as a request hears it."""
    if isinstance(error, asyncpg.CheckViolationError):
        return Unavailable("there is no table for the day of an event yet")
    if isinstance(error, PASSING):
        return error if isinstance(error, Unavailable) else Unavailable()
    return Unwritten(type(error).__name__)


def _fail(group: list[_Request], error: Exception) -> None:
    for request in group:
        if not request.answer.done():
            request.answer.set_exception(error)


@asynccontextmanager
async def open_intake(pool: Pool, budgets: Budgets) -> AsyncIterator[Intake]:
    """An intake that commits by connections of the pool until the block ends, and counts for the budgets.

    The pool has `COMMITTERS` connections at least, and a `command_timeout`: so long a silent Postgres may
    keep whoever waits.
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
