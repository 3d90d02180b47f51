"""App media in generated content: the selection of files, frozen at the request."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest

from db.pool import Pool
from domain.content import generated
from domain.media import uploads
from domain.media.storage import open_media_store
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.settings import Settings
from tests import media, seeds
from tests.api.app_media.project import LOGO, SCREEN, AppMediaProject
from tests.api.app_media.test_roles import PHOTO
from tests.api.content.project import PNG
from tests.api.refusals import assert_refused
from tests.domain.publishing.post_scene import context
from workers.generation import storing
from workers.generation.rendering import RenderFailed

#: The smallest and shortest clip that a remix allows.
CLIP = media.film(ms=3000, size=(240, 240))

BRAND = {
    "appName": "Tidewise",
    "tagline": "Know your tide",
    "appDescription": "Tidewise shows each tide of your coast.",
}


@pytest.fixture
def pieces(project: AppMediaProject, pool: Pool) -> "Pieces":
    return Pieces(project, pool)


class Pieces:
    def __init__(self, project: AppMediaProject, pool: Pool) -> None:
        self.project, self.pool = project, pool

    async def ask(self, **asked: Any) -> Any:
        await self.project.caller.http.patch(f"/v1/projects/{self.project.id}", json={"brandContext": BRAND})
        return await self.project.caller.http.post(f"/v1/projects/{self.project.id}/content", json=asked)

    async def brief(self, **asked: Any) -> Any:
        """Return the stored input of the latest content item."""
        answer = await self.ask(**{"format": "slideshow"} | asked)
        assert answer.status_code == 202, answer.text
        return await self.pool.fetchval("select brief from content_generation order by content_id desc limit 1")

    async def files(self, **asked: Any) -> Any:
        return (await self.brief(**asked))["files"]


def token_of(made: dict[str, Any]) -> str:
    return str(made["url"]).rpartition("/")[2]


async def test_content_uses_the_projects_files(pieces: Pieces) -> None:
    logo, card = await pieces.project.made(), await pieces.project.made(LOGO, "end_card")
    screens = [await pieces.project.made(SCREEN, "screenshot") for _ in range(11)]
    found = await pieces.files()
    assert (found["logo"], found["endCard"]) == (token_of(logo), token_of(card))
    assert found["screenshots"] == [token_of(one) for one in screens[:10]]
    # Files that the request names take precedence.
    newer = await pieces.project.made()
    assert (await pieces.files())["logo"] == token_of(newer)
    uploaded = await pieces.project.caller.http.post(
        f"/v1/projects/{pieces.project.id}/content/upload", files={"file": ("a.png", PNG)}
    )
    [asset] = uploaded.json()["assets"]
    found = await pieces.files(mediaIds=[asset["assetId"], logo["assetId"], screens[0]["assetId"]])
    assert found["logo"] == token_of(logo)
    assert found["screenshots"] == [token_of(asset), token_of(screens[0])]


async def test_photos_lead_and_screens_lead_for_software(pieces: Pieces) -> None:
    screens = [await pieces.project.made(SCREEN, "screenshot") for _ in range(9)]
    framed = await pieces.project.made(SCREEN, "screenshot", role="framed")
    photos = [await pieces.project.made(PHOTO, "photo") for _ in range(3)]
    placed = await pieces.project.made(PHOTO, "screenshot", role="place")
    mark = await pieces.project.made(LOGO, role="wordmark")
    brief = await pieces.brief()
    assert brief["files"]["logo"] == token_of(mark)
    assert (brief["spec"]["logoRole"], brief["spec"]["pictureRoles"]) == (
        "wordmark", [*["photo"] * 3, "place", *["screenshot"] * 6],
    )  # fmt: skip
    assert brief["files"]["screenshots"][:4] == [token_of(one) for one in (*photos, placed)]
    store = {"links": {"appStore": "https://apps.apple.com/app/id1"}}
    await pieces.project.caller.http.patch(f"/v1/projects/{pieces.project.id}", json={"brandContext": store})
    led = await pieces.brief()
    assert led["files"]["screenshots"] == [token_of(one) for one in (*screens[:6], *photos, placed)]
    named = await pieces.brief(mediaIds=[framed["assetId"], placed["assetId"]])
    assert named["spec"]["pictureRoles"] == ["framed", "place"]


async def test_an_older_file_without_a_role_is_told_by_the_renderer(pieces: Pieces) -> None:
    old, new = [await pieces.project.made(SCREEN, "screenshot") for _ in range(2)]
    await pieces.pool.execute("update app_media set detected_role = null where token = $1", token_of(old))
    assert (await pieces.brief())["spec"]["pictureRoles"] == [None, "screenshot"]
    await pieces.project.delete(new["assetId"])
    assert (await pieces.brief())["spec"]["pictureRoles"] == []


async def test_remix_without_a_clip_uses_the_demo_video(pieces: Pieces) -> None:
    demo = await pieces.project.made(CLIP, "demo_video", transcript="Tap once.")
    for asked, said in (({}, "Tap once."), ({"transcript": "Now I look."}, "Now I look.")):
        brief = await pieces.brief(format="ugc_remix", **asked)
        assert (brief["files"]["clip"], brief["spec"]["transcript"]) == (token_of(demo), said)
    assert (await pieces.files())["clip"] is None


async def test_a_remix_names_a_presenter_only_where_it_shows_one(pieces: Pieces) -> None:
    """The partner's end card replaces the one with a face."""
    http, path = pieces.project.caller.http, f"/v1/projects/{pieces.project.id}"
    maya = (await http.post(f"{path}/influencers", json={"name": "Maya"})).json()["influencerId"]
    await pieces.pool.execute("update influencer set status = 'ready'")
    await pieces.project.made(CLIP, "demo_video")
    assert (await pieces.brief(format="ugc_remix", influencerId=maya))["spec"]["presenter"]["name"] == "Maya"
    await pieces.project.made(LOGO, "end_card")
    assert (await pieces.brief(format="ugc_remix", influencerId=maya))["spec"]["presenter"] is None
    assert (await pieces.brief(format="video", influencerId=maya))["spec"]["presenter"]["name"] == "Maya"


