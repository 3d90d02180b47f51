"""Events to send, and the stored rows of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from asyncpg.pgproto import pgproto

from db.pool import Conn
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.events import folds, group_commit
from domain.events.budgets import EventBudgets
from domain.events.event import NewEventRow
from domain.events.intake import EventIntakeResult

#: The same in each process of a test.
PROJECT = UUID(int=7)
NAMES = ("open", "purchase_success", "sign_up")

#: A moment in the hour before this one, apart from the end of any bucket.
NOW = datetime.now(UTC).replace(minute=7, second=0, microsecond=0) - timedelta(hours=1)


def event(number: int = 0, *, project_id: UUID = PROJECT, app_no: int = 1, **fields: Any) -> NewEventRow:
    """Return the event of a number, which determines its id: equal numbers have equal ids."""
    given: dict[str, Any] = {
        "event_key": pgproto.UUID(number.to_bytes(16, "big")),
        "name": NAMES[number % 3],
        "occurred_at": NOW - timedelta(minutes=number % 600),
        "event_id": None,
        "user_id": None,
        "anonymous_id": None,
        "value_micros": number * 1_000 if number % 3 else None,
        "currency": "EUR" if number % 3 else None,
        "properties": "{}",
        "context": "{}",
    } | fields
    return NewEventRow(project_id, app_no, **given)


def new_budgets() -> EventBudgets:
    """Return budgets without any counts."""
    return EventBudgets(lambda: datetime.now(UTC))


class Takes(Protocol):
    """Intake, or a proxy of several."""

    async def commit_request_events(
        self, app: SdkAppOfEventRequest, events: Sequence[NewEventRow], *, size: int
    ) -> EventIntakeResult: ...


def keyed(project_id: UUID, app_no: int, organization_id: UUID | None = None) -> SdkAppOfEventRequest:
    """Return an app as its key opens it: by default of the only project of an organization."""
    return SdkAppOfEventRequest(
        organization_id or project_id, project_id, UUID(int=app_no), app_no, "web", None, "standard",
        archived=False, suspended=False, moving=False,
    )  # fmt: skip


async def take(intake: Takes, events: Sequence[NewEventRow], *, size: int = 0) -> EventIntakeResult:
    """Commit events of one app by an intake."""
    project_id, app_no = events[0][:2] if events else (PROJECT, 1)
    return await intake.commit_request_events(keyed(project_id, app_no), events, size=size)


async def send(conn: Conn, events: Iterable[NewEventRow]) -> list[int]:
    """Commit events and return the numbers of the new ones."""
    async with conn.transaction():
        fresh = await group_commit.store_new_events(conn, sorted(events))
    return [one.event_key.int for one in fresh]


async def stored(conn: Conn) -> list[int]:
    """Return the number of each stored event, in order."""
    rows = await conn.fetch("select event_key from event order by event_key")
    return [row["event_key"].int for row in rows]


async def fold_all(conn: Conn) -> None:
    folder = folds.DeltaFoldRunner()
    while await folder.fold_each_waiting_shard(conn):
        pass


async def wrong_counts(conn: Conn) -> list[Any]:
    """Return rollup rows that don't match the events, and missing rows; there must be no deltas left."""
    return await conn.fetch(
        """with named as (
             select project_id, name, date_bin('15 minutes', occurred_at, '2000-01-01Z') as bucket, app_no,
                    coalesce(currency, '') as currency, count(*) as n, coalesce(sum(value_micros), 0) as value
               from event group by 1, 2, 3, 4, 5),
           truth as (
             select project_id, name, bucket, app_no, currency, n, value from named
              union all
             select project_id, '', bucket, app_no, '', sum(n), 0 from named group by 1, 2, 3, 4),
           hourly as (
             select project_id, name, date_trunc('hour', bucket, 'UTC'), app_no, currency, sum(n), sum(value)
               from truth group by 1, 2, 3, 4, 5),
           said as (table event_rollup), said_hourly as (table event_rollup_hour)
           (table said except table truth) union all (table truth except table said) union all
           (table said_hourly except table hourly) union all (table hourly except table said_hourly)"""
    )
