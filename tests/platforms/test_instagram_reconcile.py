"""Reconciliation after a lost publish response on the simulated Instagram: live, absent or unknown."""

from datetime import datetime, timedelta

import pytest

from platforms.instagram.reconcile import normalize_caption
from schemas.errors import PostNotSent, PostOutcomeUnknown, PostPreparationExpired
from tests.peers.simulators.faults import SimFault
from tests.platforms.instagram_account import InstagramAccount
from workers.platforms.contract import AbsentPost, LaterDroppedPost, LivePost, PostPrepareResult, UnprovedPost

LOST = [SimFault.ACCEPT_THEN_DROP, SimFault.ACCEPT_THEN_500, SimFault.CREATED_BUT_400, SimFault.TRUNCATED_200]
KEPT = [SimFault.REFUSE_500, SimFault.DROP_BEFORE]
SETTLED, LISTED = timedelta(minutes=2), timedelta(minutes=5)


async def publish_lost(
    ada: InstagramAccount, fault: SimFault, *names: str, caption: str = "Once"
) -> tuple[PostPrepareResult, datetime]:
    """Publish with a lost response; return the time of the call."""
    post = await ada.post(*names, caption=caption)
    prepared, sent_at = await ada.prepared(post), await ada.now()
    await ada.sim.fault("publish", fault)
    with pytest.raises(PostOutcomeUnknown):
        await ada.send(prepared, post, timeout_s=0.5)
    return prepared, sent_at


async def live_id(ada: InstagramAccount, caption: str = "Once") -> str:
    (entry,) = await ada.sim.posts("ada", caption)
    assert entry["state"] == "live"
    found: str = entry["external_id"]
    return found


#: Faults of the publish, and the post's files.
PUBLISHED = [
    *((fault, ["a.jpg"]) for fault in (*LOST, SimFault.ACCEPT_THEN_TIMEOUT)),
    (SimFault.ACCEPT_THEN_DROP, ["a.jpg", "b.jpg"]),
    (SimFault.ACCEPT_THEN_DROP, ["reel.mp4"]),
]


async def test_a_published_post_is_found(ada: InstagramAccount) -> None:
    for number, (fault, names) in enumerate(PUBLISHED):
        caption = f"Once {number}"
        prepared, sent_at = await publish_lost(ada, fault, *names, caption=caption)
        found = await ada.ask(prepared, sent_at=sent_at)
        assert isinstance(found, LivePost), (fault, names)
        assert found.external_id == await live_id(ada, caption)
        assert str(found.external_url).startswith("https://www.instagram.com/")


@pytest.mark.parametrize("fault", KEPT)
async def test_an_unpublished_post_is_absent_after_the_in_flight_time(ada: InstagramAccount, fault: SimFault) -> None:
    prepared, sent_at = await publish_lost(ada, fault)
    assert await ada.ask(prepared, sent_at=sent_at) == UnprovedPost(30.0)
    late = await ada.later(prepared, sent_at=sent_at, after=SETTLED - timedelta(seconds=10))
    assert isinstance(late, UnprovedPost)
    assert late.after_s == pytest.approx(10, abs=1)
    assert await ada.later(prepared, sent_at=sent_at, after=SETTLED) == AbsentPost()
    post = await ada.post(caption="Once")
    assert isinstance(await ada.send(prepared, post), LivePost)
    assert await ada.sim.counts("ada", "Once") == {"live": 1}


async def test_a_post_not_listed_yet_is_waited_for_and_an_older_one_ignored(ada: InstagramAccount) -> None:
    """The older post has the same caption."""
    await ada.by_hand("Once", ago_s=600)
    await ada.sim.account("ada", listing_s=60)
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    assert await ada.ask(prepared, sent_at=sent_at) == UnprovedPost(30.0)
    found = await ada.later(prepared, sent_at=sent_at, after=timedelta(seconds=61))
    entries = await ada.sim.posts("ada", "Once")
    assert isinstance(found, LivePost)
    assert found.external_id == next(one["external_id"] for one in entries if one["detail"] is None)


async def test_several_similar_posts_name_none(ada: InstagramAccount) -> None:
    """The post is live, and its id stays unknown."""
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    await ada.by_hand("Once")
    assert await ada.ask(prepared, sent_at=sent_at) == UnprovedPost(30.0)
    late = await ada.later(prepared, sent_at=sent_at, after=LISTED)
    assert late == LivePost(external_id=None, external_url=None)


async def test_a_post_never_listed_is_live_without_an_id(ada: InstagramAccount) -> None:
    await ada.sim.account("ada", listing_s=10_000)
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    late = await ada.later(prepared, sent_at=sent_at, after=LISTED)
    assert late == LivePost(external_id=None, external_url=None)


