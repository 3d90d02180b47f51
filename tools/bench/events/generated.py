"""Generated events, like those of a mid-size app, each with a new UUIDv7."""

import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from domain.events import body
from domain.events.event import NewEventRow
from domain.values import steps
from schemas.events import MAX_EVENTS_PER_APP_REQUEST

GENERATED_EVENT_NAMES = (*(f"screen_{number}" for number in range(18)), "purchase_success", "sign_up")


def generate_event_bodies(count: int, batch: int) -> Iterator[bytes]:
    """Yield `count` JSON bodies of event requests, each of `batch` new events. An event has about 420 bytes."""
    for number in range(count):
        now = datetime.now(UTC).isoformat()
        events = [_build_event(number * batch + turn, now) for turn in range(batch)]
        yield msgspec.json.encode({"events": events, "sentAt": now})


def generate_event_rows_to_store(count: int, projects: Sequence[UUID]) -> list[NewEventRow]:
    """Return up to `count` events in whole batches, as rows sorted as in a commit, of the projects' first apps."""
    now, share = datetime.now(UTC), count // len(projects)
    batch = min(share, MAX_EVENTS_PER_APP_REQUEST)
    stored = [
        event
        for project_id in projects
        for data in generate_event_bodies(share // batch, batch)
        for event in steps.run_generator_steps_at_once(
            body.parse_app_events(data, project_id=project_id, app_no=1, now=now)
        ).events
    ]
    return sorted(stored)


def _build_event(number: int, now: str) -> dict[str, object]:
    person = f"user-{number % 5_000}"
    return {
        "name": GENERATED_EVENT_NAMES[number % len(GENERATED_EVENT_NAMES)],
        "eventId": _new_uuid7(),
        "occurredAt": now,
        "appUserId": person,
        "properties": {
            "screen": "product_detail", "position": number % 40, "variant": "b",
            "value": number % 90 + 0.99, "currency": "EUR", "referrer": "push",
        },
        "context": {
            "os": "iOS 26.1", "model": "iPhone18,2", "locale": "de-DE",
            "appVersion": "4.12.0", "network": "wifi",
        },
    }  # fmt: skip


def _new_uuid7() -> str:
    """Return a UUIDv7 (RFC 9562 5.7)."""
    ms = time.time_ns() // 1_000_000
    return str(UUID(int=ms << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0x2 << 62 | secrets.randbits(62)))
