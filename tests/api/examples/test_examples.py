"""Each example of the document is what a running API accepts and returns now."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import msgspec

from api.openapi import examples as kept
from api.openapi.examples import OpenApiExample
from schemas import ids
from schemas.webhooks import WebhookEventType
from tests.api.conftest import built_app
from tests.api.documented_routes import routes
from tests.api.examples.recorder import WRITE, ExampleRecorder
from tests.api.examples.stable_values import StableValues
from tests.api.examples.story import StoryCast
from tests.api.examples.whole_story import run_story
from tests.domain.webhooks import watching
from tests.domain.webhooks.walks import WALKS

#: Types of webhook events in the story: all except those with a walk of their own.
TOLD = {*get_args(WebhookEventType)} - {*WALKS}

FOLDER = Path(kept.__file__).with_name("examples")


async def test_the_examples_are_what_is_sent_and_answered(cast: StoryCast) -> None:
    began, teller = datetime.now(UTC), ExampleRecorder(routes(built_app()))
    await watching.begin(cast.pool)
    await run_story(cast, teller)
    await check_each_change_was_emitted(cast)
    await check_each_event_equals_its_get(cast)
    hosts = {cast.hub.url: "https://github.com", cast.fediverse.url: "https://mastodon.example"}
    steady = StableValues(began, hosts)
    told = {operation: steady(msgspec.to_builtins(one)) for operation, one in teller.told.items()}
    if os.environ.get(WRITE):
        write(told)
        return
    found = {operation: msgspec.to_builtins(one) for operation, one in kept.load_openapi_examples().items()}
    stale = [name for name in told.keys() | found.keys() if shape_of(told.get(name)) != shape_of(found.get(name))]
    assert not stale, "tell it in tests/api/examples, then run `python -m tests.api.examples`"


async def check_each_change_was_emitted(cast: StoryCast) -> None:
    """Check that each change was emitted exactly once in a story with all operations and workers."""
    emitted = await watching.emitted(cast.pool)
    assert {kind for kind, _ in emitted} >= TOLD
    assert +Counter({one: count for one, count in emitted.items() if one[0] != "test.ping"}) == (
        await watching.expected(cast.pool)
    )


async def check_each_event_equals_its_get(cast: StoryCast) -> None:
    """Check events that were not rendered before: a rendered event keeps its old state."""
    new = "select id from webhook_event where organization_id = $1 and body is null limit 30"
    for row in await cast.pool.fetch(new, cast.organization_id):
        event_id = ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, row["id"])
        shown = (await cast.acme.get(f"/v1/webhook-events/{event_id}")).json()
        answer = await cast.acme.get(urlsplit(shown["data"]["objectUrl"]).path)
        body = answer.json() if answer.is_success else None
        # Workers run and may have changed it since, which `updatedAt` shows.
        same = body is None or shown["data"]["object"].get("updatedAt") == body.get("updatedAt")
        assert not same or shown["data"]["object"] == body, shown


def shape_of(value: Any) -> Any:
    """Return the fields and types of a value; for a list, those of its first item."""
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items()}
    return [shape_of(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__


def write(told: dict[str, Any]) -> None:
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for operation, one in told.items():
        text = msgspec.json.format(msgspec.json.encode(msgspec.convert(one, OpenApiExample)), indent=1)
        (FOLDER / f"{operation}.json").write_bytes(text + b"\n")
