"""Group commit: what many requests send is one transaction, of ids, events and deltas.

An id is new for its app if no leaf has it: the open one has a unique index, and of the closed ones two are
asked. Whoever waits for an id that another transaction writes learns whether it was committed. So an id that
is answered as a duplicate is committed, like one that is answered as accepted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import event_conversion, event_delta, event_seen
from domain.apps.relays import Relays
from domain.events import people
from domain.events.event import Event, Key
from schemas import ids

#: Seconds of a bucket of the counts. All zones' offsets of this century are multiples of it.
BUCKET_S = 900

#: Of apps whose events are conversions: by project and app number, which ones.
AppRelays: TypeAlias = Mapping[tuple[UUID, int], Relays]

#: A row of the counts: project, app, number of the bucket, name, currency.
_Place: TypeAlias = tuple[UUID, int, float, str, str]


class _Kept(NamedTuple):
    all_new: bool
    project_ids: list[UUID] | None
    app_nos: list[int] | None
    event_keys: list[UUID] | None


KEEP_IDS = event_seen.keep_ids.typed(_Kept)


async def keep(conn: Conn, events: Sequence[Event], relays: AppRelays | None = None) -> Sequence[Event]:
    """Write those that are new, in the caller's transaction, and return them. No key comes twice.

    Those that are conversions are put into the outbox with them, for each destination. All are sorted by
    their keys: that all writers have one order keeps them from deadlocks.
    """
    generation: int = await event_seen.open_generation.value(conn)
    fresh = await _keep_ids(conn, generation, events)
    if fresh:
        await conn.copy_records_to_table("event", records=fresh, columns=Event._fields)
        await _insert_deltas(conn, fresh)
        if relays:
            await _insert_conversions(conn, fresh, relays)
        await people.note(conn, fresh)
    return fresh


async def _keep_ids(conn: Conn, generation: int, events: Sequence[Event]) -> Sequence[Event]:
    kept = await KEEP_IDS.row(
        conn,
        generation=generation,
        project_ids=[event.project_id for event in events],
        app_nos=[event.app_no for event in events],
        event_keys=[event.event_key for event in events],
    )
    if kept.all_new:
        return events
    new: set[Key] = set(zip(kept.project_ids or (), kept.app_nos or (), kept.event_keys or (), strict=True))
    return [event for event in events if event.key in new]


async def _insert_deltas(conn: Conn, events: Sequence[Event]) -> None:
    """A row for each count that these events add to."""
    counts, values = Counter[_Place](), Counter[_Place]()
    for event in events:
        bucket = event.occurred_at.timestamp() // BUCKET_S
        place = (event.project_id, event.app_no, bucket, event.name, event.currency or "")
        counts[place] += 1
        values[place] += event.value_micros or 0
    project_ids, app_nos, buckets, names, currencies = zip(*counts, strict=True)
    await event_delta.insert_deltas.run(
        conn,
        project_ids=project_ids,
        app_nos=app_nos,
        buckets=[datetime.fromtimestamp(bucket * BUCKET_S, UTC) for bucket in buckets],
        names=names,
        currencies=currencies,
        counts=list(counts.values()),
        values=list(values.values()),
    )


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
