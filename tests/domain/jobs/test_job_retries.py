"""A retry: a new job that does the same, by the rules of its kind."""

import asyncio
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.brand import ingests
from domain.jobs import jobs
from jobs.kinds import ARCHIVE_PROJECT
from jobs.ledger import Settlement
from jobs.outcomes import Canceled, Done, Failed, Outcome
from schemas import ids
from schemas.errors import Conflict, Forbidden
from tests import seeds
from tests.domain.place import Place, archive, cancel, ingest, retry, shown, start, started
from tests.jobs import scene


async def failed(pool: Pool, conn: Conn, place: Place, outcome: Outcome | None = None) -> UUID:
    """An ingest's job that failed."""
    claim = await started(conn, place)
    await jobs.settle(pool, [Settlement(claim, outcome or Failed("NOT_HTML", "no page"))])
    return claim.id


@pytest.mark.parametrize("outcome", [Failed("NOT_HTML", "no page"), Canceled()])
async def test_a_retry_is_a_new_job_that_does_the_same(
    pool: Pool, conn: Conn, place: Place, outcome: Outcome
) -> None:
    old = await failed(pool, conn, place, outcome)
    new = await retry(pool, place, old)
    row = await scene.row(conn, new.job_id)
    assert (new.fresh, new.kind, new.project_id) == (True, "ingest_website", place.project_id)
    assert row["args"] == (await scene.row(conn, old))["args"]
    assert (await shown(conn, place, new.job_id)).retry_of == ids.show("job", old)
    assert (await ingest(conn, place)).job_id == ids.show("job", new.job_id)


async def test_a_second_retry_answers_the_first_while_it_runs(pool: Pool, conn: Conn, place: Place) -> None:
    old = await failed(pool, conn, place)
    answers = await asyncio.gather(*[retry(pool, place, old) for _ in range(5)])
    assert len({answer.job_id for answer in answers}) == 1
    assert sum(answer.fresh for answer in answers) == 1
    await cancel(pool, place, answers[0].job_id)
    assert (await retry(pool, place, old)).fresh


async def test_an_ingest_from_github_is_retried_like_any_other(pool: Pool, conn: Conn, place: Place) -> None:
    where = {"organization_id": place.org, "project_id": place.project_id}
    async with conn.transaction():
        old = await ingests.start_github(conn, **where, repo="acme/shop", branch=None)
    await cancel(pool, place, old.job_id)
    new = await retry(pool, place, old.job_id)
    assert (new.fresh, new.kind) == (True, "ingest_github")


@pytest.mark.parametrize("outcome", [None, Done()])
async def test_what_runs_or_is_done_cant_be_retried(
    pool: Pool, conn: Conn, place: Place, outcome: Outcome | None
) -> None:
    claim = await started(conn, place)
    if outcome:
        await jobs.settle(pool, [Settlement(claim, outcome)])
    await refused(pool, place, claim.id, "JOB_NOT_RETRYABLE")


async def refused(pool: Pool, place: Place, job_id: UUID, reason: str) -> None:
    with pytest.raises(Conflict) as raised:
        await retry(pool, place, job_id)
    assert raised.value.details["reason"] == reason


async def test_a_retry_needs_the_scope_of_what_it_starts(pool: Pool, conn: Conn, place: Place) -> None:
    old = await failed(pool, conn, place)
    with pytest.raises(Forbidden) as raised:
        await retry(pool, place, old, {"jobs:read", "projects:write"})
    assert raised.value.details == {"requiredScope": "ingest:write"}
    assert (await retry(pool, place, old, {"*"})).fresh


async def test_a_retry_keeps_the_rules_of_its_kind(pool: Pool, conn: Conn, place: Place) -> None:
    old = await failed(pool, conn, place)
    await start(conn, place, url="https://example.com/other")
    await refused(pool, place, old, "INGEST_RUNNING")
    await archive(conn, place)
    await refused(pool, place, old, "PROJECT_ARCHIVED")


async def test_an_unknown_kind_cant_be_retried(pool: Pool, conn: Conn, place: Place) -> None:
    claim = await scene.started(conn, place.org)
    await scene.settle(conn, [claim], Failed("BROKEN", "it broke"))
    await refused(pool, place, claim.id, "JOB_NOT_RETRYABLE")


async def test_an_archive_can_be_retried_while_its_project_is_archived(
    pool: Pool, conn: Conn, place: Place
) -> None:
    await archive(conn, place)
    [claim] = await seeds.claims(conn, ARCHIVE_PROJECT)
    await jobs.settle(pool, [Settlement(claim, Failed("BROKEN", "it broke"))])
    answers = await asyncio.gather(*[retry(pool, place, claim.id) for _ in range(4)])
    assert len({answer.job_id for answer in answers}) == 1
    assert answers[0].kind == "archive_project"
