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
from domain.content import briefs, content, performance, plans
from domain.content.briefs import GenerationBrief
from domain.content.performance import NO_LEARNED_FIGURES, LearnedFigures
from domain.content.plans import PlannedRevision
from domain.tenancy import project_locks
from jobs import ledger
from jobs.kinds import CONTENT_GENERATE_KIND
from jobs.ledger import ChangedJob, SubmittedJob
from schemas import ids
from schemas.content import ContentProgress, ContentRequest, ContentStatus, Regenerate
from schemas.errors import StateConflict
from schemas.errors.absent import require_found
from telemetry import costs


class _LatestContentBriefRow(NamedTuple):
    brief: dict[str, Any]
    next_revision: int


class _ContentProgressRow(NamedTuple):
    status: ContentStatus
    updated_at: datetime
    runs: bool | None
    stage: str | None
    progress: float | None
    ran_s: float | None
    now: datetime


class StartedContentGeneration(NamedTuple):
    """Job, the content that it generates, and the plan."""

    submitted: SubmittedJob
    content_id: UUID
    planned: PlannedRevision


class StartedContentRequest(NamedTuple):
    """Started items of a request, and warnings about variants that are too much alike."""

    items: list[StartedContentGeneration]
    warnings: list[str]


GET_LATEST_CONTENT_BRIEF = content_generation.get_latest.typed(_LatestContentBriefRow)
GET_CONTENT_PROGRESS = content_generation.get_progress.typed(_ContentProgressRow)

#: Share of a job's progress at which each stage starts, in the catalogue's order; the last one ends at 1.
GENERATION_PROGRESS_START_BY_STAGE = dict(zip(CONTENT_GENERATE_KIND.stages, (0.0, 0.1, 0.9), strict=True))
#: Stages of a job without a worker.
GENERATION_STAGES_BEFORE_WORKER = frozenset({"queued", "scheduled"})
#: Smallest share of progress that allows an estimate of the remaining time.
MIN_GENERATION_PROGRESS_FOR_ETA = 0.15


async def start_content_generation(
    conn: Conn, *, organization_id: UUID, project_id: UUID, body: ContentRequest, now: datetime
) -> StartedContentRequest:
    """Create the items of a request with their approval status, and submit a job for each; return items and jobs.

    All are written in the caller's transaction: all or none. Raises `ObjectNotFound`, `InvalidValue`,
    `BrandTooSparse`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED, INFLUENCER_NOT_READY.
    """
    at: dict[str, Any] = {"organization_id": organization_id, "project_id": project_id}
    learned = await _read_learned_figures(conn, **at, learn=body.learn, now=now)
    await project_locks.lock_active_project(conn, **at)
    content_ids = [ids.new_uuid7() for _ in range(body.variants)]
    brief = await briefs.build_generation_brief(
        conn, **at, content_id=content_ids[0], seed=str(content_ids[0]), body=body
    )
    planned = await costs.run_in_charged_thread(
        plans.plan_request, brief, [str(content_id) for content_id in content_ids], learned
    )
    items = [
        await _insert_first_revision(conn, organization_id, project_id, content_id, revision)
        for content_id, revision in zip(content_ids, planned.revisions, strict=True)
    ]
    return StartedContentRequest(items, planned.warnings)


async def _read_learned_figures(
    conn: Conn, *, organization_id: UUID, project_id: UUID, learn: bool, now: datetime
) -> LearnedFigures:
    if not learn:
        return NO_LEARNED_FIGURES
    return await performance.read_learned_figures(conn, organization_id=organization_id, project_id=project_id, now=now)


async def _insert_first_revision(
    conn: Conn, organization_id: UUID, project_id: UUID, content_id: UUID, planned: PlannedRevision
) -> StartedContentGeneration:
    """Insert an item with its first revision, and submit its job."""
    body = planned.brief.asked
    submitted = await _submit_generation_job(conn, organization_id, project_id, content_id, revision=1)
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
        influencer_id=body.influencer_id and ids.parse_prefixed_id(ids.INFLUENCER_ID_PREFIX, body.influencer_id),
        ai_declared=False,
    )
    made_by = {"org": organization_id, "content_id": content_id, "job_id": submitted.job_id}
    await content_generation.insert_generation.run(conn, **made_by, revision=1, brief=planned.brief, **planned.columns)
    return StartedContentGeneration(submitted, content_id, planned)


async def start_generating_next_content_revision(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    body: Regenerate,
    versions: project_locks.IfMatchVersions,
    now: datetime,
) -> StartedContentGeneration:
    """Submit the job for a content's next revision, from the current brand; until its end the content stays as it is.

    Raises `ObjectNotFound`, `VersionOutdated`, `ContentRejected`, `InvalidValue`, `BrandTooSparse`, `LimitReached`,
    `StateConflict` PROJECT_ARCHIVED, CONTENT_NOT_READY, CONTENT_UPLOADED.
    """
    org = organization_id
    project_id = await content.find_project_of_content(conn, organization_id=org, content_id=content_id)
    await project_locks.lock_active_project(conn, organization_id=org, project_id=project_id)
    latest, revision = await _read_latest_content_brief(conn, org, content_id)
    asked = latest.asked
    submitted = await _submit_generation_job(conn, org, project_id, content_id, revision=revision)
    locked = await content.lock_content(conn, organization_id=org, content_id=content_id)
    content.check_content_if_match(locked, versions)
    if not submitted.fresh:
        raise content.content_not_ready_error(jobId=ids.format_prefixed_id(ids.JOB_ID_PREFIX, submitted.job_id))
    brief = await briefs.build_generation_brief(
        conn,
        organization_id=org,
        project_id=project_id,
        content_id=content_id,
        seed=body.seed or f"{content_id}.{revision}",
        body=asked if body.hook is None else msgspec.structs.replace(asked, hook=body.hook),
        again=True,
    )
    learned = await _read_learned_figures(conn, organization_id=org, project_id=project_id, learn=asked.learn, now=now)
    planned = await costs.run_in_charged_thread(
        plans.plan_next_revision, brief, latest, learned, keeps_variant=body.seed is None
    )
    made_by = {"org": org, "content_id": content_id, "job_id": submitted.job_id}
    await content_generation.insert_generation.run(
        conn, **made_by, revision=revision, brief=planned.brief, **planned.columns
    )
    await content_generation.restart_content.run(conn, **made_by)
    return StartedContentGeneration(submitted, content_id, planned)


