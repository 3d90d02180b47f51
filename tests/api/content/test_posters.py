"""Posters of uploaded videos: a job makes them after the upload, which never depends on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from db.pool import Pool
from domain.content import posters
from domain.media import uploads
from domain.media.storage import open_media_store
from generation.outputs import RenderedFile
from jobs import maintenance
from jobs.kinds import MAKE_VIDEO_POSTER_KIND
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import read_answer
from tests.api.content.project import UploadProject, file, film
from tests.api.content.test_thumbnails import fetch_image
from tests.generation.remix.clips import make_clip
from tests.jobs import scene
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from workers.generation.protocol import RenderRequest
from workers.generation.rendering import render_portrait_or_video_poster
from workers.tasks import TASK_OPENER_BY_KIND, make_poster


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    options = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
    path = tmp_path_factory.mktemp("video") / "shop.mp4"
    return make_clip(path, options, picture="testsrc2=s=640x360:r=5:d=2", sound=None).read_bytes()


@asynccontextmanager
async def working(settings: Settings, pool: Pool) -> AsyncIterator[None]:
    async with at_work(settings, pool, {MAKE_VIDEO_POSTER_KIND: TASK_OPENER_BY_KIND[MAKE_VIDEO_POSTER_KIND]}):
        yield


async def wait_for_jobs(pool: Pool) -> list[tuple[str, str | None]]:
    """Wait until all jobs have ended, and return their states and errors."""
    await eventually(lambda: pool.fetchval("select bool_and(finished_at is not null) from job"))
    return [tuple(row) for row in await pool.fetch("select state, error->>'code' from job order by id")]


async def read_item(project: UploadProject, made: dict[str, Any]) -> dict[str, Any]:
    return read_answer(await project.caller.http.get(f"/v1/content/{made['id']}"))


async def test_video_gets_a_poster_and_is_otherwise_unchanged(
    project: UploadProject, pool: Pool, settings: Settings, video: bytes
) -> None:
    await pool.execute("update pool_cap set max_queued = 1")
    item, broken, _ = [await project.made(part) for part in (film(video), film(), file())]
    async with working(settings, pool):
        assert await wait_for_jobs(pool) == [("completed", None), ("failed", "CLIP_UNREADABLE")]
    assert await read_item(project, broken) == broken
    now = await read_item(project, item)
    url = now["assets"][0]["thumbnailUrl"]
    assert now["updatedAt"] != item["updatedAt"]
    assets = [item["assets"][0] | {"thumbnailUrl": url}]
    assert now == item | {"assets": assets, "updatedAt": now["updatedAt"]}
    assert (await fetch_image(project, url)).size == (480, 270)
    stored_value = await pool.fetchval("select sum(size_bytes) from media_file")
    assert await pool.fetchval("select sum(bytes) from storage_use") == stored_value


async def test_archive_leaves_no_poster(
    project: UploadProject, pool: Pool, settings: Settings, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def archived(asked: RenderRequest, handles: Sequence[int]) -> RenderedFile:
        answer = await project.caller.http.delete(f"/v1/projects/{project.id}")
        assert answer.is_success, answer.text
        return await render_portrait_or_video_poster(asked, handles)

    monkeypatch.setattr(make_poster, "render_portrait_or_video_poster", archived)
    ended = "select finished_at from job where kind = 'make_poster'"
    async with working(settings, pool):
        item = await project.made(film(video))
        await eventually(lambda: pool.fetchval(ended))
    assert (await read_item(project, item))["assets"] == item["assets"]
    await pool.execute("update media_upload set started_at = now() - interval '2 days'")
    async with pool.acquire() as conn:
        await uploads.prune_stale_uploads(conn, open_media_store(settings))
    assert len(project.stored()) == 1


async def forget_poster_jobs(pool: Pool) -> None:
    """Make all content look uploaded by a release without posters."""
    await pool.execute("delete from job")


@pytest.mark.long
async def test_videos_of_older_releases_get_posters_one_by_one(
    project: UploadProject, pool: Pool, settings: Settings, video: bytes
) -> None:
    item = [await project.made(part) for part in (film(video), file(), film(), film(video))]
    await forget_poster_jobs(pool)
    async with working(settings, pool), pool.acquire() as conn:
        for passed in (1, 2, 1, 0):
            await eventually(lambda: maintenance.has_pool_worker_and_no_queued_job(conn, pool_name="generate"))
            assert await posters.submit_next_video_poster_backfill(conn) == passed
            ends = await wait_for_jobs(pool)
    assert sorted(ends) == [("completed", None), ("completed", None), ("failed", "CLIP_UNREADABLE")]
    shown = [(await read_item(project, one))["assets"][0]["thumbnailUrl"] for one in item]
    assert [url is not None for url in shown] == [True, True, False, True]


async def test_busy_or_empty_pool_starts_no_poster(project: UploadProject, pool: Pool) -> None:
    await project.made(film())
    await forget_poster_jobs(pool)
    async with pool.acquire() as conn:
        assert await posters.submit_next_video_poster_backfill(conn) == 0
        await scene.worker(conn, MAKE_VIDEO_POSTER_KIND)
        assert await posters.submit_next_video_poster_backfill(conn) == 1
        assert await posters.submit_next_video_poster_backfill(conn) == 0
    assert await pool.fetchval("select count(*) from job") == 1


async def test_running_poster_job_is_not_repeated(project: UploadProject, pool: Pool) -> None:
    await project.made(film())
    async with pool.acquire() as conn:
        await seeds.claims(conn, MAKE_VIDEO_POSTER_KIND)
        assert [await posters.submit_next_video_poster_backfill(conn) for _ in range(2)] == [1, 0]
    assert await pool.fetchval("select count(*) from job") == 1


@pytest.mark.parametrize(
    "change",
    [
        "update project set status = 'archived', archived_at = now()",
        "update organization set tier = 'suspended', resumes_as = tier where env = 'live'",
        """insert into asset_thumbnail (organization_id, asset_id, size_bytes, sha256, token)
           select organization_id, id, 1, sha256, repeat('x', 43) from content_asset""",
    ],
)
async def test_video_without_need_of_a_poster_is_skipped(project: UploadProject, pool: Pool, change: str) -> None:
    await project.made(film())
    await forget_poster_jobs(pool)
    await pool.execute(change)
    async with pool.acquire() as conn:
        await scene.worker(conn, MAKE_VIDEO_POSTER_KIND)
        assert [await posters.submit_next_video_poster_backfill(conn) for _ in range(2)] == [1, 0]
    assert await pool.fetchval("select count(*) from job") == 0