async def test_another_projects_file_is_not_found(pieces: Pieces) -> None:
    created = await pieces.project.caller.http.post("/v1/projects", json={"name": "B", "timezone": "UTC"})
    other = await pieces.project._replace(id=created.json()["id"]).made()
    answer = await pieces.ask(format="image", mediaIds=[other["assetId"]])
    assert (answer.status_code, answer.json()["error"]["details"]["issues"][0]["path"]) == (404, "mediaIds[0]")


async def test_deleted_file_stays_while_a_generation_uses_it(pieces: Pieces, settings: Settings) -> None:
    logo = await pieces.project.made()
    await pieces.brief()
    await pieces.project.delete(logo["assetId"])
    async with pieces.pool.acquire() as conn:
        await uploads.prune_stale_uploads(conn, open_media_store(settings))
        assert pieces.project.kept.names() == [token_of(logo)]
        await conn.execute("update media_upload set started_at = started_at - interval '1 day'")
        await uploads.prune_stale_uploads(conn, open_media_store(settings))
    assert pieces.project.kept.names() == []


async def test_retry_reports_a_deleted_file(pieces: Pieces, settings: Settings) -> None:
    """No generation used the file when it was deleted, so it was removed."""
    http, logo = pieces.project.caller.http, await pieces.project.made()
    accepted = (await pieces.ask(format="image")).json()
    await http.post(f"/v1/jobs/{accepted['jobId']}/cancel")
    await pieces.project.delete(logo["assetId"])
    await http.post(f"/v1/jobs/{accepted['jobId']}/retry")
    store = open_media_store(settings)
    async with pieces.pool.acquire() as conn, AsyncExitStack() as stack:
        await uploads.prune_stale_uploads(conn, store)
        [claim] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
        ctx = context(pieces.pool, claim)
        brief = await ctx.step(partial(generated.read_brief_and_mark_content_processing, claim=claim))
        with pytest.raises(RenderFailed) as ended:
            await storing.open_piece_input_files(ctx, store, brief.files, stack)
    assert ended.value.outcome == storing.INPUT_FILE_DELETED_FAILURE


async def test_regeneration_reports_a_deleted_file(pieces: Pieces) -> None:
    http, screen = pieces.project.caller.http, await pieces.project.made(SCREEN, "screenshot")
    accepted = (await pieces.ask(format="image", mediaIds=[screen["assetId"]])).json()
    await http.post(f"/v1/jobs/{accepted['jobId']}/cancel")
    await pieces.project.delete(screen["assetId"])
    answer = await http.post(f"/v1/content/{accepted['contentId']}/regenerate")
    assert_refused(answer, 404, "NOT_FOUND")
    assert "was deleted since" in answer.json()["error"]["message"]
