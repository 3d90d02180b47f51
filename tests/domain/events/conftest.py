"""The day of these tests, which midnight doesn't end."""

from datetime import date, timedelta

import pytest
import pytest_asyncio

from db.pool import Conn
from domain.events import partitions


@pytest_asyncio.fixture
async def today(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> date:
    """The day on which the tables of the database were made, for all that the test does."""
    last: date = await conn.fetchval(
        """select max(right(inhrelid::regclass::text, 8))::date
             from pg_inherits where inhparent = 'event'::regclass"""
    )
    day = last - timedelta(days=partitions.AHEAD)
    monkeypatch.setattr(partitions, "today", lambda: day)
    return day
