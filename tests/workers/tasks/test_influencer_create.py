"""The job of an influencer: one portrait after any worker's death, and an end in all cases."""

import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from PIL import Image

from db.pool import run_in_transaction
from domain.content import content
from domain.content.content import FileDownloadHeaders
from domain.influencers import creating, influencers
from domain.influencers.creating import SubmittedInfluencerDrawing
from domain.influencers.influencers import InfluencerChangeAuthor
from domain.media import storage_quota, uploads
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from generation.outputs import RenderedFile
from jobs.kinds import INFLUENCER_CREATE_KIND
from jobs.ledger import JobClaim
from schemas.errors import ObjectNotFound, ServiceUnavailable
from schemas.influencers import Influencer, InfluencerClone, InfluencerCreate
from tests import seeds
from tests.workers import by_hand
from tests.workers.by_hand import Death, Died
from tests.workers.tasks.project import IngestProject
from workers.generation.folders import RenderWorkerTempFolder, create_render_worker_temp_folder
from workers.generation.protocol import PortraitRequest
from workers.tasks import influencer_create

BYTES = b"a portrait"
DRAWN = RenderedFile(
    name="portrait.jpg",
    thumbnail="",
    mime_type="image/jpeg",
    width=1024,
    height=1024,
    size_bytes=len(BYTES),
    sha256=hashlib.sha256(BYTES).hexdigest(),
    shown=[],
)


#: Points outside of the three transactions of an attempt.
POINTS = ("after the drawing", "before the write", "after the write")


def put(folder: str) -> None:
    Path(folder, DRAWN.name).write_bytes(BYTES)


async def made(project: IngestProject, **body: Any) -> SubmittedInfluencerDrawing:
    create = partial(
        creating.create_brand_influencer,
        author=InfluencerChangeAuthor(project.org),
        project_id=project.id,
        body=InfluencerCreate(**body),
    )
    return await run_in_transaction(project.workers.pool, create)


async def shown(project: IngestProject, influencer_id: UUID) -> Influencer:
    async with project.workers.pool.acquire() as conn:
        found, _ = await influencers.read_versioned_influencer(
            conn, organization_id=project.org, influencer_id=influencer_id, public_url=""
        )
    return found


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_a_worker_draws_it_and_its_clone_has_the_same_face(project: IngestProject, tmp_path: Path) -> None:
    media = tmp_path / "media"
    making = await made(project, gender="female")
    clone = partial(
        creating.clone_influencer_in_same_project,
        author=InfluencerChangeAuthor(project.org),
        influencer_id=making.influencer_id,
        body=msgspec.convert({"name": "Twin"}, InfluencerClone),
    )
    twin = await run_in_transaction(project.workers.pool, clone)
    async with project.at_work(INFLUENCER_CREATE_KIND, assets_url=str(media)):
        row = await project.workers.ended(making.job.job_id)
        await project.workers.ended(twin.job.job_id)
    assert (row["state"], row["error"]) == ("completed", None)
    one = await shown(project, making.influencer_id)
    assert row["result"] == {"influencerId": one.influencer_id}
    assert (one.status, one.error_message) == ("ready", None)
    stored, other = files(media)
    assert stored.read_bytes() == other.read_bytes()
    with Image.open(stored) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1024, 1024))
    assert one.image_url is not None
    assert one.image_url.rpartition("/")[2] in {stored.name, other.name}


class PortraitStudio:
    """A worker's storage and folders, with a prepared drawing."""

    def __init__(self, project: IngestProject, store: MediaStore, folders: RenderWorkerTempFolder) -> None:
        self.project, self.store, self.folders = project, store, folders
        self.away = False
        #: The point outside of a transaction at which a worker dies.
        self.dies = ""

    def reach(self, point: str) -> None:
        if self.dies == point:
            raise Died

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        if self.away:
            raise ServiceUnavailable("away")
        self.reach("before the write")
        await self.store.write(token, chunks)
        self.reach("after the write")

    async def draw(self, asked: PortraitRequest, _: Sequence[int]) -> RenderedFile:
        put(asked.folder)
        self.reach("after the drawing")
        return DRAWN

    async def attempt(self, claim: JobClaim, death: Death | None = None, *, dies: str = "") -> str:
        """Run an attempt with this studio's drawing; return its outcome."""
        self.dies = dies
        task = partial(
            influencer_create.influencer_create,
            store=self,  # type: ignore[arg-type]  # the task calls only these methods
            folders=self.folders,
        )
        return await by_hand.run(self.project.workers.pool, claim, INFLUENCER_CREATE_KIND, task, death)

    async def delete_influencer(self, making: SubmittedInfluencerDrawing) -> None:
        delete = partial(
            influencers.remove_influencer,
            author=InfluencerChangeAuthor(self.project.org),
            influencer_id=making.influencer_id,
            versions=None,
        )
        await run_in_transaction(self.project.workers.pool, delete)

    async def prune(self) -> int:
        """Prune uploads as of a day later; return the number of deleted files."""
        async with self.project.workers.pool.acquire() as conn:
            await conn.execute("update media_upload set started_at = now() - interval '1 day'")
            return await uploads.prune_stale_uploads(conn, self.store)

    async def claim(self) -> JobClaim:
        async with self.project.workers.pool.acquire() as conn:
            [claim] = await seeds.claims(conn, INFLUENCER_CREATE_KIND)
        return claim


