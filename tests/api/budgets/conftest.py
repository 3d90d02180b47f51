"""A Redis that has time, whose buckets a test reads."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from api import ratelimit


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis gets its time on a busy machine: one that is too slow lets requests pass uncharged."""
    monkeypatch.setattr(ratelimit, "BUDGET_S", 60.0)


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
