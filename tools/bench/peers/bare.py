"""Bare Litestar app, the peer of the HTTP figures: the same row in and out, and nothing else.

No key, no limit, no idempotency, no custom errors. The same paths, so that both get identical requests; the
same shapes, Postgres pool and server settings.
"""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Record
from litestar import Litestar, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from db.pool import open_postgres_pool
from schemas import ids
from schemas.jobs import Job
from schemas.projects import IngestStates, Project, ProjectCreate

INSERT_PROJECT = """
insert into project (organization_id, id, name, timezone, primary_language, metadata, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)"""

#: A copy of the jobs as partners see them, keyed by id only; `tools.bench.web` creates it.
SELECT_BARE_JOB = "select * from bare_job where id = $1"


@asynccontextmanager
async def open_bare_db(app: Litestar) -> AsyncIterator[None]:
    """Open the app's database pool; new rows rotate over the organizations, as in a real product."""
    size = int(os.environ.get("POOL_SIZE", "10"))
    async with open_postgres_pool(os.environ["DATABASE_URL"], name="bare", size=size) as pool:
        owners = [row["id"] for row in await pool.fetch("select id from organization where env = 'live'")]
        app.state.pool, app.state.owners = pool, itertools.cycle(owners)
        yield


@post("/v1/projects")
async def handle_bare_project_create(data: JSONBody[ProjectCreate], state: State) -> Project:
    owner, project_id, now = next(state.owners), ids.new_uuid7(), datetime.now(UTC)
    async with state.pool.acquire() as conn:
        await conn.execute(
            INSERT_PROJECT, owner, project_id, data.name, data.timezone, data.primary_language,
            data.metadata, now,
        )  # fmt: skip
    return _build_bare_project(data, owner, project_id, now)


@get("/v1/jobs/{job_id:str}")
async def handle_bare_job_read(job_id: FromPath[str], state: State) -> Job:
    async with state.pool.acquire() as conn:
        return _build_bare_job(await conn.fetchrow(SELECT_BARE_JOB, ids.parse_prefixed_id(ids.JOB_ID_PREFIX, job_id)))


def create_app() -> Litestar:
    """Return the bare Litestar app, for `python -m api --app`."""
    return Litestar([handle_bare_project_create, handle_bare_job_read], lifespan=[open_bare_db], openapi_config=None)


def _build_bare_project(data: ProjectCreate, owner: UUID, project_id: UUID, now: datetime) -> Project:
    return Project(
        id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
        organization_id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, owner),
        name=data.name,
        status="active",
        customer_external_id=data.customer_external_id,
        timezone=data.timezone,
        primary_language=data.primary_language,
        brand_context=None,
        ingest_state=IngestStates(),
        requires_approval=False,
        first_n_posts_blocked=0,
        current_blocked_count=0,
        metadata=data.metadata,
        created_at=now,
        updated_at=now,
        archived_at=None,
    )


def _build_bare_job(row: Record) -> Job:
    return Job(
        job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, row["id"]),
        kind=row["kind"],
        status=row["status"],
        stage=row["stage"],
        phase=row["phase"],
        progress=row["progress"],
        project_id=row["project_id"] and ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row["project_id"]),
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        cancel_requested=row["cancel_requested"],
        retry_of=row["retry_of"] and ids.format_prefixed_id(ids.JOB_ID_PREFIX, row["retry_of"]),
        created_at=row["created_at"],
        started_at=row["created_at"],
        finished_at=row["finished_at"],
        result=row["result"],
        error=None,
    )
