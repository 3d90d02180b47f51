"""`lastEventAt`: one write for many requests, after the answers, and at the end of the process."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import pytest
import pytest_asyncio

from api.events import last_seen
from api.events.last_seen import AppLastSeenBuffer, open_app_last_seen_buffer
from db.pool import Conn, Pool
from domain.apps import app_keys, apps
from domain.apps.app_keys import SdkAppOfEventRequest
from schemas.errors import ServiceUnavailable
from tests.api.conftest import PEPPERS
from tests.api.events.sender import EventSender, event, read_counts
from tests.waiting import eventually

Note = Callable[..., Awaitable[None]]


@pytest.fixture
def written_apps(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Record the ids of written apps, in order."""
    counted: list[UUID] = []
    note: Note = apps.store_app_event_time

    async def counting(conn: Conn, *, organization_id: UUID, app_id: UUID) -> None:
        await note(conn, organization_id=organization_id, app_id=app_id)
        counted.append(app_id)

    monkeypatch.setattr(apps, "store_app_event_time", counting)
    return counted


@pytest_asyncio.fixture
async def keyed_app(conn: Conn, shop: EventSender) -> SdkAppOfEventRequest:
    [app] = await app_keys.authenticate_sdk_app_keys(conn, keys=[shop.key], peppers=PEPPERS)
    assert app
    return app


async def read_last_event(pool: Pool) -> datetime | None:
    value: datetime | None = await pool.fetchval("select last_event_at from sdk_app")
    return value


async def test_last_event_at_appears_after_the_first_event(shop: EventSender) -> None:
    assert read_counts(await shop.send(event(1)))[0] == 1

    async def shown() -> str | None:
        body: str | None = (await shop.owner.http.get(shop.where)).json()["lastEventAt"]
        return body

    assert await eventually(shown)


async def test_many_requests_cause_one_write(
    pool: Pool, keyed_app: SdkAppOfEventRequest, written_apps: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app_last_seen_buffer(pool) as last:
        for _ in range(100):
            last.queue_last_event_time(keyed_app)
            await asyncio.sleep(0)
    assert written_apps == [keyed_app.app_id]
    monkeypatch.setattr(last_seen, "MIN_APP_LAST_SEEN_WRITE_INTERVAL_S", 0.0)
    last.queue_last_event_time(keyed_app)
    await last.write_queued_times()
    assert written_apps == [keyed_app.app_id] * 2


async def test_pending_timestamps_are_written_at_the_end(pool: Pool, keyed_app: SdkAppOfEventRequest) -> None:
    async with open_app_last_seen_buffer(pool) as last:
        last.queue_last_event_time(keyed_app)
    assert await read_last_event(pool)


async def test_next_event_retries_after_postgres_was_away(
    pool: Pool, keyed_app: SdkAppOfEventRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = AppLastSeenBuffer(pool)
    with monkeypatch.context() as patch:

        async def away(*_: object, **__: object) -> None:
            raise ServiceUnavailable

        patch.setattr(apps, "store_app_event_time", away)
        last.queue_last_event_time(keyed_app)
        await last.write_queued_times()
    assert await read_last_event(pool) is None
    last.queue_last_event_time(keyed_app)
    await last.write_queued_times()
    assert await read_last_event(pool)
