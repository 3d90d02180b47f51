"""Posts and drafts on a simulated TikTok, from the request to the published post."""

import pytest

from platforms.tiktok.description import TikTokSettings
from tests.api.accounts.tiktok.project import CAPTION, TikTokProject
from tests.dumps import dump_database
from tests.media import picture
from tests.peers.simulators.faults import SimFault
from tests.waiting import eventually
from workers.publishing import phases

pytestmark = pytest.mark.long

CONTENT_INIT = "/v2/post/publish/content/init/"


async def test_a_video_is_published_under_its_name(project: TikTokProject) -> None:
    account_id, content_id = await project.connect(), await project.content()
    await project.acme.http.patch(f"/v1/content/{content_id}", json={"aiGenerated": True})
    post_id = await project.send(account_id, content_id)
    await project.wait_until_processing()
    await project.sim.advance(120)
    post = await project.wait_for_status(post_id, "published", waits=True)
    [entry] = await project.sim.posts("ada", CAPTION)
    assert (entry["ai_label"], post["aiLabel"]) == (True, "labelled")
    assert post["externalId"] == entry["external_id"]
    pages = project.settings.get_platform_settings(TikTokSettings).tiktok_url
    assert post["externalUrl"] == f"{pages}/@ada/video/{entry['external_id']}"
    assert "upload_token" not in await dump_database(project.pool)


@pytest.mark.parametrize("lost", [False, True])
async def test_tiktok_fetches_photos_and_publishes_them_once(project: TikTokProject, lost: bool) -> None:
    """After a lost answer the tickets are closed before the first look-up: TikTok can't fetch those photos."""
    account_id = await project.connect()
    if lost:
        await project.sim.fault(CONTENT_INIT, SimFault.ACCEPT_THEN_DROP)
    post_id = await project.send_photos(account_id)
    await project.wait_until_processing()
    await project.sim.advance(120)
    await project.wait_for_status(post_id, "published", waits=True)
    assert await project.sim.counts("ada", CAPTION) == ({"failed": 1, "live": 1} if lost else {"live": 1})
    fetched = "select count(*) filter (where fetched_at is not null) from media_ticket"
    assert lost or await project.pool.fetchval(fetched) == 2


async def test_fetched_photos_are_not_sent_again(project: TikTokProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phases, "MAX_POST_SEND_S", 3.0)
    account_id = await project.connect()
    await project.sim.account("ada", pull_after_s=0)
    await project.sim.fault(CONTENT_INIT, SimFault.ACCEPT_THEN_TIMEOUT)
    post_id = await project.send_photos(account_id)
    post = await project.wait_for_status(post_id, "outcome_unknown", waits=True)
    await project.sim.advance(120)
    assert await project.sim.counts("ada", CAPTION) == {"live": 1}
    assert (await project.sim.requests())[f"POST {CONTENT_INIT}"] == 1
    assert post["lastError"]["code"] == "OUTCOME_UNKNOWN"


async def test_creators_restrictions_are_checked_at_scheduling(project: TikTokProject) -> None:
    await project.sim.account("ada", is_private=True, max_video_post_duration_sec=3)
    account_id = await project.connect()
    answer = await project.ask(account_id, await project.content(), privacyLevel="public")
    assert answer.status_code == 422
    assert "friends, followers, private" in answer.text
    answer = await project.ask(account_id, await project.content(), privacyLevel="private")
    assert answer.status_code == 422
    assert "the video has 4.0 s" in answer.text
    answer = await project.ask(account_id, await project.content(picture("PNG")), privacyLevel="private")
    assert answer.status_code == 422
    assert "image/png" in answer.text
    assert await project.pool.fetchval("select count(*) from scheduled_post") == 0


async def test_lost_answer_of_a_post_that_tiktok_rejected_is_resolved(project: TikTokProject) -> None:
    account_id = await project.connect()
    await project.sim.account("ada", processing_s=0, fails=["spam_risk"])
    await project.sim.fault("last_chunk", SimFault.ACCEPT_THEN_DROP)
    post = await project.wait_for_status(await project.send(account_id), "failed")
    assert post["lastError"]["code"] == "SPAM_RISK"
    assert await project.sim.counts("ada", CAPTION) == {"failed": 1}


@pytest.mark.parametrize("fault", [None, SimFault.ACCEPT_THEN_DROP])
async def test_post_is_retried_after_a_tiktok_error(project: TikTokProject, fault: SimFault | None) -> None:
    account_id = await project.connect()
    await project.sim.account("ada", processing_s=0, moderation_s=0, fails=["internal"])
    if fault:
        await project.sim.fault("last_chunk", fault)
    post_id = await project.send(account_id)
    await project.wait_for_status(post_id, "published", waits=True)
    assert await project.sim.counts("ada", CAPTION) == {"failed": 1, "live": 1}


