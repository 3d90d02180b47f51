"""Polls that platform events start."""

from db.pool import Conn
from domain.publishing import platform_webhook
from domain.publishing.platform_webhook import PlatformWebhookEvent
from jobs.kinds import RECONCILE_POST_KIND
from tests import seeds
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene

EVENT = PlatformWebhookEvent(external_id="shop0", publish_id="v", is_removed=False)


async def test_an_event_during_a_poll_starts_one_more_poll(conn: Conn, project: Project) -> None:
    project = await scene.fill(conn, project, accounts=1)
    [post_id] = await scene.schedule(conn, project)
    posted = """update scheduled_post set status = 'published', published_at = now(),
                       handle = '{"publishId": "v"}'
                 where id = $1"""
    await conn.execute(posted, post_id)

    async def tell() -> int:
        return len(await platform_webhook.start_polls_after_platform_event(conn, platform="mastodon", event=EVENT))

    async def polls() -> list[str]:
        rows = await conn.fetch(
            "select state, run_at > now() as later from job where kind = $1 order by id", RECONCILE_POST_KIND.name
        )
        return [f"{row['state']} later" if row["later"] else row["state"] for row in rows]

    assert (await tell(), await polls()) == (1, ["queued"])
    assert len(await seeds.claims(conn, RECONCILE_POST_KIND)) == 1
    assert (await tell(), await tell(), await polls()) == (0, 0, ["running", "queued later"])
