"""Fixed day of these tests, also at midnight."""

from datetime import date, timedelta

import pytest
import pytest_asyncio

from db.pool import Conn
from domain.events import partitions


@pytest_asyncio.fixture
async def today(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> date:
    """Fix the day to that of the database's tables for the whole test."""
    last: date = await conn.fetchval(
        """select max(right(inhrelid::regclass::text, 8))::date
             from pg_inherits where inhparent = 'event'::regclass"""
    )
    day = last - timedelta(days=partitions.EVENT_TABLE_FUTURE_DAYS)
    monkeypatch.setattr(partitions, "utc_today", lambda: day)
    return day
