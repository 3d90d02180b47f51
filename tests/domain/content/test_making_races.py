"""Races of next revisions with all other changes of their content."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.jobs import jobs
from domain.publishing import scheduling
from jobs.kinds import CONTENT_GENERATE_KIND
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled, Failed, TaskOutcome
from schemas import ids
from schemas.errors import ApprovalRequired, ContentRejected, InvalidValue, JobCancelRequested, StateConflict
from schemas.posts import PublishContent, Target
from tests import seeds
from tests.domain.content import making, reviewing
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene


async def end(pool: Pool, claim: JobClaim) -> bool:
    """Return whether the last steps of a job attached its revision; else settle the job as a worker would."""
    try:
        await making.finish(pool, claim, str(random.random()))
    except (JobCancelRequested, StateConflict):
        outcome: TaskOutcome = Canceled()
    except (ContentRejected, InvalidValue) as error:
        outcome = Failed("REFUSED", error.message)
    else:
        return True
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, outcome)])
    return False


async def publish(conn: Conn, project: Project) -> None:
    targets = [
        Target(social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id))
        for account_id in project.account_ids
    ]
    await scheduling.create_immediate_content_posts(
        conn,
        organization_id=project.org,
        content_id=project.content_id,
        approver_id=None,
        body=PublishContent(targets=targets, allow_duplicate=True),
    )


async def attempt(racer: Callable[[], Awaitable[Any]]) -> bool:
    """Return whether a change came in time; else it is refused with a reason."""
    try:
        await racer()
    except (ApprovalRequired, StateConflict, ContentRejected):
        return False
    return True


def racers(wide: Pool, project: Project, claim: JobClaim) -> dict[str, Callable[[], Awaitable[bool]]]:
    later = datetime.now(UTC) + timedelta(hours=1)
    at: dict[str, Any] = {"project": project, "content_id": project.content_id}
    in_one: dict[str, Callable[[Conn], Awaitable[Any]]] = {
        "approve": partial(reviewing.approve, **at),
        "edit": partial(reviewing.edit, **at, caption="Other."),
        "schedule": partial(scene.schedule, project=project, at=later),
        "publish": partial(publish, project=project),
        "reject": partial(reviewing.reject, **at),
        "regenerate": partial(making.regenerate, **at),
    }
    each: dict[str, Callable[[], Awaitable[bool]]] = {
        name: partial(attempt, partial(run_in_transaction, wide, racer)) for name, racer in in_one.items()
    }
    each["archive"] = partial(attempt, partial(scene.archive, wide, project))
    each["finish"] = partial(end, wide, claim)
    return each


#: Tasks of each round, with one more that ends the item or requests another revision.
USUAL = ("approve", "schedule", "publish", "edit", "finish")
EXTRA = ((), ("reject",), ("archive",), ("regenerate",))


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)])
async def test_revision_races_reviewers_and_archives(wide: Pool, conn: Conn, org: UUID, times: int) -> None:
    """No queued post has pending content, and files and number are of one revision."""
    count = 0
    for extra in EXTRA * times:
        project = await approving(wide, conn, org)
        claim = await making.begun(conn, project, project.content_id)
        before = await files(conn, project.content_id)
        known, names = racers(wide, project, claim), [*USUAL, *extra]
        random.shuffle(names)
        done = dict(zip(names, await asyncio.gather(*[known[name]() for name in names]), strict=True))
        count += done["finish"]
        await whole(conn, project, before, made=done["finish"], edited=done["edit"])
        again = await seeds.claims(conn, CONTENT_GENERATE_KIND)
        await jobs.settle_jobs_and_subjects(wide, [AttemptSettlement(one, Canceled()) for one in again])
    assert count >= 2 * times
    assert await scene.unfinished(conn) == []


async def approving(pool: Pool, conn: Conn, org: UUID) -> Project:
    """Create a project with scheduled generated content, which may be approved."""
    project = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=2)
    await making.tell_brand(conn, project)
    await reviewing.policy(conn, project, requires_approval=True)
    project = project._replace(content_id=await making.made(pool, conn, project))
    if random.random() < 0.5:
        await reviewing.approve(conn, project, project.content_id)
    await scene.schedule(conn, project, at=datetime.now(UTC) + timedelta(hours=1))
    return project


async def files(conn: Conn, content_id: UUID) -> list[str]:
    rows = await conn.fetch("select token from content_asset where content_id = $1", content_id)
    return [row["token"] for row in rows]


#: Allowed statuses of posts with a future time; a post with a past time waits for a person.
ALLOWED = {"approved": {"queued"}, "pending": {"blocked"}, "rejected": set[str]()}


async def whole(conn: Conn, project: Project, before: list[str], *, made: bool, edited: bool) -> None:
    """Check that the content is of one revision, and its posts match its approval."""
    content_id = project.content_id
    item = await conn.fetchrow("select revision, approval_status from content_item where id = $1", content_id)
    assert item
    assert item["revision"] == 1 + made + edited
    after = await files(conn, content_id)
    assert (len(after), after != before) == (1, made)
    replaced = await conn.fetchval("select count(*) from media_upload where content_id = $1", content_id)
    assert replaced == 2 * made
    posts = await conn.fetch(
        """select distinct status from scheduled_post
            where content_id = $1 and status <> 'canceled'
              and not (status = 'blocked' and scheduled_for < now())""",
        content_id,
    )
    assert {post["status"] for post in posts} <= ALLOWED[item["approval_status"]]
