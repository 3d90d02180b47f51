"""TikTok's webhook events: signed, late, duplicated, out of order; each triggers a query to TikTok."""

from typing import Any

import httpx
import msgspec
import pytest

from db.pool import Pool
from platforms.registry import PLATFORMS_BY_NAME
from schemas.settings import Settings
from tests.api.accounts.tiktok.project import CAPTION, HOOK, TikTokProject, open_project
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.tiktok_webhooks import signature
from tests.waiting import eventually

pytestmark = pytest.mark.long

EVENT = {
    "client_key": "simulatedclientkey",
    "event": "post.publish.complete",
    "create_time": 1,
    "user_openid": "-000ada",
    "content": '{"publish_id": "v_pub_file~v2-1.0"}',
}
SECRET = "simulated-client-secret"


async def post_event(
    project: TikTokProject,
    body: bytes | None = None,
    *,
    secret: str = SECRET,
    age_s: int = 0,
    header: str | None = None,
) -> httpx.Response:
    body = msgspec.json.encode(EVENT) if body is None else body
    at = int(project.clock().timestamp()) - age_s
    signed = signature(secret, body, at) if header is None else header
    return await project.browser.post(HOOK, content=body, headers={"TikTok-Signature": signed})


async def read_state(project: TikTokProject) -> Any:
    """Return all rows that an event could change."""
    return [
        await project.pool.fetch(f"select * from {table} order by id")
        for table in ("job", "scheduled_post", "social_account", "post_event")
    ]


async def send_video(project: TikTokProject, **target: Any) -> str:
    """Send a video that TikTok is processing; its own job waits for the next poll."""
    post_id = await project.send(await project.connect(), **target)
    await project.wait_until_processing()
    await project.wait_until_quiet()
    return post_id


async def test_event_about_unknown_objects_changes_nothing(project_without_worker: TikTokProject) -> None:
    """Nor does an id with a NUL character, which no column can have."""
    before = await read_state(project_without_worker)
    nul = msgspec.json.encode({"publish_id": "\0"}).decode()
    for body in (None, msgspec.json.encode({**EVENT, "content": nul})):
        assert (await post_event(project_without_worker, body)).status_code == 200
    assert await read_state(project_without_worker) == before


async def test_unsigned_changed_or_old_event_is_refused(project_without_worker: TikTokProject) -> None:
    """On the route of each platform."""
    body = msgspec.json.encode(EVENT)
    signed = signature(SECRET, body, int(project_without_worker.clock().timestamp()))
    for how in (
        {"header": ""},
        {"header": "t=1,s=00"},
        {"header": "t=x,s=" + "0" * 64},
        {"secret": "another secret"},
        {"age_s": 301},
        {"age_s": -301},
    ):
        answer = await post_event(project_without_worker, **how)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
        assert (await post_event(project_without_worker, age_s=290)).status_code == 200
    assert (await post_event(project_without_worker, body + b" ", header=signed)).status_code == 401
    assert (await post_event(project_without_worker, body, header=signed)).status_code == 200
    receiving = [name for name, described in PLATFORMS_BY_NAME.items() if described.has_webhook]
    for platform in receiving:
        answer = await project_without_worker.browser.post(f"/v1/social/webhooks/{platform}", content=body)
        assert answer.status_code == 401
    assert receiving