async def retry_content_generation(
    conn: Conn, *, organization_id: UUID, project_id: UUID, content_id: UUID, revision: int, retry_of: UUID
) -> SubmittedJob:
    """Submit another job for the same revision of content; `fresh` is False while an earlier retry runs.

    Raises `ObjectNotFound`, `LimitReached`, `ContentRejected`, `StateConflict` PROJECT_ARCHIVED, JOB_NOT_RETRYABLE.
    """
    org = organization_id
    await project_locks.lock_active_project(conn, organization_id=org, project_id=project_id)
    _, next_revision = await _read_latest_content_brief(conn, org, content_id)
    submitted = await _submit_generation_job(conn, org, project_id, content_id, revision=revision, retry_of=retry_of)
    locked = await content.lock_content(conn, organization_id=org, content_id=content_id)
    content.check_content_if_match(locked, None)
    scope = {"org": org, "content_id": content_id, "job_id": submitted.job_id}
    if submitted.fresh and not (
        next_revision == revision
        and await content_generation.retry_generation.run(conn, **scope, revision=revision, retry_of=retry_of)
    ):
        raise StateConflict("JOB_NOT_RETRYABLE", "the content was changed or regenerated since: regenerate it")
    if submitted.fresh:
        await content_generation.restart_content.run(conn, **scope)
    return submitted


async def _read_latest_content_brief(
    conn: Conn, organization_id: UUID, content_id: UUID
) -> tuple[GenerationBrief, int]:
    """Return the brief of a content's last revision, with the number of the next revision.

    Raises `StateConflict` CONTENT_UPLOADED for uploaded content. The project's lock excludes new revisions.
    """
    row = await GET_LATEST_CONTENT_BRIEF.one(conn, org=organization_id, content_id=content_id)
    if row is None:
        raise StateConflict("CONTENT_UPLOADED", "uploaded content can't be regenerated")
    return msgspec.convert(row.brief, GenerationBrief), row.next_revision


async def _submit_generation_job(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    content_id: UUID,
    *,
    revision: int,
    retry_of: UUID | None = None,
) -> SubmittedJob:
    """Submit the job, or return the one under way with `fresh` False: only one generates a content at any time."""
    args: dict[str, Any] = {"content_id": str(content_id), "revision": revision}
    return await ledger.submit_job(
        conn,
        kind=CONTENT_GENERATE_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args=args,
        unique_key=f"content:{content_id}",
        retry_of=retry_of,
    )


async def read_content_progress(conn: Conn, *, organization_id: UUID, content_id: UUID) -> ContentProgress:
    """Return the progress of a content's job, or without a running one its status at 100 %. Raises `ObjectNotFound`."""
    row = require_found(await GET_CONTENT_PROGRESS.one(conn, org=organization_id, content_id=content_id), "content")
    shown_id = ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content_id)
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
        status="queued" if row.stage in GENERATION_STAGES_BEFORE_WORKER else "processing",
        stage=row.stage,
        stage_progress=_completed_share_of_generation_stage(row.stage, row.progress),
        eta_seconds=_estimate_remaining_generation_seconds(row.progress, row.ran_s),
        updated_at=row.now,
    )


def _completed_share_of_generation_stage(stage: str, done: float) -> float:
    """Return the completed share of a generation stage, 0 to 1, by the job's share `done`; 0 for an unknown stage."""
    ends = dict(pairwise((*GENERATION_PROGRESS_START_BY_STAGE, "")))
    if stage not in GENERATION_PROGRESS_START_BY_STAGE:
        return 0.0
    start, end = GENERATION_PROGRESS_START_BY_STAGE[stage], GENERATION_PROGRESS_START_BY_STAGE.get(ends[stage], 1.0)
    return round(min(max((done - start) / (end - start), 0.0), 1.0), 4)


def _estimate_remaining_generation_seconds(done: float, ran_s: float | None) -> int | None:
    """Estimate a job's remaining seconds from the speed so far; None before 15 % of its progress."""
    return None if ran_s is None or done < MIN_GENERATION_PROGRESS_FOR_ETA else round(ran_s * (1 - done) / done)


async def end_content_of_failed_jobs(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """Give the contents of these failed or canceled jobs, which have just ended, their states and errors.

    Content with files keeps its status. A completed job's content was ended by the job's last step.
    """
    unmade = [row for row in rows if row.state != "completed"]
    if unmade:
        await content_generation.end_contents.run(
            conn, orgs=[row.organization_id for row in unmade], job_ids=[row.id for row in unmade]
        )
