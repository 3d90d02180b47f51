"""Generated content on its platforms: made by a job, scheduled and published as any other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobs.kinds import CONTENT_GENERATE
from schemas import ids
from tests.api.conftest import new_key
from tests.peers import generated
from tests.peers.bluesky_project import BlueskyProject
from tests.peers.exactly_once import faults, system
from tests.peers.exactly_once.parts import PLATFORMS
from tests.peers.exactly_once.shapes import LAST, Shape
from tests.peers.simulators.ledger import State
from tests.waiting import PATIENCE_S
from tests.workers.runtime.workers import at_work
from workers.tasks import OPENERS

pytestmark = [pytest.mark.peers, pytest.mark.first, pytest.mark.timeout(1200)]

GENERATING = {CONTENT_GENERATE: OPENERS[CONTENT_GENERATE]}


def soon() -> str:
    """A minute from now, as the API takes times."""
    return (datetime.now(UTC) + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")


async def test_blueskys_own_server_takes_what_fits(project: BlueskyProject, tmp_path: Path) -> None:
    """A slideshow of six pictures is refused before it is sent, as its item says."""
    path = f"/projects/{project.project_id}"
    async with at_work(project.workers.settings, project.workers.pool, GENERATING):
        items = await generated.made(project.acme.http, path, generated.clip(tmp_path))
    async with project.at_work():
        targets = [{"socialAccountId": await project.account()}]
        for content_id in items.values():
            item = await project.ask("GET", f"/content/{content_id}")
            sent = await project.acme.http.post(
                f"/v1/content/{content_id}/publish", json={"targets": targets}
            )
            assert (item["fits"]["bluesky"] == "ok") == sent.is_success, (item["fits"], sent.text)
            if sent.is_success:
                post = await project.ended(sent.json()["scheduledPosts"][0])
                assert post["status"] == "published", post
    embeds = [record["value"]["embed"]["$type"] for record in project.pds.records(project.person)]
    assert sorted(embeds) == [f"app.bsky.embed.{kind}" for kind in ("images", "video", "video")]


async def test_what_is_scheduled_is_there_once_on_each_platform(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    """TikTok's and Instagram's simulators fetch and probe the files as the platforms say that they do."""
    async with system.opened(*servers, tmp_path, PLATFORMS) as opened:
        key = await new_key(opened.pool, opened.org)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            base_url=opened.settings.public_url, headers=headers, timeout=PATIENCE_S
        ) as http:
            path = f"/projects/{ids.show(ids.PROJECT, opened.project_id)}"
            async with at_work(opened.settings, opened.pool, GENERATING):
                items = await generated.made(http, path, generated.clip(tmp_path))
            sent = [
                (platform, *await _schedule(opened, http, platform, content_id))
                for platform in PLATFORMS
                for content_id in items.values()
            ]
            async with faults.at_hand(opened) as hand:
                await hand.work()
                await hand.let_pass(faults.SETTLE_S)
            for platform, username, post_id in sent:
                post = await generated.answer(http, "GET", f"/scheduled-posts/{post_id}")
                assert post["status"] == "published", post
                found = await opened.sims[platform].posts(username)
                assert [one["state"] for one in found] == [State.LIVE]


async def _schedule(
    opened: system.System, http: httpx.AsyncClient, platform: Any, content_id: str
) -> tuple[str, str]:
    """By an account of its own: who has it, and the post's id."""
    account_id, username = await opened.account(Shape(platform, "generated", (), (), LAST))
    target = {"socialAccountId": ids.show(ids.ACCOUNT, account_id)}
    if platform == "tiktok":
        target["privacyLevel"] = "public"
    asked = {"scheduledFor": soon(), "targets": [target]}
    answer = await generated.answer(http, "POST", f"/content/{content_id}/schedule", json=asked)
    return username, answer["scheduledPosts"][0]["id"]