async def test_malformed_event_is_refused(project_without_worker: TikTokProject) -> None:
    for body in (
        b"",
        b"[]",
        b"\xff",
        b"[" * 20_000,
        msgspec.json.encode({**EVENT, "content": "no JSON"}),
        msgspec.json.encode({**EVENT, "content": '{"publish_id": 5}'}),
        msgspec.json.encode({**EVENT, "client_key": "another app"}),
        msgspec.json.encode({"event": "post.publish.complete"}),
    ):
        answer = await post_event(project_without_worker, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION")
    assert (await post_event(project_without_worker, b" " * (64 * 1024 + 1))).status_code == 413


async def test_without_an_app_every_event_is_refused(settings: Settings, pool: Pool) -> None:
    """An empty secret would let everyone sign."""
    async with open_project(settings, pool, tiktok_client_key="", tiktok_client_secret="") as created:
        body = msgspec.json.encode({**EVENT, "client_key": ""})
        assert (await post_event(created, body, secret="")).status_code == 401


async def test_duplicate_and_unordered_events_have_one_effect(project: TikTokProject) -> None:
    post_id = await send_video(project)
    await project.sim.advance(120)
    assert set(await project.deliver_events("reversed", copies=3)) == {200}
    await project.wait_for_status(post_id, "published")
    await project.wait_until_quiet()
    before = await read_state(project)
    told = await project.sim.call("GET", "/webhooks")
    await project.sim.call("POST", "/webhooks/deliver", order=[hook["id"] for hook in told["all"]], copies=2)
    await project.wait_until_quiet()
    assert await read_state(project) == before
    assert await project.sim.counts("ada", CAPTION) == {"live": 1}


async def test_event_of_another_person_changes_nothing(project: TikTokProject) -> None:
    post_id = await send_video(project)
    before = await read_state(project)
    handle = await project.pool.fetchval("select handle from scheduled_post")
    content = msgspec.json.encode({"publish_id": handle["publishId"]}).decode()
    body = msgspec.json.encode({**EVENT, "user_openid": "-000eve", "content": content})
    assert (await post_event(project, body)).status_code == 200
    assert await read_state(project) == before
    assert (await project.post(post_id))["status"] == "publishing"


async def test_event_triggers_a_new_look_up_of_a_lost_post(project: TikTokProject) -> None:
    """The post's job gave up while TikTok was unreachable."""
    post_id = await send_video(project)
    await project.sim.fault("/v2/post/publish/status/fetch/", SimFault.REFUSE_500, times=1000)
    await project.wait_for_status(post_id, "outcome_unknown", waits=True)
    await project.sim.call("DELETE", "/faults")
    await project.pool.execute("update job set run_at = now() + interval '1 h' where finished_at is null")
    await project.wait_until_quiet()
    await project.sim.advance(120)
    await project.deliver_events()
    post = await project.wait_for_status(post_id, "published")
    assert post["externalId"]


async def test_post_gets_its_external_id_after_moderation(project: TikTokProject) -> None:
    """All is within the five minutes for which a signature holds."""
    await project.sim.account("ada", moderation_s=120)
    post_id = await send_video(project)
    await project.sim.advance(60)
    await project.pool.execute("update scheduled_post set sent_at = now() - interval '11 minutes'")
    await project.skip_waits()
    post = await project.wait_for_status(post_id, "published")
    assert post["externalId"] is None
    assert await project.deliver_events() == [200]
    await project.wait_until_quiet()  # An event makes no running job due.
    await project.sim.advance(120)
    assert await project.deliver_events() == [200]
    await eventually(lambda: project.pool.fetchval("select external_id from scheduled_post"))
    named = await project.post(post_id)
    assert named["externalUrl"].endswith(f"/@ada/video/{named['externalId']}")
    assert named["publishedAt"] == post["publishedAt"]


async def send_draft(project: TikTokProject, *, then: str) -> str:
    """Draft a post, and apply `then`, the owner's action in the inbox."""
    post_id = await send_video(project, mode="draft")
    await project.sim.advance(60)
    await project.deliver_events()
    await project.wait_for_status(post_id, "draft_in_inbox")
    [entry] = await project.sim.posts("ada", CAPTION)
    await project.sim.call("POST", "/posts", publish_id=entry["key"], deed=then)
    return post_id


async def test_a_draft_that_its_owner_published_is_published(project: TikTokProject) -> None:
    post_id = await send_draft(project, then="post")
    await project.sim.advance(120)
    await project.deliver_events()
    post = await project.wait_for_status(post_id, "published")
    [entry] = await project.sim.posts("ada", CAPTION)
    assert (post["externalId"], entry["state"]) == (entry["external_id"], "live")


async def test_deleted_draft_keeps_its_status(project: TikTokProject) -> None:
    post_id = await send_draft(project, then="delete")
    await project.deliver_events()
    await project.wait_until_quiet()
    assert (await project.post(post_id))["status"] == "draft_in_inbox"


async def test_revoked_access_requires_reauthorization(project: TikTokProject) -> None:
    account_id = await project.connect()
    await project.sim.call("POST", "/remove_access", username="ada")
    await project.deliver_events(copies=2)

    async def is_closed() -> bool:
        return bool((await project.account(account_id))["status"] == "reauth_required")

    await eventually(is_closed)
    assert await project.consent_and_return(await project.create_reauth_link(account_id)) == "connected"
    told = await project.sim.call("GET", "/webhooks")
    await project.sim.call("POST", "/webhooks/deliver", order=[hook["id"] for hook in told["all"]])
    await project.wait_until_quiet()
    assert (await project.account(account_id))["status"] == "connected"
