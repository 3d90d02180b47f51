"""Generated content: an item exists from the request on, and its job completes it.

Lock order: project, job rows by id, content row.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import content_generation, content_item
from domain.content import briefs, content
from domain.content.briefs import Brief
from domain.tenancy import project_locks
from jobs import ledger
from jobs.kinds import CONTENT_GENERATE
from jobs.ledger import ChangedJob, SubmittedJob
from schemas import ids
from schemas.content import ContentProgress, ContentRequest, ContentStatus, Regenerate
from schemas.errors import Conflict
from schemas.errors.absent import present


class LatestRequest(NamedTuple):
    """Request of a content's last revision, and the number of the next revision."""

    asked: ContentRequest
    next_revision: int


class _LatestRow(NamedTuple):
    brief: dict[str, Any]
    next_revision: int


class _Progress(NamedTuple):
    status: ContentStatus
    updated_at: datetime
    runs: bool | None
    stage: str | None
    progress: float | None
    ran_s: float | None
    now: datetime


class StartedGeneration(NamedTuple):
    """Job, and the content that it generates."""

    submitted: SubmittedJob
    content_id: UUID


GET_LATEST = content_generation.get_latest.typed(_LatestRow)
GET_PROGRESS = content_generation.get_progress.typed(_Progress)

#: Share of a job's progress at which each stage starts, in the catalogue's order; the last one ends at 1.
STAGES = dict(zip(CONTENT_GENERATE.stages, (0.0, 0.1, 0.9), strict=True))
#: Stages of a job without a worker.
WAITING = frozenset({"queued", "scheduled"})
#: Smallest share of progress that allows an estimate of the remaining time.
MIN_ESTIMATE_SHARE = 0.15


async def start(
    conn: Conn, *, organization_id: UUID, project_id: UUID, body: ContentRequest
) -> StartedGeneration:
    """Create an item with its approval status, and submit the job that generates it.

    Raises `NotFound`, `Invalid`, `LacksWords`, `Limited`, `Conflict` PROJECT_ARCHIVED, INFLUENCER_NOT_READY.
    """
    await project_locks.lock_active(conn, organization_id=organization_id, project_id=project_id)
    content_id = ids.new()
    brief = await briefs.build_brief(
        conn, organization_id=organization_id, project_id=project_id, seed=str(content_id), body=body
    )
    submitted = await _submit(conn, organization_id, project_id, content_id, revision=1)
    await content_item.insert_content.run(
        conn,
        org=organization_id,
        project_id=project_id,
        id=content_id,
        format=body.format,
        status="queued",
        creative_type="generated",
        hook=body.hook,
        caption="",
        job_id=submitted.job_id,
        influencer_id=body.influencer_id and ids.read(ids.INFLUENCER, body.influencer_id),
        ai_declared=False,
    )
    await content_generation.insert_generation.run(
        conn,
        org=organization_id,
        content_id=content_id,
        revision=1,
        job_id=submitted.job_id,
        brief=brief,
    )
    return StartedGeneration(submitted, content_id)


async def regenerate(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    body: Regenerate,
    versions: project_locks.Versions,
) -> StartedGeneration:
    """Submit a job for the next revision, from the current brand; the item stays as it is until the job ends.

    Raises `NotFound`, `Stale`, `ContentRejected`, `Invalid`, `Limited`, `Conflict` PROJECT_ARCHIVED,
    CONTENT_NOT_READY, CONTENT_UPLOADED.
    """
    org = organization_id
    project_id = await content.project_of(conn, organization_id=org, content_id=content_id)
    await project_locks.lock_active(conn, organization_id=org, project_id=project_id)
    latest = await _latest(conn, org, content_id)
    submitted = await _submit(conn, org, project_id, content_id, revision=latest.next_revision)
    locked = await content.lock(conn, organization_id=org, content_id=content_id)
    content.check_revision(locked, versions)
    if not submitted.fresh:
        raise content.not_ready_error(jobId=ids.show(ids.JOB, submitted.job_id))
    brief = await briefs.build_brief(
        conn,
        organization_id=org,
        project_id=project_id,
        seed=body.seed or f"{content_id}.{latest.next_revision}",
        body=latest.asked if body.hook is None else msgspec.structs.replace(latest.asked, hook=body.hook),
        again=True,
    )
    made_by = {"org": org, "content_id": content_id, "job_id": submitted.job_id}
    await content_generation.insert_generation.run(
        conn, **made_by, revision=latest.next_revision, brief=brief
    )
    await content_generation.restart_content.run(conn, **made_by)
    return StartedGeneration(submitted, content_id)


