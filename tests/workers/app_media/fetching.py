"""Fetches of app media in the test's process, from the test's site."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from db.pool import run_in_transaction
from domain.jobs import retries
from domain.media import app_media, app_media_fetches, uploads
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from jobs.kinds import FETCH_APP_MEDIA_KIND
from jobs.ledger import SubmittedJob
from schemas.app_media import AppMediaKind
from tests import seeds
from tests.workers import by_hand
from tests.workers.by_hand import Death
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import Answers, Site, allowed_client, serve
from workers.runtime.runner import JobTask
from workers.tasks.fetch_app_media import fetch_app_media
from workers.web.download import WebFileDownloader


class MediaFetches(NamedTuple):
    """A project, the storage, and a worker's downloads."""

    project: IngestProject
    store: MediaStore
    folder: Path

    async def start(self, url: str, kind: AppMediaKind = "logo") -> app_media_fetches.StartedMediaFetch:
        start = partial(
            app_media_fetches.start_app_media_fetch,
            organization_id=self.project.org,
            project_id=self.project.id,
            kind=kind,
            url=url,
            transcript="",
        )
        pool = self.project.workers.pool
        await pool.execute("insert into pool (name) values ('ingest') on conflict do nothing")
        return await run_in_transaction(pool, start)

    async def retry(self, job_id: UUID) -> SubmittedJob:
        again = partial(
            retries.submit_job_retry, organization_id=self.project.org, job_id=job_id, scopes={"content:write"}
        )
        return await run_in_transaction(self.project.workers.pool, again)

    async def perform(self, task: JobTask, death: Death | None = None) -> str:
        pool = self.project.workers.pool
        async with pool.acquire() as conn:
            [claim] = await seeds.claims(conn, FETCH_APP_MEDIA_KIND)
        return await by_hand.run(pool, claim, FETCH_APP_MEDIA_KIND, task, death)

    async def fetched(self, url: str, downloads: WebFileDownloader, kind: AppMediaKind = "logo") -> asyncpg.Record:
        """Return its row once a job has ended."""
        started = await self.start(url, kind)
        await self.perform(partial(fetch_app_media, downloads=downloads, store=self.store))
        return await self.row(started.asset_id)

    async def row(self, asset_id: UUID) -> asyncpg.Record:
        row = await self.project.workers.pool.fetchrow("select * from app_media where id = $1", asset_id)
        assert row is not None
        return row

    async def delete(self, asset_id: UUID) -> None:
        delete = partial(
            app_media.delete_or_dismiss_app_media,
            organization_id=self.project.org,
            project_id=self.project.id,
            asset_id=asset_id,
        )
        await run_in_transaction(self.project.workers.pool, delete)

    async def files_a_day_later(self) -> list[str]:
        """Prune as of a day later; return the files that are left."""
        async with self.project.workers.pool.acquire() as conn:
            await conn.execute("update media_upload set started_at = started_at - interval '1 day'")
            await uploads.prune_stale_uploads(conn, self.store)
        return self.files()

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


def open_fetches(project: IngestProject, folder: Path) -> MediaFetches:
    """Open the project's fetches into a storage in this folder."""
    settings = msgspec.structs.replace(project.workers.settings, assets_url=folder.as_uri())
    return MediaFetches(project, open_media_store(settings), folder)


@asynccontextmanager
async def site(answers: Answers) -> AsyncIterator[tuple[Site, WebFileDownloader]]:
    async with serve(answers) as served, allowed_client(served) as client:
        yield served, WebFileDownloader(client)
