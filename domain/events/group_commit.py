"""Group commit: one statement stores the new events of many requests, counts them and records people.

An id is new for its app if no partition has it: the open one has a unique index, and two of the closed ones
are probed. A writer whose id another transaction is writing waits for that commit. So an id that is reported
as a duplicate is committed, like an accepted one.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import event as event_table
from db.queries import event_conversion
from domain.apps.relays import RelaysByEventName
from domain.events.event import NewEventRow
from schemas import ids

#: Conversion maps of apps, by project and app number.
RelaysByApp: TypeAlias = Mapping[tuple[UUID, int], RelaysByEventName]

#: Parameters of the statement: an array for each column of an event, in order.
_EVENT_COLUMNS = event_table.keep_events.parameters


async def store_new_events(
    conn: Conn, events: Sequence[NewEventRow], relays: RelaysByApp | None = None
) -> Sequence[NewEventRow]:
    """Store the events that aren't stored yet, and return them. `events` is not empty and no key repeats.

    The caller has sorted them by key: one order for all writers prevents deadlocks. One statement stores them; it
    commits by itself unless the caller has begun a transaction. With `relays`, which needs a transaction, it also
    queues their conversions for each destination.
    """
    arrays = dict(zip(_EVENT_COLUMNS, zip(*events, strict=True), strict=True))
    news: list[bool] | None = await event_table.keep_events.value(conn, **arrays)
    fresh = events if news is None else [event for event, new in zip(events, news, strict=True) if new]
    if relays:
        await _insert_pending_conversions(conn, fresh, relays)
    return fresh


async def _insert_pending_conversions(conn: Conn, events: Sequence[NewEventRow], relays: RelaysByApp) -> None:
    """Insert a pending conversion for each event and destination; skip events without a destination in `relays`."""
    found = [
        (event, relay)
        for event in events
        for relay in relays.get((event.project_id, event.app_no), {}).get(event.name, ())
    ]
    if not found:
        return
    await event_conversion.insert_conversions.run(
        conn,
        project_ids=[event.project_id for event, _ in found],
        app_nos=[event.app_no for event, _ in found],
        destinations=[relay.destination for _, relay in found],
        event_keys=[event.event_key for event, _ in found],
        ids=[ids.new_uuid7() for _ in found],
        names=[event.name for event, _ in found],
        event_ids=[event.event_id for event, _ in found],
        event_names=[relay.event_name for _, relay in found],
        occurred_ats=[event.occurred_at for event, _ in found],
    )
