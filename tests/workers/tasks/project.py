"""A project with a brand, read by ingests in a real worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import run_in_transaction
from domain.brand import ingests
from domain.projects import archive_status, projects
from domain.tenancy import organizations
from jobs.kinds import ARCHIVE_PROJECT_KIND, JobKindSpec
from schemas.brand import BrandContext
from schemas.projects import Archived
from schemas.projects import Project as Shown
from tests import seeds
from tests.workers.runtime.workers import Workers, at_work
from workers.tasks import TASK_OPENER_BY_KIND


@dataclass(frozen=True)
class IngestProject:
    workers: Workers
    org: UUID
    id: UUID

    @asynccontextmanager
    async def at_work(self, kind: JobKindSpec, **settings: Any) -> AsyncIterator[None]:
        """Run a worker of the kind with changed settings."""
        mine = msgspec.structs.replace(self.workers.settings, **settings)
        async with at_work(mine, self.workers.pool, {kind: TASK_OPENER_BY_KIND[kind]}):
            yield

    async def start(self, kind: JobKindSpec, **args: Any) -> UUID:
        """Start an ingest; return its job's id."""
        submit = partial(ingests.start_ingest, kind=kind, organization_id=self.org, project_id=self.id, args=args)
        submitted = await run_in_transaction(self.workers.pool, submit)
        if submitted.wake:
            await self.workers.courier.send_or_queue_wake(submitted.wake)
        return submitted.job_id

    async def ingested(self, kind: JobKindSpec, **args: Any) -> asyncpg.Record:
        """Return the job's row, once a worker has ended it."""
        return await self.workers.ended(await self.start(kind, **args))

    async def archive(self) -> Archived:
        stop = partial(
            archive_status.begin_project_archive, organization_id=self.org, project_id=self.id, api_key_id=None
        )
        return (await run_in_transaction(self.workers.pool, stop))[0]

    async def archived(self) -> asyncpg.Record:
        """Return the row of the archive's job, once a worker has ended it."""
        async with self.at_work(ARCHIVE_PROJECT_KIND):
            job_id = await self.workers.pool.fetchval("select id from job where kind = 'archive_project'")
            return await self.workers.ended(job_id)

    async def shown(self) -> Shown:
        async with self.workers.pool.acquire() as conn:
            return (await projects.read_project(conn, organization_id=self.org, project_id=self.id))[0]

    async def brand(self) -> BrandContext:
        found = (await self.shown()).brand_context
        assert found is not None
        return found


async def create(workers: Workers, *, sandbox: bool = False) -> IngestProject:
    async with workers.pool.acquire() as conn:
        org = workers.org
        if sandbox:
            org = (await organizations.insert_organization_pair(conn, name="Acme", tier="partner")).sandbox
        return IngestProject(workers, org, await seeds.project(conn, org))
