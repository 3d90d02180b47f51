"""Fixtures: routes without rate limits, and a checker of their costs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from litestar import Litestar

from api.limits import event_limits, rate_limits
from api.limits.event_limits import EventRateLimits
from tests.api.all_objects import AllRightsCaller
from tests.api.bodies.cost_checker import Checker
from tests.api.bodies.metering import collect_garbage_of_block


@pytest.fixture
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lift the rate limits."""
    many = 10**9
    quota = rate_limits.RequestLimitsPerMinuteAndDay(dict.fromkeys(rate_limits.RateClass, many), many)
    monkeypatch.setitem(rate_limits.REQUEST_RATE_LIMITS_BY_TIER, "partner", quota)
    monkeypatch.setitem(event_limits.EVENT_LIMITS_BY_TIER, "partner", EventRateLimits(many, many))


@pytest_asyncio.fixture
async def checker(_unlimited: None, app: Litestar, operator: AllRightsCaller) -> AsyncIterator[Checker]:
    with collect_garbage_of_block():
        yield Checker(app, operator)
