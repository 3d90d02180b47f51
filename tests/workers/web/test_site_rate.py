"""Few requests at once to a site, at the pace that it sets; an unused site is dropped."""

import pytest

from tests.workers.web.web import SleepClock
from workers.web import site_rate
from workers.web.site_rate import SiteRateLimiter


@pytest.fixture
def clock() -> SleepClock:
    return SleepClock()


@pytest.fixture
def rate(clock: SleepClock) -> SiteRateLimiter:
    return SiteRateLimiter(clock=clock, sleep=clock.sleep)


async def test_requests_are_spaced_by_the_delay(rate: SiteRateLimiter, clock: SleepClock) -> None:
    for due in (0.0, 2.0, 4.0):
        async with rate.hold_site_slot("acme.test") as site:
            await rate.wait_for_crawl_delay(site, delay_s=2, within_s=60)
        assert clock.now == due


async def test_a_too_long_wait_is_given_up_without_a_reservation(rate: SiteRateLimiter, clock: SleepClock) -> None:
    async with rate.hold_site_slot("acme.test") as site:
        await rate.wait_for_crawl_delay(site, delay_s=10, within_s=60)
        with pytest.raises(TimeoutError):
            await rate.wait_for_crawl_delay(site, delay_s=10, within_s=9)
        assert clock.now == 0
        await rate.wait_for_crawl_delay(site, delay_s=10, within_s=60)
        assert clock.now == 10


async def test_idle_sites_are_dropped(
    rate: SiteRateLimiter, clock: SleepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_rate, "MAX_REMEMBERED_SITES", 3)
    async with rate.hold_site_slot("read.test"):
        async with rate.hold_site_slot("slow.test") as slow:
            await rate.wait_for_crawl_delay(slow, delay_s=10, within_s=60)
        for number in range(10):
            async with rate.hold_site_slot(f"{number}.test"):
                pass
        assert len(rate.sites) <= 5
        assert {"read.test", "slow.test"} <= rate.sites.keys()
