"""The simulated Instagram: what was accepted is live whatever is said, and its ledger tells it."""

import httpx
import pytest

from tests.peers.simulators.faults import Fault
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


@pytest.mark.parametrize(
    "fault", [Fault.ACCEPT_THEN_DROP, Fault.ACCEPT_THEN_500, Fault.CREATED_BUT_400, Fault.TRUNCATED_200]
)
async def test_what_was_accepted_is_live_whatever_the_answer(ada: User, fault: Fault) -> None:
    made = await ada.finished(caption="Once")
    await ada.sim.fault("publish", fault)
    try:
        answer = await ada.http.post(f"/{ada.ig}/media_publish", data={"creation_id": made})
        assert not answer.is_success
    except httpx.TransportError:
        pass
    assert await ada.sim.counts("ada", "Once") == {"live": 1}
    assert (await ada.status(made))["status_code"] == "PUBLISHED"
    assert await ada.publish(made) == (24, 2207008)


@pytest.mark.parametrize("fault", [Fault.REFUSE_500, Fault.REFUSE_429, Fault.DROP_BEFORE])
async def test_what_was_kept_from_it_is_not_live(ada: User, fault: Fault) -> None:
    made = await ada.finished(caption="Not yet")
    await ada.sim.fault("publish", fault)
    try:
        answer = await ada.http.post(f"/{ada.ig}/media_publish", data={"creation_id": made})
        assert answer.status_code >= 400
    except httpx.TransportError:
        pass
    assert await ada.sim.counts("ada", "Not yet") == {"open": 1}
    assert "id" in await ada.publish(made)


async def test_a_publish_that_times_out_may_come_late(ada: User) -> None:
    await ada.sim.account("ada", publish_s=60, listing_s=30)
    made = await ada.finished(caption="Late")
    await ada.sim.fault("publish", Fault.ACCEPT_THEN_TIMEOUT)
    with pytest.raises(httpx.ReadTimeout):
        await ada.http.post(f"/{ada.ig}/media_publish", data={"creation_id": made}, timeout=0.2)
    assert await ada.sim.counts("ada", "Late") == {"coming": 1}
    assert (await ada.status(made))["status_code"] == "IN_PROGRESS"
    assert await ada.publish(made) == (24, 2207008)
    await ada.sim.advance(60)
    [post] = await ada.sim.posts("ada", "Late")
    assert (post["state"], (await ada.status(made))["status_code"]) == ("live", "PUBLISHED")
    assert (await ada.get(post["external_id"]))["id"] == post["external_id"]
    assert await ada.listed() == {"data": []}
    await ada.sim.advance(30)
    assert [one["id"] for one in (await ada.listed())["data"]] == [post["external_id"]]


async def test_a_container_may_say_finished_for_a_while_after_its_publish(ada: User) -> None:
    await ada.sim.account("ada", status_s=5)
    made = await ada.finished()
    await ada.publish(made)
    assert (await ada.status(made))["status_code"] == "FINISHED"
    assert await ada.publish(made) == (24, 2207008)
    await ada.sim.advance(5)
    assert (await ada.status(made))["status_code"] == "PUBLISHED"


async def test_a_request_that_was_lost_may_be_done_later(ada: User) -> None:
    made = await ada.finished(caption="Ghost")
    await ada.sim.fault("publish", Fault.DROP_THEN_ACCEPT)
    with pytest.raises(httpx.TransportError):
        await ada.publish(made)
    assert await ada.sim.counts("ada", "Ghost") == {"open": 1}
    assert await ada.sim.release() == [200]
    assert await ada.sim.counts("ada", "Ghost") == {"live": 1}


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


async def test_the_same_caption_by_hand_is_another_post(ada: User) -> None:
    await ada.sim.call("POST", "/posts", username="ada", caption="Hello", ago_s=5)
    await ada.publish(await ada.finished(caption="Hello"))
    assert [one["caption"] for one in (await ada.listed())["data"]] == ["Hello", "Hello"]
    assert [post["detail"] for post in await ada.sim.posts("ada", "Hello")] == ["made by hand", None]


async def test_a_deleted_post_leaves_its_container_published(ada: User) -> None:
    made = await ada.finished(caption="Gone")
    medium = (await ada.publish(made))["id"]
    await ada.sim.call("POST", "/posts/delete", id=medium)
    assert await ada.get(medium) == (100, 33)
    assert ((await ada.status(made))["status_code"], await ada.listed()) == ("PUBLISHED", {"data": []})
    assert await ada.sim.counts("ada", "Gone") == {"deleted": 1}


async def test_fields_that_are_hidden_are_not_said(ada: User) -> None:
    await ada.sim.account("ada", hides=["caption"])
    medium = (await ada.publish(await ada.finished(caption="Hello")))["id"]
    assert set(await ada.get(medium, fields="caption,timestamp")) == {"id", "timestamp"}
    assert await ada.get(medium, fields="likes_of_all") == (100, None)
