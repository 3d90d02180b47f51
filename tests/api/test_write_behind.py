"""The write-behind buffer continues after any error."""

import asyncio
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from api.events.last_seen import AppLastSeenBuffer
from api.events.write_behind import run_background_buffer_writer
from db.pool import Pool
from domain.apps import apps
from tests.api.conftest import poll
from tests.domain.events.sending import keyed


async def test_error_is_logged_by_type_and_writing_continues() -> None:
    came, written = asyncio.Event(), list[object]()
    errors = [ValueError("a secret"), None, KeyError("a secret")]

    async def write_due() -> None:
        came.clear()
        error = errors[len(written)]
        written.append(error)
        if error:
            raise error

    async def writes(count: int) -> None:
        came.set()
        await poll(lambda: len(written) == count)

    with capture_logs() as logged:
        async with run_background_buffer_writer(came, write_due):
            await writes(1)
            await writes(2)
    assert [line["error"] for line in logged] == ["ValueError", "KeyError"]
    assert "secret" not in str(logged)


async def test_failing_write_does_not_block_others(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    last, noted = AppLastSeenBuffer(pool), list[object]()
    bad, good = (keyed(uuid4(), number) for number in range(2))

    async def note_event(_: object, *, app_id: object, **__: object) -> None:
        if app_id == bad.app_id:
            raise ZeroDivisionError
        noted.append(app_id)

    monkeypatch.setattr(apps, "store_app_event_time", note_event)
    last.queue_last_event_time(bad)
    last.queue_last_event_time(good)
    with pytest.raises(ZeroDivisionError):
        await last.write_queued_times()
    await last.write_queued_times()
    assert noted == [good.app_id]