@pytest_asyncio.fixture
async def studio(
    project: IngestProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PortraitStudio]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = open_media_store(msgspec.structs.replace(project.workers.settings, assets_url=str(tmp_path / "media")))
    with create_render_worker_temp_folder() as folders:
        here = PortraitStudio(project, store, folders)
        monkeypatch.setattr(influencer_create, "render_portrait_or_video_poster", here.draw)
        yield here


async def test_a_worker_death_at_any_point_leaves_one_file(studio: PortraitStudio, tmp_path: Path) -> None:
    project, media = studio.project, tmp_path / "media"
    deaths: list[tuple[Death | None, str]] = [(None, point) for point in POINTS]
    deaths += [(Death(nth=nth, after=after), "") for nth in (1, 2, 3) for after in (False, True)]
    for number, (death, point) in enumerate(deaths, 1):
        making = await made(project)
        assert await studio.attempt(await studio.claim(), death, dies=point) == "died"
        if await project.workers.pool.fetchval("select state = 'queued' from job where id = $1", making.job.job_id):
            assert await studio.attempt(await studio.claim()) == "completed"
        assert (await shown(project, making.influencer_id)).status == "ready"
        assert len(files(media)) == number
        assert await project.workers.pool.fetchval("select count(*) from media_upload") == 0
    assert files(tmp_path / f"tenantry-generate-{os.getuid()}") == []


async def test_an_unreachable_storage_is_retried(studio: PortraitStudio) -> None:
    making = await made(studio.project)
    studio.away = True
    assert await studio.attempt(await studio.claim()) == "retry"
    assert (await shown(studio.project, making.influencer_id)).status == "training"
    studio.away = False
    await studio.project.workers.pool.execute("update job set run_at = now(), stage = 'queued'")
    assert await studio.attempt(await studio.claim()) == "completed"


async def test_an_influencer_deleted_meanwhile_stops_the_drawing(studio: PortraitStudio, tmp_path: Path) -> None:
    making = await made(studio.project)
    await studio.delete_influencer(making)
    assert await studio.attempt(await studio.claim()) == "canceled"
    assert files(tmp_path / "media") == []
    making = await made(studio.project)
    claim, draw = await studio.claim(), studio.draw

    async def late(asked: PortraitRequest, handles: Sequence[int]) -> RenderedFile:
        await studio.delete_influencer(making)
        return await draw(asked, handles)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(influencer_create, "render_portrait_or_video_poster", late)
        assert await studio.attempt(claim) == "canceled"
    # Its file is recorded, and is pruned like those of crashed uploads.
    assert await studio.prune() == 1
    assert files(tmp_path / "media") == []


async def test_a_deleted_influencers_file_is_pruned_a_day_later(studio: PortraitStudio, tmp_path: Path) -> None:
    pool = studio.project.workers.pool
    making = await made(studio.project)
    await studio.attempt(await studio.claim())

    async def served() -> FileDownloadHeaders:
        token = await pool.fetchval("select token from influencer_portrait union select token from media_upload")
        async with pool.acquire() as conn:
            return await content.find_file_download_headers(conn, token=token)

    assert (await served()).sha256.hex() == DRAWN.sha256
    used = "select bytes from storage_use"
    before = await pool.fetchval(used)
    await studio.delete_influencer(making)
    with pytest.raises(ObjectNotFound):
        await served()
    assert await pool.fetchval(used) == before == len(BYTES)
    await studio.prune()
    assert files(tmp_path / "media") == []
    assert await pool.fetchval(used) == 0


async def test_a_cancel_and_a_full_storage_end_it_with_a_reason(
    studio: PortraitStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = studio.project
    making = await made(project)
    claim = await studio.claim()
    await project.workers.pool.execute("update job set cancel_requested_at = now() where id = $1", claim.id)
    assert await studio.attempt(claim) == "canceled"
    assert "canceled" in str((await shown(project, making.influencer_id)).error_message)
    making = await made(project)
    monkeypatch.setitem(storage_quota.STORAGE_QUOTA_BYTES_BY_TIER, "partner", 1)
    assert await studio.attempt(await studio.claim()) == "failed"
    one = await shown(project, making.influencer_id)
    assert (one.status, one.image_url) == ("failed", None)
    assert "storage is full" in str(one.error_message)
