"""Posts and drafts on a simulated TikTok, from the request to what is there."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.api.accounts.place import uuid
from tests.api.accounts.tiktok_place import CAPTION, Place, opened
from tests.dumps import everything
from tests.media import picture
from tests.peers.simulators.faults import Fault
from tests.waiting import eventually
from workers.tasks import publish_post

pytestmark = pytest.mark.long

CONTENT_INIT = "/v2/post/publish/content/init/"


@pytest_asyncio.fixture
async def place(settings: Settings, pool: Pool) -> AsyncIterator[Place]:
    async with opened(settings, pool) as made, made.at_work():
        yield made


async def test_a_video_is_published_under_its_name(place: Place) -> None:
    post_id = await place.send(await place.connect())
    await place.taken()
    await place.sim.advance(120)
    post = await place.becomes(post_id, "published", waits=True)
    [entry] = await place.sim.posts("ada", CAPTION)
    assert post["externalId"] == entry["external_id"]
    assert post["externalUrl"] == f"{place.settings.tiktok_url}/@ada/video/{entry['external_id']}"
    assert "upload_token" not in await everything(place.pool)


async def test_photos_are_fetched_from_us_and_published(place: Place) -> None:
    post_id = await place.photos(await place.connect())
    await place.taken()
    await place.sim.advance(120)
    await place.becomes(post_id, "published", waits=True)
    assert await place.sim.counts("ada", CAPTION) == {"live": 1}
    fetched = "select count(*) filter (where fetched_at is not null) from media_ticket"
    assert await place.pool.fetchval(fetched) == 2


async def test_photos_whose_answer_was_lost_before_anybody_came_go_out_once(place: Place) -> None:
    """The tickets are closed before the first look: what was accepted can't be fetched any more."""
    account_id = await place.connect()
    await place.sim.fault(CONTENT_INIT, Fault.ACCEPT_THEN_DROP)
    post_id = await place.photos(account_id)
    await place.taken()
    await place.sim.advance(120)
    await place.becomes(post_id, "published", waits=True)
    assert await place.sim.counts("ada", CAPTION) == {"failed": 1, "live": 1}


async def test_photos_that_somebody_came_for_are_not_sent_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_post, "SEND_S", 3.0)
    account_id = await place.connect()
    await place.sim.account("ada", pull_after_s=0)
    await place.sim.fault(CONTENT_INIT, Fault.ACCEPT_THEN_TIMEOUT)
    post_id = await place.photos(account_id)
    post = await place.becomes(post_id, "outcome_unknown", waits=True)
    await place.sim.advance(120)
    assert await place.sim.counts("ada", CAPTION) == {"live": 1}
    assert (await place.sim.requests())[f"POST {CONTENT_INIT}"] == 1
    assert post["lastError"]["code"] == "OUTCOME_UNKNOWN"


async def test_addresses_that_nobody_verified_fail_the_post_for_the_operator(place: Place) -> None:
    account_id = await place.connect()
    await place.sim.call("POST", "/app", verified_prefixes=[])
    post = await place.becomes(await place.photos(account_id), "failed")
    assert (post["lastError"]["code"], post["lastError"]["category"]) == ("PULL_DOMAIN_UNVERIFIED", "config")
    assert await place.sim.posts("ada") == []


async def test_a_draft_ends_in_its_owners_inbox(place: Place) -> None:
    account_id = await place.connect()
    video, photos = await place.send(account_id, mode="draft"), await place.photos(account_id, mode="draft")
    await place.taken(2)
    await place.sim.advance(60)
    for post_id in (video, photos):
        post = await place.becomes(post_id, "draft_in_inbox", waits=True)
        assert post["publishedAt"] is None
    assert await place.sim.counts("ada", CAPTION) == {"draft": 2}


async def test_what_the_creator_does_not_allow_is_refused_when_it_is_scheduled(place: Place) -> None:
    await place.sim.account("ada", is_private=True, max_video_post_duration_sec=3)
    account_id = await place.connect()
    answer = await place.ask(account_id, await place.content(), privacyLevel="public")
    assert answer.status_code == 422
    assert "friends, followers, private" in answer.text
    answer = await place.ask(account_id, await place.content(), privacyLevel="private")
    assert answer.status_code == 422
    assert "the video has 4.0 s" in answer.text
    answer = await place.ask(account_id, await place.content(picture("PNG")), privacyLevel="private")
    assert answer.status_code == 422
    assert "image/png" in answer.text
    assert await place.pool.fetchval("select count(*) from scheduled_post") == 0


async def test_what_the_creator_changed_since_is_refused_before_anything_is_begun(place: Place) -> None:
    account_id = await place.connect()
    await place.sim.account("ada", is_private=True)
    post = await place.becomes(await place.send(account_id, privacyLevel="public"), "failed")
    assert post["lastError"]["code"] == "PRIVACY_NOT_OFFERED"
    await place.sim.account("ada", is_private=False, max_video_post_duration_sec=3)
    post = await place.becomes(await place.send(account_id), "failed")
    assert post["lastError"]["code"] == "MEDIA_TOO_LONG"
    assert await place.sim.posts("ada") == []


