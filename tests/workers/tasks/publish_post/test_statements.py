"""Statements of a post: an undisturbed attempt takes four, and each changes all of its rows or none."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain.publishing import account_queue, failures, outgoing, sending
from domain.publishing.locked_post import LockedPost
from jobs.kinds import PUBLISH_POST_KIND
from jobs.ledger import JobClaim
from schemas.errors import AttemptFenced, JobCancelRequested
from tests import seeds
from tests.domain.publishing import post_scene as scene
from tests.statements import counted
from tests.workers import by_hand
from tests.workers.tasks.publish_post.project import PublishingProject

#: A post's rows, and all others that its steps write.
ROWS = """
select (select jsonb_agg(to_jsonb(p) order by p.id) from scheduled_post p),
       (select jsonb_agg(to_jsonb(j) order by j.id) from job j),
       (select jsonb_agg(to_jsonb(a) order by a.id) from social_account a),
       (select jsonb_agg(to_jsonb(e) order by e.id) from post_event e),
       (select jsonb_agg(to_jsonb(s) order by s.id) from account_send s)"""

Step = Callable[[PublishingProject, JobClaim], Awaitable[object]]


async def take(project: PublishingProject, claim: JobClaim) -> object:
    return await scene.take(project.pool, claim)


async def mark(project: PublishingProject, claim: JobClaim) -> object:
    async with project.pool.acquire() as conn:
        return await scene.mark_at_once(conn, claim)


async def publish(project: PublishingProject, claim: JobClaim) -> object:
    """Publish a post; None if the step was refused."""
    try:
        await scene.publish(project.pool, claim)
    except (AttemptFenced, JobCancelRequested):
        return None
    return True


STEPS: tuple[Step, ...] = (take, mark, publish)


async def claimed(project: PublishingProject) -> JobClaim:
    async with project.pool.acquire() as conn:
        [claim] = await seeds.claims(conn, PUBLISH_POST_KIND, free=1)
    return claim


async def run_up_to(project: PublishingProject, claim: JobClaim, step: Step) -> None:
    """Run the steps before `step`."""
    for earlier in STEPS[: STEPS.index(step)]:
        assert await earlier(project, claim)
        async with project.pool.acquire() as conn:
            await scene.prepare(conn)


async def rows(project: PublishingProject) -> tuple[Any, ...]:
    found = await project.pool.fetchrow(ROWS)
    assert found
    return tuple(found)


async def test_an_undisturbed_attempt_takes_four_statements_and_no_transaction(project: PublishingProject) -> None:
    await project.post()
    with counted() as seen:
        assert await project.attempt() == "completed"
    names = ("claim_jobs", "read_post", "take_head", "mark_sending", "publish_post")
    assert {name: seen[name] for name in names} == dict.fromkeys(names, 1)
    assert seen.keys() - names <= {"register_worker"}
    assert project.verbs == [
        sending.take_post_to_send_at_once,
        sending.mark_post_sending_at_once,
        sending.mark_post_published,
    ]


@pytest.mark.parametrize("step", STEPS)
async def test_a_fenced_attempt_changes_no_row(project: PublishingProject, post: UUID, step: Step) -> None:
    claim = await claimed(project)
    await run_up_to(project, claim, step)
    await by_hand.rescue(project.pool)
    later = await claimed(project)
    assert later.fence > claim.fence
    before = await rows(project)
    assert await step(project, claim) is None
    assert await rows(project) == before
    assert (await publish(project, later) is None) == (step is not publish)


OBSTACLES = {
    "cancel": "update job set cancel_requested_at = now()",
    "archive": "update project set status = 'archived', archived_at = now()",
    "canceled": "update scheduled_post set status = 'canceled', canceled_at = now(), phase = null",
    "other job": "update scheduled_post set job_id = gen_random_uuid()",
    "late": "update scheduled_post set scheduled_for = now() - interval '121 minutes'",
    "reauth": "update social_account set status = 'reauth_required'",
    "cooldown": "update social_account set cooldown_until = now() + interval '1 minute'",
}
#: The loss of an answer was stored meanwhile.
UNKNOWN = {"unknown": "update scheduled_post set status = 'outcome_unknown', phase = null"}
EDITS = {
    "edit": "update content_item set revision = revision + 1",
    "approval": "update content_item set approval_status = 'pending'",
    "quota": """with quota as (update social_account set quota_posts = 1, quota_window_s = 60 returning *)
                insert into account_send (organization_id, account_id, id) select organization_id, id, id from quota""",
}
#: The head is taken before an edit counts. An end knows no obstacle but a lost claim.
REFUSALS = [
    *((take, name) for name in (*OBSTACLES, "quota")),
    *((mark, name) for name in (*OBSTACLES, *EDITS)),
    *((publish, name) for name in ("cancel", "unknown", "other job")),
]


@pytest.mark.parametrize(("step", "obstacle"), REFUSALS)
async def test_an_obstacle_leaves_all_rows_as_they_are(
    project: PublishingProject, post: UUID, step: Step, obstacle: str
) -> None:
    claim = await claimed(project)
    await run_up_to(project, claim, step)
    await project.pool.execute((OBSTACLES | EDITS | UNKNOWN)[obstacle])
    before = await rows(project)
    assert await step(project, claim) is None
    assert await rows(project) == before


async def test_the_quota_under_the_lock_counts_not_that_of_the_read(
    project: PublishingProject, post: UUID, conn: Conn
) -> None:
    claim = await claimed(project)
    await run_up_to(project, claim, mark)
    read = await outgoing.read_outgoing_post(conn, claim, seeds.VAULT)
    assert read
    await conn.execute(EDITS["quota"])
    position = await account_queue.claim_queue_head_for_post(conn, claim, read.post)
    assert (position.is_head, position.full_s > 0) == (False, True)
    mark_read = partial(sending.mark_post_sending_at_once, conn, claim=claim, post=read.outgoing, unsaved=None)
    assert await mark_read() is None
    await conn.execute("update social_account set quota_posts = 2")
    assert await mark_read()


async def test_an_unblocked_post_meets_no_obstacle_of_a_transaction(
    project: PublishingProject, post: UUID, conn: Conn
) -> None:
    """For each combination of the columns that both rules read."""
    claim = await claimed(project)
    read = await outgoing.read_outgoing_post(conn, claim, seeds.VAULT)
    assert read
    base, seen = read.post, Counter[bool]()
    for account in ("connected", "reauth_required", "disconnected"):
        for owner in ("connected", "reauth_required", "disconnected"):
            for cooldown_s in (None, -1.0, 5.0):
                for age in (timedelta(), timedelta(hours=2, seconds=1)):
                    tried: LockedPost = base._replace(
                        account_status=account, owner_status=owner, cooldown_s=cooldown_s, scheduled_for=base.now - age
                    )
                    transaction = conn.transaction()
                    await transaction.start()
                    outcome = await failures.handle_sending_blocker(conn, tried)
                    await transaction.rollback()
                    assert tried.is_unblocked == (outcome is None), tried
                    seen[tried.is_unblocked] += 1
    assert min(seen.values()) > 1
