"""The simulated Instagram: what was accepted is live whatever is said, and its ledger tells it."""

import pytest

from tests.peers.simulators.instagram_user import DAY_S, User


async def test_the_daily_limit_counts_what_the_api_published(ada: User) -> None:
    await ada.sim.account("ada", quota_total=1)
    await ada.sim.call("POST", "/posts", username="ada", caption="By hand")
    assert "id" in await ada.publish(await ada.finished())
    second = await ada.finished()
    assert await ada.publish(second) == (9, 2207042)
    found = await ada.get(f"{ada.ig}/content_publishing_limit", fields="config,quota_usage")
    assert found["data"] == [{"config": {"quota_total": 1, "quota_duration": DAY_S}, "quota_usage": 1}]
    await ada.sim.advance(DAY_S)
    assert "id" in await ada.publish(await ada.finished())


@pytest.mark.parametrize("created", [True, False])
async def test_a_blocked_action_may_have_been_done(ada: User, created: bool) -> None:
    made = await ada.finished(caption="Spam")
    await ada.sim.call("POST", "/errors", path="publish", error="action_blocked", created=created)
    assert await ada.publish(made) == (4, 2207051)
    assert await ada.sim.counts("ada", "Spam") == {"live" if created else "open": 1}
