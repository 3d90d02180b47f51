"""A video to the simulated TikTok: begun, uploaded in chunks, created by the last one, then polled."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platforms.tiktok import handle, outcome
from platforms.tiktok import video as uploads
from platforms.tiktok.api import TikTokPublishStatus
from schemas.errors import PlatformRefusal, PostNotSent, PostOutcomeUnknown, PostPreparationExpired, ServiceUnavailable
from tests.media import film
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.tiktok_inits import wrong_chunks
from tests.platforms.scripted import AT, account
from tests.platforms.tiktok_account import LONG, MIB, TikTokAccount, later, post, video
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    InboxDraft,
    LaterDroppedPost,
    LivePost,
    PostInquiry,
    PostPrepareResult,
    UnprovedPost,
)

AFTER = 120.0
LOST = [SimFault.ACCEPT_THEN_DROP, SimFault.ACCEPT_THEN_500, SimFault.CREATED_BUT_400, SimFault.TRUNCATED_200]


@given(st.integers(1, 4 * 10**9))
@example(5 * MIB)
@example(10 * MIB)
@example(10 * MIB + 1)
def test_chunks_obey_tiktoks_rules_and_the_last_is_small(size: int) -> None:
    chunk, count = handle.choose_video_chunk_size_and_count(size)
    assert wrong_chunks(size, chunk, count) is None
    assert size - (count - 1) * chunk <= 10 * MIB + count
    assert (count == 1) == (size <= 10 * MIB)


async def test_a_video_goes_out_with_its_last_chunk(person: TikTokAccount) -> None:
    prepared = await person.prepare(post(video(LONG)))
    assert await person.counts() == {"open": 1}
    assert b"upload_token" not in msgspec.json.encode(prepared.handle) + prepared.request
    taken = await person.send(prepared, post(video(LONG)))
    assert taken == AcceptedPost(handle=prepared.handle, after_s=20.0)
    await person.sim.advance(AFTER)
    [entry] = await person.sim.posts("ada")
    assert (entry["state"], entry["sha256"]) == ("live", [hashlib.sha256(LONG).hexdigest()])
    url = f"{person.account.service_url}/@ada/video/{entry['external_id']}"
    assert await person.poll(prepared) == LivePost(external_id=entry["external_id"], external_url=url)
    assert (await person.sim.requests())["PUT /upload/"] == 3


async def test_a_private_post_keeps_the_creators_own_settings_and_has_no_id(person: TikTokAccount) -> None:
    """The simulator refuses a post without the settings."""
    await person.sim.account("ada", comment_disabled=True, is_private=True)
    prepared = await person.sent(post(video(), privacy_level="private"))
    await person.sim.advance(AFTER)
    assert await person.counts() == {"live": 1}
    assert await person.poll(prepared) == LivePost(external_id=None, external_url=None)


async def test_an_id_is_waited_for_during_moderation(person: TikTokAccount) -> None:
    await person.sim.account("ada", moderation_s=7200)
    prepared = await person.sent(post(video()))
    await person.sim.advance(30)
    assert isinstance(await person.poll(prepared, after_s=30), AcceptedPost)
    assert await person.poll(prepared, after_s=601) == LivePost(external_id=None, external_url=None)
    await person.sim.advance(7200)
    assert isinstance(await person.look(prepared, after_s=7300), LivePost)


@pytest.mark.parametrize("fault", LOST)
async def test_a_post_with_a_lost_last_response_is_found_by_id(person: TikTokAccount, fault: SimFault) -> None:
    what = post(video(LONG))
    prepared = await person.prepare(what)
    await person.sim.fault("last_chunk", fault)
    with pytest.raises(PostOutcomeUnknown):
        await person.send(prepared, what)
    assert isinstance(await person.look(prepared), AcceptedPost)
    await person.sim.advance(AFTER)
    assert isinstance(await person.look(prepared), LivePost)
    assert await person.counts() == {"live": 1}


@pytest.mark.parametrize("fault", [SimFault.DROP_BEFORE, SimFault.REFUSE_500, SimFault.DROP_THEN_ACCEPT])
async def test_a_last_chunk_that_never_arrived_is_absent(person: TikTokAccount, fault: SimFault) -> None:
    what = post(video(LONG))
    prepared = await person.prepare(what)
    await person.sim.fault("last_chunk", fault)
    with pytest.raises(PostOutcomeUnknown):
        await person.send(prepared, what)
    assert await person.look(prepared, after_s=20) == UnprovedPost(after_s=40.0)
    assert await person.look(prepared, after_s=60) == AbsentPost()
    await person.send(prepared, what)
    await person.sim.call("POST", "/release")
    await person.sim.advance(AFTER)
    assert await person.counts() == {"live": 1}


@pytest.mark.parametrize(
    ("fault", "skip"),
    [*((fault, at % 2) for at, fault in enumerate([*LOST, SimFault.DROP_BEFORE, SimFault.REFUSE_500]))],
)
async def test_a_chunk_is_sent_again_only_if_missed(person: TikTokAccount, fault: SimFault, skip: int) -> None:
    await person.sim.fault("chunk", fault, skip=skip)
    await person.sent(post(video(LONG)))
    await person.sim.advance(AFTER)
    [entry] = await person.sim.posts("ada")
    assert (entry["state"], entry["sha256"]) == ("live", [hashlib.sha256(LONG).hexdigest()])
    again = 1 if fault in {SimFault.DROP_BEFORE, SimFault.REFUSE_500} else 0
    assert (await person.sim.requests())["PUT /upload/"] == 3 + again


async def test_a_last_chunk_cut_by_the_storage_is_unknown(person: TikTokAccount) -> None:
    @asynccontextmanager
    async def broken(start: int = 0, end: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        yield broken_off()

    async def broken_off() -> AsyncIterator[bytes]:
        yield b"some"
        raise ServiceUnavailable("the storage of media can't be reached: repeat the request")

    prepared = await person.prepare(post(video()))
    with pytest.raises(PostOutcomeUnknown):
        await person.send(prepared, post(msgspec.structs.replace(video(), read=broken)))
    assert await person.look(prepared, after_s=60) == AbsentPost()


async def test_an_unexpected_response_costs_a_query_and_no_chunk(person: TikTokAccount) -> None:
    """Five chunks, each with an error response though TikTok has received it."""
    long = film(ms=4000, frames=45 * MIB)
    await person.sim.fault("chunk", SimFault.CREATED_BUT_400, times=4)
    await person.sent(post(video(long)))
    await person.sim.advance(AFTER)
    assert await person.counts() == {"live": 1}
    assert (await person.sim.requests())["PUT /upload/"] == 5


def test_a_complete_upload_does_not_start_over() -> None:
    upload = handle.VideoUploadPlan(size=25 * MIB, chunk=5 * MIB, count=5, mime_type="video/mp4", init_at=AT)
    assert [upload.find_chunk_number_after_bytes(received * MIB) for received in (0, 5, 20, 25)] == [0, 1, 4, 4]
    assert [upload.find_chunk_number_after_bytes(received * MIB) for received in (1, -1, -5)] == [None, None, None]


async def test_another_attempt_continues_the_upload(person: TikTokAccount) -> None:
    what = post(video(LONG))
    begun = await person.adapter.prepare(person.account, what)
    await person.sim.fault("chunk", SimFault.DROP_BEFORE, times=3, skip=1)
    with pytest.raises(PostNotSent):
        await person.adapter.prepare(person.account, what, begun)
    await person.prepare(later(what, 60), begun)
    assert (await person.sim.requests())["PUT /upload/"] == 1 + 3 + 1
    assert await person.asked("video/init") == 1


async def test_a_long_upload_takes_many_steps(person: TikTokAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_VIDEO_UPLOAD_STEP_S", 0.0)
    begun = await person.adapter.prepare(person.account, post(video(LONG)))
    step = await person.adapter.prepare(person.account, post(video(LONG)), begun)
    assert (step.complete, step.after_s, step.handle) == (False, 1.0, begun.handle)
    assert step.secret == begun.secret


async def test_an_expired_upload_starts_over(person: TikTokAccount) -> None:
    what = post(video(LONG))
    begun = await person.adapter.prepare(person.account, what)
    again = await person.adapter.prepare(person.account, later(what, 51 * 60), begun)
    assert again.handle["publishId"] != begun.handle["publishId"]
    assert await person.asked("creator_info/query") == 2


async def test_a_prepared_video_that_waited_too_long_is_not_sent(person: TikTokAccount) -> None:
    what = post(video(LONG))
    prepared = await person.prepare(what)
    with pytest.raises(PostPreparationExpired):
        await person.send(prepared, later(what, 51 * 60))
    await person.sim.advance(3600)
    with pytest.raises(PostPreparationExpired):
        await person.send(prepared, what)
    assert await person.counts() == {"open": 1}


async def test_an_address_that_expires_between_two_chunks_starts_over(person: TikTokAccount) -> None:
    begun = await person.adapter.prepare(person.account, post(video(LONG)))
    await person.sim.advance(3600)
    with pytest.raises(PostPreparationExpired):
        await person.adapter.prepare(person.account, post(video(LONG)), begun)


async def test_a_lost_init_leaves_only_an_empty_post(person: TikTokAccount) -> None:
    await person.sim.fault("/v2/post/publish/video/init/", SimFault.ACCEPT_THEN_DROP)
    with pytest.raises(PostNotSent):
        await person.prepare(post(video()))
    await person.sent(post(video()))
    await person.sim.advance(AFTER)
    assert await person.counts() == {"open": 1, "live": 1}


async def test_a_dropped_video_has_its_reason(person: TikTokAccount) -> None:
    prepared = await person.sent(post(video()))
    await person.sim.call("POST", "/posts", publish_id=prepared.handle["publishId"], fail="spam_risk")
    await person.sim.advance(AFTER)
    with pytest.raises(PlatformRefusal) as caught:
        await person.poll(prepared)
    assert (caught.value.code, caught.value.category) == ("SPAM_RISK", "platform_rejected")
    found = await person.look(prepared)
    assert isinstance(found, LaterDroppedPost)
    assert found.why.code == "SPAM_RISK"


async def test_a_video_longer_than_the_creator_may_post_is_not_begun(person: TikTokAccount) -> None:
    await person.sim.account("ada", max_video_post_duration_sec=3)
    with pytest.raises(PlatformRefusal) as caught:
        await person.prepare(post(video()))
    assert caught.value.code == "MEDIA_TOO_LONG"
    assert await person.asked("video/init") == 0


async def test_a_level_that_is_not_offered_is_refused(person: TikTokAccount) -> None:
    await person.sim.account("ada", is_private=True)
    with pytest.raises(PlatformRefusal, match="it offers friends, followers, private") as caught:
        await person.prepare(post(video(), privacy_level="public"))
    assert caught.value.code == "PRIVACY_NOT_OFFERED"
    assert await person.asked("video/init") == 0


async def test_a_draft_stays_in_its_owners_inbox_until_they_post_it(person: TikTokAccount) -> None:
    prepared = await person.sent(post(video(LONG), mode="draft"))
    await person.sim.advance(AFTER)
    assert await person.poll(prepared, after_s=AFTER) == InboxDraft()
    assert await person.counts() == {"draft": 1}
    assert await person.asked("creator_info/query") == 0
    await person.sim.call("POST", "/posts", publish_id=prepared.handle["publishId"], deed="post")
    await person.sim.advance(AFTER)
    assert isinstance(await person.look(prepared, after_s=900), LivePost)


async def test_pending_drafts_block_another_one(person: TikTokAccount) -> None:
    await person.sim.account("ada", pending_shares=1)
    await person.sent(post(video(), mode="draft"))
    with pytest.raises(PostNotSent) as caught:
        await person.prepare(post(video(), mode="draft"))
    assert (caught.value.code, caught.value.category) == ("DRAFTS_PENDING", "quota")
    await person.sent(post(video()))


async def test_a_throttled_status_call_causes_no_cooldown(person: TikTokAccount) -> None:
    prepared = await person.sent(post(video()))
    for _ in range(30):
        await person.poll(prepared)
    assert await person.poll(prepared) == AcceptedPost(handle=prepared.handle, after_s=60.0)


# States that look like proofs


@pytest.mark.parametrize(("received", "absent"), [(0, True), (MIB, True), (-1, False), (None, False)])
def test_an_impossible_byte_count_is_no_proof(received: int | None, absent: bool) -> None:
    upload = handle.VideoUploadPlan(size=MIB + 1, chunk=MIB + 1, count=1, mime_type="video/mp4", init_at=AT)
    kept = handle.SavedTikTokPostProgress(kind="video", level=None, publish_id="v", upload=upload)
    inquiry = PostInquiry(
        PostPrepareResult(handle=msgspec.to_builtins(kept), request=b""),
        AT,
        AT + outcome.MIN_TIKTOK_WAIT_TO_PROVE_POST_ABSENT,
    )
    said = TikTokPublishStatus(status=outcome.TIKTOK_UPLOADING_STATUS, uploaded_bytes=received)
    assert (
        outcome.choose_outcome_by_publish_status(account(None, "mastodon"), inquiry, said) == AbsentPost()
    ) is absent


async def test_an_invalid_upload_address_is_not_used(person: TikTokAccount) -> None:
    begun = await person.adapter.prepare(person.account, post(video()))
    with pytest.raises(PostNotSent):
        await person.send(msgspec.structs.replace(begun, secret=b"https://up.test:x/"), post(video()))


async def test_an_expired_address_is_no_proof_for_a_complete_video(person: TikTokAccount) -> None:
    """The last part arrived after all, late: to start over would create another post."""
    what = post(video(LONG))
    prepared = await person.sent(what)
    await person.sim.advance(3600)
    with pytest.raises(PostOutcomeUnknown):
        await person.send(prepared, what)
    assert isinstance(await person.look(prepared), LivePost)
