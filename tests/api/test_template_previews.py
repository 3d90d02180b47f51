"""Jobs of template previews: one deck after any worker's death, nothing left a day later, and clear refusals."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from db.pool import Pool
from domain.media import uploads
from domain.media.storage import open_media_store
from generation.outputs import RenderedFile
from jobs.kinds import PREVIEW_TEMPLATE_KIND
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer
from tests.api.test_templates import project, store
from tests.generation.looks.hostile_templates import HOSTILE_TEMPLATES
from tests.workers import by_hand
from tests.workers.by_hand import Death
from tests.workers.runtime.workers import at_work
from workers.generation.folders import create_render_worker_temp_folder
from workers.tasks import TASK_OPENER_BY_KIND, preview_template

__all__ = ["project"]

BYTES = b"a slide"
DRAWN = RenderedFile(
    name="slideshow-1.jpg",
    thumbnail="slideshow-1.thumbnail.jpg",
    mime_type="image/jpeg",
    width=1080,
    height=1350,
    size_bytes=len(BYTES),
    sha256=hashlib.sha256(BYTES).hexdigest(),
    shown=[],
)


async def render(_: Any, __: Any, ___: Any, folder: Path) -> tuple[list[RenderedFile], list[str]]:
    write(folder)
    return [DRAWN], []


def write(folder: Path) -> None:
    for name in (DRAWN.name, DRAWN.thumbnail):
        Path(folder, name).write_bytes(BYTES)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def ask(acme: ApiCaller, project: str, template_id: str) -> str:
    """Request a preview, and return the path of its job."""
    accepted = read_answer(await acme.http.post(f"{project}/templates/{template_id}/preview"), 202)
    return f"/v1/jobs/{accepted['jobId']}"


@pytest.fixture
def studio(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[preview_template.TemplatePreviewResources]:
    """A worker's storage and folders, with a prepared drawing."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(preview_template, "render_preview", render)
    media = open_media_store(msgspec.structs.replace(settings, assets_url=str(tmp_path / "media")))
    with create_render_worker_temp_folder() as folders:
        yield preview_template.TemplatePreviewResources(media, folders, settings.public_url)


async def test_a_worker_death_at_any_point_leaves_one_preview_for_a_day(
    acme: ApiCaller, project: str, pool: Pool, studio: preview_template.TemplatePreviewResources, tmp_path: Path
) -> None:
    stored = await store(acme, project)
    task = partial(preview_template.preview_template, studio=studio)
    run = partial(by_hand.run, pool, kind=PREVIEW_TEMPLATE_KIND, task=task)
    deaths = [Death(nth=nth, after=after) for nth in (1, 2, 3) for after in (False, True)]
    for number, death in enumerate(deaths, 1):
        job = await ask(acme, project, stored["templateId"])
        assert await run(claim=await claimed(pool), death=death) == "died"
        if (await acme.http.get(job)).json()["status"] == "running":
            assert await run(claim=await claimed(pool)) == "completed"
        assert len((await acme.http.get(job)).json()["result"]["files"]) == 1
        assert await pool.fetchval("select count(*) from media_upload where content_id is not null") == number
    async with pool.acquire() as conn:
        await conn.execute("update media_upload set started_at = now() - interval '1 day'")
        while await uploads.prune_stale_uploads(conn, studio.store):
            pass
    assert files(tmp_path / "media") == []


async def claimed(pool: Pool) -> Any:
    async with pool.acquire() as conn:
        [claim] = await seeds.claims(conn, PREVIEW_TEMPLATE_KIND)
    return claim


async def test_a_costly_template_is_refused_by_its_name_and_its_worker_goes_on(
    acme: ApiCaller, project: str, settings: Settings, pool: Pool
) -> None:
    costly = await store(acme, project, HOSTILE_TEMPLATES["300 large shadows"], "costly")
    jobs = [await ask(acme, project, one["templateId"]) for one in (costly, await store(acme, project))]
    async with at_work(settings, pool, {PREVIEW_TEMPLATE_KIND: TASK_OPENER_BY_KIND[PREVIEW_TEMPLATE_KIND]}):
        ended = [(await acme.http.get(job, params={"wait": 30})).json() for job in jobs]
    assert (ended[0]["status"], ended[0]["error"]["code"]) == ("failed", "TEMPLATE_TOO_COSTLY")
    assert ended[0]["attempt"] == 1
    assert ended[1]["status"] == "completed"
    again = read_answer(await acme.http.post(f"{jobs[0]}/retry"), 202)
    assert again["kind"] == "preview_template"
