"""Each end of a post's job ends the post: failed or canceled, or unknown if it may be live."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, run_in_transaction
from domain.jobs import jobs
from domain.operations import maintenance
from jobs import maintenance as chores
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled, Done, Failed, Interrupted, Retry, Snooze, TaskOutcome
from tests import seeds
from tests.domain.content import reviewing
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.jobs import scene as ledger_scene

FUTURE = datetime.max.replace(tzinfo=UTC)
FAILED = Failed("NETWORK", "no answer", retryable=True)
PREPARED: dict[str, Any] = {"handle": {}, "request": b""}
SENT = {"status": "publishing", "phase": "sending", **PREPARED}


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    return await scene.fill(conn, project, accounts=1)


async def write(conn: Conn, claim: JobClaim, **columns: Any) -> None:
    """Set columns of a job's post, past all rules."""
    assigned = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    await conn.execute(f"update scheduled_post set {assigned} where job_id = $1", claim.id, *columns.values())


async def begun(conn: Conn, project: Project, **columns: Any) -> JobClaim:
    """Return the begun job of a due post."""
    await scene.schedule(conn, project)
    [claim] = await scene.pull(conn)
    if columns:
        await write(conn, claim, **columns)
    return claim


def post_of(claim: JobClaim) -> UUID:
    return UUID(claim.args["post_id"])


async def settle(pool: Pool, claim: JobClaim, outcome: TaskOutcome) -> None:
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome)])


NOT_LIVE: list[dict[str, Any]] = [{}, {"phase": "preparing"}, {"phase": "prepared", **PREPARED}]
ENDS: list[tuple[TaskOutcome, str]] = [
    (FAILED, "failed"),
    (Canceled(), "canceled"),
    (Retry("NETWORK", "no answer"), "queued"),
    (Snooze(30), "queued"),
    (Interrupted(), "queued"),
]


async def test_post_that_is_not_live_ends_with_its_job(pool: Pool, conn: Conn, project: Project) -> None:
    """All posts of two tenants at once."""
    org = await seeds.organization(conn)
    theirs = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=1)
    cases = [(whose, columns, *end) for whose in (project, theirs) for columns in NOT_LIVE for end in ENDS]
    for whose, *_ in cases:
        await scene.schedule(conn, whose)
    claims = sorted(await scene.pull(conn), key=lambda claim: claim.organization_id == org)
    for claim, (_, columns, *_) in zip(claims, cases, strict=True):
        if columns:
            await write(conn, claim, **columns)
    outcomes = [outcome for _, _, outcome, _ in cases]
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(*one) for one in zip(claims, outcomes, strict=True)])
    for claim, (whose, columns, outcome, status) in zip(claims, cases, strict=True):
        post = await scene.shown(conn, whose, post_of(claim))
        assert post.status == status, (columns, outcome)
        assert (post.last_error and post.last_error.code) == ("NETWORK" if status == "failed" else None)
        told = await scene.events(conn, post_of(claim))
        assert told == ["scheduled", *([status] if status != "queued" else [])]
    assert await conn.fetchval("select count(*) from job") == len(cases)


async def test_post_that_may_be_live_is_unknown_and_polled(pool: Pool, conn: Conn, project: Project) -> None:
    polled = """select internal, args, stage, run_at - now() as wait from job
                 where kind = 'reconcile_post' and args ->> 'post_id' = $1"""
    outcomes: list[TaskOutcome] = [FAILED, Canceled()]
    for phase in ("sending", "accepted", "confirming"):
        for outcome in outcomes:
            claim = await begun(conn, project, **SENT | {"phase": phase})
            await settle(pool, claim, outcome)
            post = await scene.shown(conn, project, post_of(claim))
            assert (post.status, post.canceled_at) == ("outcome_unknown", None), (phase, outcome)
            [(internal, args, stage, wait)] = await conn.fetch(polled, claim.args["post_id"])
            assert (internal, args, stage) == (True, claim.args, "scheduled")
            assert timedelta(seconds=25) < wait <= timedelta(seconds=30)
            assert (await scene.events(conn, post_of(claim)))[-1] == "outcome_unknown"


async def test_steps_detail_of_the_same_error_stays(pool: Pool, conn: Conn, project: Project) -> None:
    kept = {"NETWORK": ("noted before", "network"), "THROTTLED": ("no answer", "unknown")}
    for code, expected in kept.items():
        noted = {"code": code, "category": "network", "message": "noted before", "retryable": True}
        claim = await begun(conn, project, last_error=noted)
        await settle(pool, claim, FAILED)
        error = (await scene.shown(conn, project, post_of(claim))).last_error
        assert error
        assert (error.code, (error.message, error.category)) == ("NETWORK", expected)


