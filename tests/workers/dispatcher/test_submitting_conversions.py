"""The scan for lines of conversions: its timeout for a silent main database."""

import asyncio

import pytest

from db.pool import Conn
from schemas import ids
from schemas.settings import Settings
from tests import relay
from tests.domain.events.sending import PROJECT
from tests.relay import LostPart
from tests.waiting import PATIENCE_S
from workers.dispatcher import conversions
from workers.dispatcher.conversions import ConversionScan


@pytest.mark.parametrize("words", ["", "conversion_destination"])
async def test_a_silent_main_database_has_one_total_timeout(
    settings: Settings, conn: Conn, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Silent from the first byte on, or from a statement on: event counts wait meanwhile."""
    monkeypatch.setattr(conversions, "SUBMIT_TIMEOUT_S", 1.0)
    await conn.execute(
        """insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                         occurred_at)
           values ($1, 1, 'meta', $2, $2, 'buy', 'Purchase', now())""",
        PROJECT, ids.new(),
    )  # fmt: skip
    async with relay.start_relay(settings.database_url) as network:
        network.whole = not words
        network.fall_silent_at(words, LostPart.ANSWER, whole=True)
        look = ConversionScan(network.url)
        async with asyncio.timeout(PATIENCE_S):
            assert await look.submit(conn) == 0
