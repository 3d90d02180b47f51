"""The simulated Instagram: what was accepted is live whatever is said, and its ledger tells it."""

import pytest

from tests.peers.simulators.instagram_user import DAY_S, User, read


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


async def test_the_list_is_newest_first_and_paged(ada: User) -> None:
    for number in range(5):
        await ada.sim.call("POST", "/posts", username="ada", caption=f"{number}", ago_s=number * 60)
    first = await ada.listed(limit=2)
    assert [one["caption"] for one in first["data"]] == ["0", "1"]
    assert first["data"][0]["timestamp"].endswith("+0000")
    rest = await ada.listed(limit=2, after=first["paging"]["cursors"]["after"])
    assert [one["caption"] for one in rest["data"]] == ["2", "3"]
    last = await read(await ada.http.get(rest["paging"]["next"], headers={"Authorization": ""}))
    assert [one["caption"] for one in last["data"]] == ["4"]
    assert "next" not in last["paging"]
    assert await ada.listed(after="nonsense") == (100, None)
