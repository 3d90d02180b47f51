"""Fixtures: routes without rate limits, and a checker of their costs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from litestar import Litestar

from api import event_limits, ratelimit
from api.event_limits import EventLimits
from tests.api.bodies.cost_checker import Checker
from tests.api.bodies.metering import collect_garbage_of_block
from tests.api.everything import AllRightsCaller


@pytest.fixture
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lift the rate limits."""
    many = 10**9
    quota = ratelimit.RequestLimits(dict.fromkeys(ratelimit.RateClass, many), many)
    monkeypatch.setitem(ratelimit.QUOTAS, "partner", quota)
    monkeypatch.setitem(event_limits.LIMITS, "partner", EventLimits(many, many))


@pytest_asyncio.fixture
async def checker(_unlimited: None, app: Litestar, operator: AllRightsCaller) -> AsyncIterator[Checker]:
    with collect_garbage_of_block():
        yield Checker(app, operator)