async def retry(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    content_id: UUID,
    revision: int,
    retry_of: UUID,
) -> SubmittedJob:
    """Submit a job for the same revision; `fresh` is False while an earlier retry runs.

    Raises `NotFound`, `Limited`, `ContentRejected`, `Conflict` PROJECT_ARCHIVED, JOB_NOT_RETRYABLE.
    """
    org = organization_id
    await project_locks.lock_active(conn, organization_id=org, project_id=project_id)
    latest = await _latest(conn, org, content_id)
    submitted = await _submit(conn, org, project_id, content_id, revision=revision, retry_of=retry_of)
    locked = await content.lock(conn, organization_id=org, content_id=content_id)
    content.check_revision(locked, None)
    scope = {"org": org, "content_id": content_id, "job_id": submitted.job_id}
    if submitted.fresh and not (
        latest.next_revision == revision
        and await content_generation.retry_generation.run(conn, **scope, revision=revision, retry_of=retry_of)
    ):
        raise Conflict("JOB_NOT_RETRYABLE", "the content was changed or regenerated since: regenerate it")
    if submitted.fresh:
        await content_generation.restart_content.run(conn, **scope)
    return submitted


async def _latest(conn: Conn, organization_id: UUID, content_id: UUID) -> LatestRequest:
    """Return the last request.

    Raises `Conflict` CONTENT_UPLOADED. The project's lock excludes new revisions.
    """
    row = await GET_LATEST.one(conn, org=organization_id, content_id=content_id)
    if row is None:
        raise Conflict("CONTENT_UPLOADED", "uploaded content can't be regenerated")
    return LatestRequest(msgspec.convert(row.brief, Brief).asked, row.next_revision)


async def _submit(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    content_id: UUID,
    *,
    revision: int,
    retry_of: UUID | None = None,
) -> SubmittedJob:
    """Submit the job; at most one job generates a content at any time."""
    args: dict[str, Any] = {"content_id": str(content_id), "revision": revision}
    return await ledger.submit(
        conn,
        kind=CONTENT_GENERATE,
        organization_id=organization_id,
        project_id=project_id,
        args=args,
        unique_key=f"content:{content_id}",
        retry_of=retry_of,
    )


async def progress(conn: Conn, *, organization_id: UUID, content_id: UUID) -> ContentProgress:
    """Return the progress of a content's job, also of one for a next revision. Raises `NotFound`."""
    row = present(await GET_PROGRESS.one(conn, org=organization_id, content_id=content_id), "content")
    shown_id = ids.show(ids.CONTENT, content_id)
    if not row.runs or row.stage is None or row.progress is None:
        return ContentProgress(
            content_id=shown_id,
            status=row.status,
            stage=row.status,
            stage_progress=1.0,
            eta_seconds=None,
            updated_at=row.updated_at,
        )
    return ContentProgress(
        content_id=shown_id,
        status="queued" if row.stage in WAITING else "processing",
        stage=row.stage,
        stage_progress=_share_of_stage(row.stage, row.progress),
        eta_seconds=_remaining_seconds(row.progress, row.ran_s),
        updated_at=row.now,
    )


def _share_of_stage(stage: str, done: float) -> float:
    """Return the completed share of a stage from that of the job, 0 to 1; 0 for an unknown stage."""
    ends = dict(pairwise((*STAGES, "")))
    if stage not in STAGES:
        return 0.0
    start, end = STAGES[stage], STAGES.get(ends[stage], 1.0)
    return round(min(max((done - start) / (end - start), 0.0), 1.0), 4)


def _remaining_seconds(done: float, ran_s: float | None) -> int | None:
    """Estimate a job's remaining seconds from the speed so far; None before 15 % of its progress."""
    return None if ran_s is None or done < MIN_ESTIMATE_SHARE else round(ran_s * (1 - done) / done)


async def end_unmade_content(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the contents of these jobs, which this transaction has just ended.

    The content of a completed job was ended by the job's last step.
    """
    unmade = [row for row in rows if row.state != "completed"]
    if unmade:
        await content_generation.end_contents.run(
            conn, orgs=[row.organization_id for row in unmade], job_ids=[row.id for row in unmade]
        )
