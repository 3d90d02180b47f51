"""Group commit: what many requests send is one statement, which stores new events, counts them, notes people.

An id is new for its app if no leaf has it: the open one has a unique index, and of the closed ones two are
asked. Whoever waits for an id that another transaction writes learns whether it was committed. So an id that
is answered as a duplicate is committed, like one that is answered as accepted.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import event as event_table
from db.queries import event_conversion
from domain.apps.relays import Relays
from domain.events.event import Event
from schemas import ids

#: Of apps whose events are conversions: by project and app number, which ones.
AppRelays: TypeAlias = Mapping[tuple[UUID, int], Relays]

#: The statement's parameters: an array for each column of an event, in their order.
_COLUMNS = event_table.keep_events.parameters


async def keep(conn: Conn, events: Sequence[Event], relays: AppRelays | None = None) -> Sequence[Event]:
    """Write those that are new, and return them. There are some, and no key comes twice.

    It is one statement, which commits by itself unless the caller has begun a transaction; with `relays` the
    caller has. Those that are conversions are put into the outbox then, for each destination. All are sorted
    by their keys: that all writers have one order keeps them from deadlocks.
    """
    arrays = dict(zip(_COLUMNS, zip(*events, strict=True), strict=True))
    news: list[bool] | None = await event_table.keep_events.value(conn, **arrays)
    fresh = events if news is None else [event for event, new in zip(events, news, strict=True) if new]
    if relays:
        await _insert_conversions(conn, fresh, relays)
    return fresh


async def _insert_conversions(conn: Conn, events: Sequence[Event], relays: AppRelays) -> None:
    """A row for each conversion and destination, if there is any."""
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
        ids=[ids.new() for _ in found],
        names=[event.name for event, _ in found],
        event_ids=[event.event_id for event, _ in found],
        event_names=[relay.event_name for _, relay in found],
        occurred_ats=[event.occurred_at for event, _ in found],
    )
