"""Inconclusive states of a video on the simulated TikTok that look like proofs."""

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from platforms.tiktok import handle, outcome
from platforms.tiktok.api import TikTokPublishStatus
from schemas.errors import PostNotSent, PostOutcomeUnknown
from tests.platforms.scripted import AT, account
from tests.platforms.tiktok_account import LONG, MIB, TikTokAccount, ada, post, video
from workers.platforms.contract import AbsentPost, LivePost, PostInquiry, PreparedPost


@pytest_asyncio.fixture
async def person() -> AsyncIterator[TikTokAccount]:
    async with ada() as made:
        yield made


@pytest.mark.parametrize(("received", "absent"), [(0, True), (MIB, True), (-1, False), (None, False)])
def test_an_impossible_byte_count_is_no_proof(received: int | None, absent: bool) -> None:
    upload = handle.ChunkedVideoUpload(size=MIB + 1, chunk=MIB + 1, count=1, mime_type="video/mp4", init_at=AT)
    kept = handle.TikTokPostHandle(kind="video", level=None, publish_id="v", upload=upload)
    inquiry = PostInquiry(
        PreparedPost(handle=msgspec.to_builtins(kept), request=b""), AT, AT + outcome.TIKTOK_IN_FLIGHT_TIME
    )
    said = TikTokPublishStatus(status=outcome.UPLOADING, uploaded_bytes=received)
    assert (outcome.outcome_of_publish_status(account(None, "mastodon"), inquiry, said) == AbsentPost()) is absent


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