@pytest.mark.parametrize("hidden", [["permalink"], ["caption"], ["timestamp"], ["caption", "timestamp"]])
async def test_missing_list_fields_stay_unknown(ada: InstagramAccount, hidden: list[str]) -> None:
    await ada.sim.account("ada", hides=hidden)
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    found = await ada.later(prepared, sent_at=sent_at, after=LISTED)
    named = None if "caption" in hidden else await live_id(ada)
    assert isinstance(found, LivePost)
    assert found.external_id == named
    assert (found.external_url is None) is (named is None or hidden == ["permalink"])


@pytest.mark.parametrize(
    ("slow", "wait_s", "undecided"), [("publish_s", 300, UnprovedPost(30.0)), ("status_s", 3600, UnprovedPost())]
)
async def test_a_publish_in_progress_or_a_stale_status_is_waited_for(
    ada: InstagramAccount, slow: str, wait_s: int, undecided: UnprovedPost
) -> None:
    """A stale container status is FINISHED though the list has the post."""
    await ada.sim.account("ada", **{slow: wait_s})
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    assert await ada.later(prepared, sent_at=sent_at, after=SETTLED) == undecided
    found = await ada.later(prepared, sent_at=sent_at, after=timedelta(seconds=wait_s + 1))
    assert isinstance(found, LivePost)


async def test_a_late_call_is_not_missed(ada: InstagramAccount) -> None:
    prepared, sent_at = await publish_lost(ada, SimFault.DROP_THEN_ACCEPT)
    assert await ada.ask(prepared, sent_at=sent_at) == UnprovedPost(30.0)
    await ada.sim.release()
    found = await ada.later(prepared, sent_at=sent_at, after=SETTLED)
    assert isinstance(found, LivePost)
    assert await ada.sim.counts("ada", "Once") == {"live": 1}


async def test_a_container_that_expired_was_never_published(ada: InstagramAccount) -> None:
    prepared, sent_at = await publish_lost(ada, SimFault.DROP_BEFORE)
    found = await ada.later(prepared, sent_at=sent_at, after=timedelta(hours=24))
    assert isinstance(found, LaterDroppedPost)
    assert (type(found.why), found.why.code) == (PostPreparationExpired, "CONTAINER_GONE")


async def test_an_unknown_container_proves_nothing(ada: InstagramAccount) -> None:
    prepared, sent_at = await publish_lost(ada, SimFault.DROP_BEFORE)
    await ada.sim.advance(600)
    await ada.order("unknown_object", "container")
    assert await ada.ask(prepared, sent_at=sent_at) == UnprovedPost()


@pytest.mark.parametrize("call", ["container", "list"])
async def test_a_failed_query_proves_nothing(ada: InstagramAccount, call: str) -> None:
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    await ada.sim.fault(call, SimFault.REFUSE_500)
    with pytest.raises(PostNotSent):
        await ada.ask(prepared, sent_at=sent_at)


async def test_a_refused_second_publish_proves_nothing(ada: InstagramAccount) -> None:
    post = await ada.post(caption="Once")
    prepared, sent_at = await ada.prepared(post), await ada.now()
    first = await ada.send(prepared, post)
    with pytest.raises(PostOutcomeUnknown):
        await ada.send(prepared, post)
    assert await ada.ask(prepared, sent_at=sent_at) == first
    assert await ada.sim.counts("ada", "Once") == {"live": 1}


async def test_a_post_is_found_behind_many_newer_ones(ada: InstagramAccount) -> None:
    prepared, sent_at = await publish_lost(ada, SimFault.ACCEPT_THEN_DROP)
    for number in range(60):
        await ada.by_hand(f"Newer {number}")
    found = await ada.ask(prepared, sent_at=sent_at)
    assert isinstance(found, LivePost)
    assert found.external_id == await live_id(ada)


async def test_half_a_list_proves_nothing(ada: InstagramAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.instagram.reconcile.MAX_RECONCILE_LIST_PAGES", 1)
    prepared, sent_at = await publish_lost(ada, SimFault.DROP_BEFORE)
    for number in range(60):
        await ada.by_hand(f"Newer {number}")
    late = await ada.later(prepared, sent_at=sent_at, after=SETTLED)
    assert late == UnprovedPost()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Fresh  bread\n\nfrom seven ", "Fresh bread from seven"), ("cafe\u0301", "caf\u00e9"), ("", " ")],
)
def test_spaces_and_unicode_forms_do_not_change_a_caption(one: str, other: str) -> None:
    assert normalize_caption(one) == normalize_caption(other)
    assert normalize_caption(one) != normalize_caption(f"{other}!")
