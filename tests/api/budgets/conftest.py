"""Fixtures: a patient Redis limit, and a client for the buckets."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from api.limits import rate_limits


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of Redis for a busy machine: a slow Redis lets requests pass uncharged."""
    monkeypatch.setattr(rate_limits, "BUDGET_S", 60.0)


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
