"""Races of bulk retries with each other and with single retries: each job is retried once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from api.http.request_state import RequestState
from db.pool import Conn, Pool, run_in_transaction
from domain.jobs import bulk_retries, jobs
from domain.jobs.bulk_retries import BulkRetryResult, JobRetryFilter
from domain.values.periods import UNBOUNDED_PERIOD
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Failed
from schemas import ids
from telemetry import log_context
from tests.domain.project import Project, retry
from tests.domain.publishing import post_scene

SCOPES = frozenset({"publish:write"})
ALL = JobRetryFilter(None, None, None, None, UNBOUNDED_PERIOD)


async def failed_posts(pool: Pool, conn: Conn, project: Project, many: int) -> list[UUID]:
    """Create the jobs of failed posts, each of an account of its own."""
    filled = await post_scene.fill(conn, project, accounts=many)
    await post_scene.schedule(conn, filled)
    claims = await post_scene.pull(conn)
    failed = Failed("NETWORK", "the server did not answer", retryable=True)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, failed) for claim in claims])
    assert len(claims) == many
    return [claim.id for claim in claims]


async def bulk(pool: Pool, project: Project) -> BulkRetryResult:
    return await run_in_transaction(
        pool,
        lambda conn: bulk_retries.retry_matching_org_jobs(
            conn, organization_id=project.org, scopes=SCOPES, chosen=ALL, after=None, dry_run=False
        ),
    )


async def test_races_retry_each_job_once(wide: Pool, conn: Conn, project: Project) -> None:
    origins = await failed_posts(wide, conn, project, 20)
    racers: list[Callable[[], Awaitable[Any]]] = [partial(bulk, wide, project) for _ in range(3)]
    racers[1:1] = [partial(retry, wide, project, origin, {*SCOPES}) for origin in origins[::3]]
    answers = await asyncio.gather(*[racer() for racer in racers])
    rows = await conn.fetch("select retry_of, id from job where retry_of = any($1)", origins)
    assert Counter(row["retry_of"] for row in rows) == Counter(origins)
    marks = await conn.fetch("select id, retried_as from job where id = any($1)", origins)
    assert {tuple(row) for row in marks} == {tuple(row) for row in rows}
    told = [one for batch in answers if isinstance(batch, BulkRetryResult) for one in batch.answer.skipped]
    assert {one.code for one in told} <= {"ALREADY_RETRIED"}


async def test_rolled_back_retry_is_not_logged(wide: Pool, conn: Conn, project: Project) -> None:
    await failed_posts(wide, conn, project, 3)
    await conn.execute(
        """update social_account
              set status = 'disconnected', disconnected_at = now(), canceled_posts = 0
            where id = (select social_account_id from scheduled_post order by id limit 1)"""
    )
    request = RequestState([])
    before = log_context.set_current_cause(request)
    try:
        answer = (await bulk(wide, project)).answer
    finally:
        log_context.detach_cause(before)
    assert [one.code for one in answer.skipped] == ["ACCOUNT_NOT_CONNECTED"]
    made = [ids.format_prefixed_id(ids.JOB_ID_PREFIX, submit.job_id) for submit in request.submits]
    assert (made, len(made)) == ([one.job_id for one in answer.retried], 2)
