"""A worker killed during generation: one item, one set of files, and no leftovers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.content import generating
from domain.media import uploads
from domain.media.storage import open_media_store
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.content import ContentRequest
from tests import seeds
from tests.chaos.fleet import LONG_S, Fleet
from tests.domain.content import making
from tests.domain.project import Project
from tests.s3.service import Service
from tests.s3.storages import BucketStorage
from tests.waiting import eventually
from tests.workers.generation.pieces import processes

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(900)]

#: Maximal seconds of a video's generation, which uses two processes, on a busy machine.
MADE_S = 600.0


@pytest.mark.parametrize("stage", CONTENT_GENERATE_KIND.stages[:2])
async def test_another_worker_generates_after_a_kill_in_a_stage(
    fleet: Fleet, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    await fleet.dispatcher()
    worker = await fleet.of_product("generate", lease_s=LONG_S)
    job_id, content_id = await request_content(fleet)

    async def reached() -> bool:
        return bool(await fleet.pool.fetchval("select stage = $2 from job where id = $1", job_id, stage))

    async def ended() -> bool:
        return bool(await fleet.pool.fetchval("select finished_at from job where id = $1", job_id))

    async def alone() -> bool:
        return not processes(f"TMPDIR={tmp_path}/")

    await eventually(reached)
    worker.kill()
    await fleet.bury(worker)
    await eventually(alone)
    left = folders(tmp_path)
    await fleet.of_product("generate", lease_s=LONG_S)
    assert left
    assert not left & folders(tmp_path)
    await eventually(ended, within=MADE_S)
    ends = await fleet.pool.fetch("select state, fence, crashes from job where id = $1", job_id)
    assert [tuple(end) for end in ends] == [("completed", 2, 1)]
    assert await fleet.pool.fetchval("select status from content_item where id = $1", content_id) == "completed"
    counts = ["select count(*) from content_item", "select count(*) from content_asset"]
    assert [await fleet.pool.fetchval(count) for count in counts] == [1, 1]
    assert await fleet.pool.fetchval("select count(*) from media_upload") == 0


@pytest.mark.parametrize("media_kept", ["s3"], indirect=True)
async def test_another_worker_generates_after_a_kill_during_storing(
    fleet: Fleet, media_kept: BucketStorage, s3: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hanging storage keeps the job in its last stage."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    await fleet.dispatcher()
    worker = await fleet.of_product("generate", lease_s=LONG_S)
    before = len(s3.asked)
    s3.fail("put", "hang")
    job_id, _ = await request_content(fleet, format="image")

    async def stores() -> bool:
        stage = await fleet.pool.fetchval("select stage from job where id = $1", job_id)
        return stage == "finalizing" and "put" in s3.asked[before:]

    async def ended() -> bool:
        return bool(await fleet.pool.fetchval("select finished_at from job where id = $1", job_id))

    await eventually(stores)
    worker.kill()
    await fleet.bury(worker)
    s3.clear_failures()
    await fleet.of_product("generate", lease_s=LONG_S)
    await eventually(ended, within=MADE_S)
    ends = await fleet.pool.fetch("select state, fence, crashes from job where id = $1", job_id)
    assert [tuple(end) for end in ends] == [("completed", 2, 1)]
    counts = ["content_item", "content_asset", "asset_thumbnail"]
    assert [await fleet.pool.fetchval(f"select count(*) from {one}") for one in counts] == [1, 1, 1]
    await fleet.pool.execute("update media_upload set started_at = now() - interval '2 days'")
    store = open_media_store(fleet.settings)
    async with fleet.pool.acquire() as conn:
        assert await uploads.prune_stale_uploads(conn, store) == 2
    assert len(media_kept.names()) == 2
    assert not processes(f"TMPDIR={tmp_path}/")


def folders(path: Path) -> set[Path]:
    """Return the folders of workers, including dead ones."""
    return set(path.glob("tenantry-generate-*/*"))


async def request_content(fleet: Fleet, **body: Any) -> tuple[UUID, UUID]:
    """Request content, by default a video; return its job and item."""
    async with fleet.pool.acquire() as conn:
        project = Project(fleet.org, await seeds.project(conn, fleet.org))
        await making.tell_brand(conn, project)
        async with conn.transaction():
            started = await generating.start_content_generation(
                conn,
                organization_id=project.org,
                project_id=project.id,
                body=ContentRequest(**body or {"format": "video", "seconds": 8}),
                now=datetime.now(UTC),
            )
    [item] = started.items
    return item.submitted.job_id, item.content_id
