"""A commit with a lost answer: the sender gets 503, and repeated events are stored once."""

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from api import lifespan
from api.app import set_api_settings_and_clock
from db.pool import Pool
from schemas.settings import Settings
from tests.api.conftest import built_app, client_of, hold_context, open_caller
from tests.api.events.sender import PHONE, EventSender, event, read_counts, sender, stored_ids
from tests.api.refusals import assert_refused
from tests.relay import LostPart, PostgresRelay


@pytest_asyncio.fixture
async def phone(
    settings: Settings, pool: Pool, relay: PostgresRelay, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EventSender]:
    monkeypatch.setattr(lifespan, "POSTGRES_STATEMENT_TIMEOUT_S", 6.0)
    app = set_api_settings_and_clock(built_app(), msgspec.structs.replace(settings, telemetry_url=relay.url))
    async with hold_context(app.lifespan()), client_of(app) as http, open_caller(app, pool, "Acme") as acme:
        yield await sender(acme, http, PHONE)


@pytest.mark.parametrize("loss", [*LostPart])
async def test_repeated_events_are_stored_once(
    phone: EventSender, relay: PostgresRelay, pool: Pool, loss: LostPart
) -> None:
    events = [event(number) for number in range(8)]
    relay.fall_silent_at("keep_events", loss)
    answer = await phone.send(*events)
    assert_refused(answer, 503, "UNAVAILABLE")
    assert answer.headers["Retry-After"] == "1"
    assert read_counts(await phone.send(*events)) == ((0, 8, []) if loss is LostPart.ANSWER else (8, 0, []))
    assert await stored_ids(pool, phone) == [f"e-{number}" for number in range(8)]