async def test_the_token_that_was_rotated_away_is_no_more(place: Place) -> None:
    account_id = await place.connect()
    await place.expire()
    post_id = await place.send(account_id)
    await place.taken()
    assert await place.refreshes() == 1
    await place.sim.advance(120)
    await place.becomes(post_id, "published", waits=True)
    generation = "select generation from account_credential where account_id = $1"
    assert await place.pool.fetchval(generation, uuid(account_id)) == 2


async def test_a_lost_answer_to_what_tiktok_gave_up_is_no_riddle(place: Place) -> None:
    account_id = await place.connect()
    await place.sim.account("ada", processing_s=0, fails=["spam_risk"])
    await place.sim.fault("last_chunk", Fault.ACCEPT_THEN_DROP)
    post = await place.becomes(await place.send(account_id), "failed")
    assert post["lastError"]["code"] == "SPAM_RISK"
    assert await place.sim.counts("ada", CAPTION) == {"failed": 1}


@pytest.mark.parametrize("fault", [None, Fault.ACCEPT_THEN_DROP])
async def test_what_tiktok_stumbled_over_goes_out_anew(place: Place, fault: Fault | None) -> None:
    account_id = await place.connect()
    await place.sim.account("ada", processing_s=0, moderation_s=0, fails=["internal"])
    if fault:
        await place.sim.fault("last_chunk", fault)
    post_id = await place.send(account_id)
    await place.becomes(post_id, "published", waits=True)
    assert await place.sim.counts("ada", CAPTION) == {"failed": 1, "live": 1}


async def test_what_is_found_given_up_later_has_failed_for_its_reason(place: Place) -> None:
    account_id = await place.connect()
    post_id = await place.send(account_id)
    await place.taken()
    await place.sim.fault("/v2/post/publish/status/fetch/", Fault.REFUSE_500, times=1000)
    await place.becomes(post_id, "outcome_unknown", waits=True)
    await place.sim.call("DELETE", "/faults")
    [entry] = await place.sim.posts("ada")
    await place.sim.call("POST", "/posts", publish_id=entry["key"], fail="frame_rate_check_failed")
    await place.sim.advance(60)
    post = await place.becomes(post_id, "failed", waits=True)
    assert post["lastError"]["code"] == "MEDIA_REFUSED"
    assert "frame_rate_check_failed" in post["lastError"]["message"]


async def test_the_tickets_of_a_call_that_is_over_say_nothing_of_the_next(place: Place) -> None:
    """All of the first are fetched; of the second, whose answer is lost, none."""
    account_id = await place.connect()
    await place.sim.account("ada", pull_after_s=0, processing_s=0, moderation_s=0, fails=["internal"])
    post_id = await place.photos(account_id)
    await place.taken()
    await place.rests()
    await place.sim.account("ada", pull_after_s=30)
    await place.sim.fault(CONTENT_INIT, Fault.ACCEPT_THEN_DROP)

    async def are_three() -> bool:
        await place.skip_waits()
        return (await place.sim.requests())[f"POST {CONTENT_INIT}"] == 3

    await eventually(are_three)
    await place.sim.advance(60)
    await place.becomes(post_id, "published", waits=True)
    assert await place.sim.counts("ada", CAPTION) == {"failed": 2, "live": 1}


async def test_a_look_at_a_ticket_does_not_count(place: Place) -> None:
    account_id = await place.connect()
    await place.sim.account("ada", pull_after_s=600)
    await place.photos(account_id, 1)
    await place.taken()
    found = await place.pool.fetchrow("select ticket, token, size_bytes from media_ticket, content_asset")
    assert found
    path, fetched = f"/media/{found['token']}/{found['ticket']}", "select fetched_at from media_ticket"
    looked = await place.browser.head(path)
    assert (looked.status_code, looked.content) == (200, b"")
    assert looked.headers["Content-Length"] == str(found["size_bytes"])
    assert await place.pool.fetchval(fetched) is None
    got = await place.browser.get(path)
    assert {**looked.headers} == {**got.headers} | {"x-request-id": looked.headers["x-request-id"]}
    assert await place.pool.fetchval(fetched) is not None
    await place.pool.execute("update media_ticket set closed_at = now()")
    assert (await place.browser.head(path)).status_code == 404
    assert (await place.browser.head(f"{path}x")).status_code == 404


async def test_a_name_is_asked_for_until_there_is_one(place: Place) -> None:
    """Without any webhook."""
    await place.sim.account("ada", moderation_s=7200)
    post_id = await place.send(await place.connect())
    await place.taken()
    await place.sim.advance(60)
    await place.pool.execute("update scheduled_post set sent_at = now() - interval '11 minutes'")
    post = await place.becomes(post_id, "published", waits=True)
    assert (post["externalId"], post["externalUrl"]) == (None, None)
    await place.sim.advance(7200)

    async def is_named() -> bool:
        await place.skip_waits()
        return bool((await place.post(post_id))["externalId"])

    await eventually(is_named)
    named = await place.post(post_id)
    assert named["externalUrl"].endswith(f"/@ada/video/{named['externalId']}")
    assert named["publishedAt"] == post["publishedAt"]
    await place.rests()
    open_jobs = "select count(*) from job where kind = 'reconcile_post' and finished_at is null"
    assert await place.pool.fetchval(open_jobs) == 0