async def test_later_rejection_fails_the_post_with_its_reason(project: TikTokProject) -> None:
    account_id = await project.connect()
    post_id = await project.send(account_id)
    await project.wait_until_processing()
    await project.sim.fault("/v2/post/publish/status/fetch/", SimFault.REFUSE_500, times=1000)
    await project.wait_for_status(post_id, "outcome_unknown", waits=True)
    await project.sim.call("DELETE", "/faults")
    [entry] = await project.sim.posts("ada")
    await project.sim.call("POST", "/posts", publish_id=entry["key"], fail="frame_rate_check_failed")
    await project.sim.advance(60)
    post = await project.wait_for_status(post_id, "failed", waits=True)
    assert post["lastError"]["code"] == "MEDIA_REFUSED"
    assert "frame_rate_check_failed" in post["lastError"]["message"]


async def test_tickets_of_one_call_prove_nothing_about_the_next(project: TikTokProject) -> None:
    """The first call's tickets are all fetched; the second call loses its answer, and no ticket is
    fetched.
    """
    account_id = await project.connect()
    await project.sim.account("ada", pull_after_s=0, processing_s=0, moderation_s=0, fails=["internal"])
    post_id = await project.send_photos(account_id)
    await project.wait_until_processing()
    await project.wait_until_quiet()
    await project.sim.account("ada", pull_after_s=30)
    await project.sim.fault(CONTENT_INIT, SimFault.ACCEPT_THEN_DROP)

    async def are_three() -> bool:
        await project.skip_waits()
        return (await project.sim.requests())[f"POST {CONTENT_INIT}"] == 3

    await eventually(are_three)
    await project.sim.advance(60)
    await project.wait_for_status(post_id, "published", waits=True)
    assert await project.sim.counts("ada", CAPTION) == {"failed": 2, "live": 1}


async def test_head_request_of_a_ticket_is_no_fetch(project: TikTokProject) -> None:
    account_id = await project.connect()
    await project.sim.account("ada", pull_after_s=600)
    await project.send_photos(account_id, 1)
    await project.wait_until_processing()
    row = await project.pool.fetchrow("select ticket, token, size_bytes from media_ticket, content_asset")
    assert row
    path, fetched = f"/media/{row['token']}/{row['ticket']}", "select fetched_at from media_ticket"
    looked = await project.browser.head(path)
    assert (looked.status_code, looked.content) == (200, b"")
    assert looked.headers["Content-Length"] == str(row["size_bytes"])
    assert await project.pool.fetchval(fetched) is None
    got = await project.browser.get(path)
    assert {**looked.headers} == {**got.headers} | {"x-request-id": looked.headers["x-request-id"]}
    assert await project.pool.fetchval(fetched) is not None
    await project.pool.execute("update media_ticket set closed_at = now()")
    assert (await project.browser.head(path)).status_code == 404
    assert (await project.browser.head(f"{path}x")).status_code == 404


async def test_external_id_is_polled_until_it_exists(project: TikTokProject) -> None:
    """Works without any webhook."""
    await project.sim.account("ada", moderation_s=7200)
    post_id = await project.send(await project.connect())
    await project.wait_until_processing()
    await project.sim.advance(60)
    await project.pool.execute("update scheduled_post set sent_at = now() - interval '11 minutes'")
    post = await project.wait_for_status(post_id, "published", waits=True)
    assert (post["externalId"], post["externalUrl"]) == (None, None)
    await project.sim.advance(7200)

    async def is_named() -> bool:
        await project.skip_waits()
        return bool((await project.post(post_id))["externalId"])

    await eventually(is_named)
    named = await project.post(post_id)
    assert named["externalUrl"].endswith(f"/@ada/video/{named['externalId']}")
    assert named["publishedAt"] == post["publishedAt"]
    await project.wait_until_quiet()
    open_jobs = "select count(*) from job where kind = 'reconcile_post' and finished_at is null"
    assert await project.pool.fetchval(open_jobs) == 0


async def test_an_accounts_levels_are_those_of_its_latest_post(project: TikTokProject) -> None:
    account_id = await project.connect()
    await project.sim.account("ada", is_private=True)
    await project.send(account_id, privacyLevel="private")
    await project.wait_until_processing()
    shown = await project.account(account_id)
    assert shown["privacyLevels"] == ["friends", "followers", "private"]
