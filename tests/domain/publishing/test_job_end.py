"""Each end of a post's job ends the post: failed or canceled, or unknown if it may be live."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, transact
from domain.jobs import jobs
from domain.operations import maintenance
from jobs import maintenance as chores
from jobs.ledger import Claim, Settlement
from jobs.outcomes import Canceled, Done, Failed, Interrupted, Outcome, Retry, Snooze
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


async def write(conn: Conn, claim: Claim, **columns: Any) -> None:
    """Set columns of a job's post, past all rules."""
    assigned = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    await conn.execute(f"update scheduled_post set {assigned} where job_id = $1", claim.id, *columns.values())


async def begun(conn: Conn, project: Project, **columns: Any) -> Claim:
    """Return the begun job of a due post."""
    await scene.schedule(conn, project)
    [claim] = await scene.pull(conn)
    if columns:
        await write(conn, claim, **columns)
    return claim


def post_of(claim: Claim) -> UUID:
    return UUID(claim.args["post_id"])


async def settle(pool: Pool, claim: Claim, outcome: Outcome) -> None:
    await jobs.settle(pool, [Settlement(claim, outcome)])


@pytest.mark.parametrize("columns", [{}, {"phase": "preparing"}, {"phase": "prepared", **PREPARED}])
@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (FAILED, "failed"),
        (Canceled(), "canceled"),
        (Retry("NETWORK", "no answer"), "queued"),
        (Snooze(30), "queued"),
        (Interrupted(), "queued"),
    ],
)
async def test_post_that_is_not_live_ends_with_its_job(
    pool: Pool, conn: Conn, project: Project, *, columns: dict[str, Any], outcome: Outcome, status: str
) -> None:
    claim = await begun(conn, project, **columns)
    await settle(pool, claim, outcome)
    post = await scene.shown(conn, project, post_of(claim))
    assert post.status == status
    assert (post.last_error and post.last_error.code) == ("NETWORK" if status == "failed" else None)
    assert await scene.events(conn, post_of(claim)) == [
        "scheduled",
        *([status] if status != "queued" else []),
    ]
    assert await conn.fetchval("select count(*) from job") == 1


@pytest.mark.parametrize("phase", ["sending", "accepted", "confirming"])
@pytest.mark.parametrize("outcome", [FAILED, Canceled()])
async def test_post_that_may_be_live_is_unknown_and_polled(
    pool: Pool, conn: Conn, project: Project, phase: str, outcome: Outcome
) -> None:
    claim = await begun(conn, project, **SENT | {"phase": phase})
    await settle(pool, claim, outcome)
    post = await scene.shown(conn, project, post_of(claim))
    assert (post.status, post.canceled_at) == ("outcome_unknown", None)
    asks = await conn.fetchrow("select *, run_at - now() as wait from job where kind = 'reconcile_post'")
    assert asks is not None
    assert (asks["internal"], asks["args"], asks["stage"]) == (True, claim.args, "scheduled")
    assert timedelta(seconds=25) < asks["wait"] <= timedelta(seconds=30)
    assert (await scene.events(conn, post_of(claim)))[-1] == "outcome_unknown"


@pytest.mark.parametrize(
    ("code", "kept"),
    [("NETWORK", ("noted before", "network")), ("THROTTLED", ("no answer", "unknown"))],
)
async def test_steps_detail_of_the_same_error_stays(
    pool: Pool, conn: Conn, project: Project, code: str, kept: tuple[str, str]
) -> None:
    noted = {"code": code, "category": "network", "message": "noted before", "retryable": True}
    claim = await begun(conn, project, last_error=noted)
    await settle(pool, claim, FAILED)
    error = (await scene.shown(conn, project, post_of(claim))).last_error
    assert error
    assert (error.code, (error.message, error.category)) == ("NETWORK", kept)