async def test_a_deadline_is_too_late(conn: Conn, project: Project) -> None:
    [post_id] = await scene.schedule(conn, project)
    await conn.execute("update job set deadline_at = now()")
    assert len(await maintenance.end_overdue_jobs_and_subjects(conn)) == 1
    post = await scene.shown(conn, project, post_id)
    assert post.last_error is not None
    assert (post.status, post.last_error.code, post.last_error.category) == ("failed", "DEADLINE", "too_late")


async def test_third_dead_worker_ends_the_post(conn: Conn, project: Project) -> None:
    cases: list[tuple[dict[str, Any], int, tuple[str, str | None]]] = [
        ({}, 3, ("failed", "POISONED")),
        (SENT, 3, ("outcome_unknown", "POISONED")),
        (SENT, 1, ("publishing", None)),
    ]
    for columns, deaths, ends in cases:
        claim = await begun(conn, project, **columns)
        await conn.execute("update job set crashes = $2 where id = $1", claim.id, deaths - 1)
        await ledger_scene.expire_lease(conn, claim)
        await maintenance.requeue_or_end_lost_jobs(conn, before=FUTURE)
        post = await scene.shown(conn, project, post_of(claim))
        assert (post.status, post.last_error and post.last_error.code) == ends


async def test_last_steps_error_stays(pool: Pool, conn: Conn, project: Project) -> None:
    claim = await begun(conn, project)
    await write(conn, claim, status="published", published_at=datetime.now(UTC), external_id="1")
    await settle(pool, claim, Done())
    assert (await scene.shown(conn, project, post_of(claim))).status == "published"
    assert await scene.events(conn, post_of(claim)) == ["scheduled"]


async def test_an_earlier_job_ends_nothing(pool: Pool, conn: Conn, project: Project) -> None:
    """Blocked by an edit while its job ran, released again: the first job's end doesn't affect the post."""
    content_id = await scene.pending(conn, project, "First.")
    await scene.schedule(conn, project, content_id=content_id, at=datetime.now(UTC) + timedelta(hours=1))
    await run_in_transaction(pool, lambda own: reviewing.approve(own, project, content_id))
    await conn.execute("update job set run_at = now(), stage = 'queued'")
    [claim] = await scene.pull(conn)
    await run_in_transaction(pool, lambda own: reviewing.edit(own, project, content_id, "Second."))
    post = await scene.shown(conn, project, post_of(claim))
    assert (post.status, post.job_id) == ("blocked", None)
    await conn.execute("update scheduled_post set scheduled_for = now() + interval '1 hour'")
    await run_in_transaction(pool, lambda own: reviewing.approve(own, project, content_id))
    await settle(pool, claim, Canceled())
    post = await scene.shown(conn, project, post_of(claim))
    assert (post.status, post.job_id != f"job_{claim.id}") == ("queued", True)
    states = await conn.fetch("select state from job order by id")
    assert [row["state"] for row in states] == ["canceled", "queued"]


@pytest.mark.parametrize("ending", ["settled", "canceled", "edited"])
async def test_the_next_post_is_woken_when_the_head_of_the_queue_ends(
    pool: Pool, conn: Conn, project: Project, ending: str
) -> None:
    """The next post is woken at once, not in half a minute."""
    content_id = await scene.pending(conn, project, "First.")
    await scene.schedule(conn, project, content_id=content_id, at=datetime.now(UTC) + timedelta(hours=1))
    await run_in_transaction(pool, lambda own: reviewing.approve(own, project, content_id))
    await conn.execute("update scheduled_post set scheduled_for = now()")
    await conn.execute("update job set run_at = now(), stage = 'queued'")
    [first] = await scene.pull(conn)
    await scene.schedule(conn, project)
    [second] = await scene.pull(conn)
    await conn.execute("update social_account set turn_post_id = $1", post_of(first))
    await settle(pool, second, Snooze(30))
    if ending == "settled":
        await settle(pool, first, FAILED)
    elif ending == "canceled":
        assert await scene.cancel(pool, project, post_of(first))
    else:
        await run_in_transaction(pool, lambda own: reviewing.edit(own, project, content_id, "Second."))
    row = await ledger_scene.row(conn, second.id)
    assert (row["state"], row["stage"], row["run_at"] <= datetime.now(UTC)) == ("queued", "queued", True)


async def test_job_of_a_post_is_not_pruned(pool: Pool, conn: Conn, project: Project) -> None:
    kept = await begun(conn, project)
    await settle(pool, kept, FAILED)
    blocked = await begun(conn, project)
    await settle(pool, blocked, Canceled())
    await write(conn, blocked, status="blocked", canceled_at=None, phase=None, job_id=None)
    await conn.execute("update job set finished_at = now() - interval '31 days'")
    assert await chores.prune_ended_jobs(conn) == 1
    assert await conn.fetchval("select id from job") == kept.id