async def test_a_deadline_is_too_late(conn: Conn, project: Project) -> None:
    [post_id] = await scene.schedule(conn, project)
    await conn.execute("update job set deadline_at = now()")
    assert len(await maintenance.end_overdue(conn)) == 1
    post = await scene.shown(conn, project, post_id)
    assert post.last_error is not None
    assert (post.status, post.last_error.code, post.last_error.category) == ("failed", "DEADLINE", "too_late")


@pytest.mark.parametrize(
    ("columns", "deaths", "ends"),
    [
        (SENT, 1, ("publishing", None)),
        ({}, 3, ("failed", "POISONED")),
        (SENT, 3, ("outcome_unknown", "POISONED")),
    ],
)
async def test_third_dead_worker_ends_the_post(
    conn: Conn, project: Project, columns: dict[str, Any], deaths: int, ends: tuple[str, str | None]
) -> None:
    claim = await begun(conn, project, **columns)
    await conn.execute("update job set crashes = $2 where id = $1", claim.id, deaths - 1)
    await ledger_scene.expire_lease(conn, claim)
    await maintenance.rescue(conn, before=FUTURE)
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
    await transact(pool, lambda own: reviewing.approve(own, project, content_id))
    await conn.execute("update job set run_at = now(), stage = 'queued'")
    [claim] = await scene.pull(conn)
    await transact(pool, lambda own: reviewing.edit(own, project, content_id, "Second."))
    post = await scene.shown(conn, project, post_of(claim))
    assert (post.status, post.job_id) == ("blocked", None)
    await conn.execute("update scheduled_post set scheduled_for = now() + interval '1 hour'")
    await transact(pool, lambda own: reviewing.approve(own, project, content_id))
    await settle(pool, claim, Canceled())
    post = await scene.shown(conn, project, post_of(claim))
    assert (post.status, post.job_id != f"job_{claim.id}") == ("queued", True)
    states = await conn.fetch("select state from job order by id")
    assert [row["state"] for row in states] == ["canceled", "queued"]


async def test_the_posts_of_many_tenants_end_at_once(pool: Pool, conn: Conn, project: Project) -> None:
    org = await seeds.organization(conn)
    theirs = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=3)
    await scene.schedule(conn, project)
    await scene.schedule(conn, theirs)
    claims = await scene.pull(conn)
    await jobs.settle(pool, [Settlement(claim, FAILED) for claim in claims])
    rows = await conn.fetch("select status, count(*) as n from scheduled_post group by status")
    assert [(row["status"], row["n"]) for row in rows] == [("failed", 4)]
    assert await conn.fetchval("select count(*) from post_event where type = 'failed'") == 4


@pytest.mark.parametrize("ending", ["settled", "canceled", "edited"])
async def test_the_next_post_is_woken_when_the_head_of_the_queue_ends(
    pool: Pool, conn: Conn, project: Project, ending: str
) -> None:
    """The next post is woken at once, not in half a minute."""
    content_id = await scene.pending(conn, project, "First.")
    await scene.schedule(conn, project, content_id=content_id, at=datetime.now(UTC) + timedelta(hours=1))
    await transact(pool, lambda own: reviewing.approve(own, project, content_id))
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
        await transact(pool, lambda own: reviewing.edit(own, project, content_id, "Second."))
    row = await ledger_scene.row(conn, second.id)
    assert (row["state"], row["stage"], row["run_at"] <= datetime.now(UTC)) == ("queued", "queued", True)


async def test_job_of_a_post_is_not_pruned(pool: Pool, conn: Conn, project: Project) -> None:
    kept = await begun(conn, project)
    await settle(pool, kept, FAILED)
    blocked = await begun(conn, project)
    await settle(pool, blocked, Canceled())
    await write(conn, blocked, status="blocked", canceled_at=None, phase=None, job_id=None)
    await conn.execute("update job set finished_at = now() - interval '31 days'")
    assert await chores.prune_jobs(conn) == 1
    assert await conn.fetchval("select id from job") == kept.id
