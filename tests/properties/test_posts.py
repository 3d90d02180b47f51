"""Posts under random actions of people and workers: only allowed transitions, each with its job."""

import contextlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from asyncpg import Record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool, run_in_transaction
from domain.jobs import jobs, retries
from domain.operations import maintenance
from domain.publishing import captions, changes
from domain.publishing.states import ALLOWED_POST_TRANSITIONS, PostStatusValue
from domain.tenancy.api_keys import ALL_API_KEY_SCOPES
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled, Failed, Interrupted, Retry, Snooze, TaskOutcome
from schemas.errors import AttemptFenced, DomainError, JobCancelRequested
from schemas.posts import ResolvePost
from tests import leasing, seeds
from tests.domain.content import reviewing
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene

pytestmark = [pytest.mark.long, pytest.mark.first, pytest.mark.timeout(600)]

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FUTURE = datetime.max.replace(tzinfo=UTC)

OUTCOMES: list[TaskOutcome] = [
    Failed("NETWORK", "no answer", retryable=True),
    Failed("REFUSED", "no"),
    Retry("NETWORK", "no answer", after_s=0),
    Snooze(0),
    Canceled(),
    Interrupted(),
]


class PostHistory(NamedTuple):
    """A project with the unsettled claims of its posts and the approved captions."""

    pool: Pool
    project: Project
    claims: list[JobClaim]
    approved: set[str]

    async def post(self, number: int, status: str) -> Record | None:
        """Return a post with this status, or any post."""
        rows = await self.pool.fetch("select * from scheduled_post where project_id = $1 order by id", self.project.id)
        matching = [row for row in rows if row["status"] == status] or rows
        return matching[number % len(matching)] if matching else None

    def claim(self, number: int) -> JobClaim | None:
        return self.claims[number % len(self.claims)] if self.claims else None


Event = Callable[[PostHistory], Awaitable[object]]
EventParts = tuple[list[Event], list[Event], list[Event]]


def post_event(body: Callable[[PostHistory, Record], Awaitable[object]], number: int) -> Event:
    """Return an event for a post, in most cases one with a suitable status."""
    suitable_status: Any = {retry_job: "failed", resolve: "outcome_unknown", approve_caption: "blocked"}

    async def event(history: PostHistory) -> None:
        if post := await history.post(number, suitable_status.get(body, "queued") if number % 4 else ""):
            await body(history, post)

    return event


def claim_event(body: Callable[[PostHistory, JobClaim], Awaitable[object]], number: int) -> Event:
    async def event(history: PostHistory) -> None:
        if claim := history.claim(number):
            await body(history, claim)

    return event


async def schedule(history: PostHistory, *, at: timedelta, caption: str | None = None) -> None:
    target = {"caption_override": caption}
    call = partial(scene.schedule, project=history.project, at=datetime.now(UTC) + at, target=target)
    await run_in_transaction(history.pool, call)


async def approve(history: PostHistory) -> None:
    call = partial(reviewing.approve, project=history.project, content_id=history.project.content_id)
    approved = await run_in_transaction(history.pool, call)
    history.approved.add(approved.caption)


async def approve_caption(history: PostHistory, post: Record) -> None:
    call = partial(
        captions.approve_post_caption, organization_id=history.project.org, post_id=post["id"], api_key_id=None
    )
    await run_in_transaction(history.pool, partial(call, note=None, now=datetime.now(UTC)))
    history.approved.add(post["caption_override"])


async def edit(history: PostHistory) -> None:
    call = partial(reviewing.edit, project=history.project, content_id=history.project.content_id)
    await run_in_transaction(history.pool, partial(call, caption=str(datetime.now(UTC))))


async def reject(history: PostHistory) -> None:
    call = partial(reviewing.reject, project=history.project, content_id=history.project.content_id)
    await run_in_transaction(history.pool, call)


async def disconnect(history: PostHistory) -> None:
    await leasing.disconnect(history.pool, history.project.org, history.project.account_ids[0])


async def archive(history: PostHistory) -> None:
    await scene.archive(history.pool, history.project)


async def pull(history: PostHistory) -> None:
    async with history.pool.acquire() as conn:
        history.claims.extend(await scene.pull(conn, 2))
        await scene.prepare(conn)


async def lose_workers(history: PostHistory) -> None:
    async with history.pool.acquire() as conn:
        await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
        await maintenance.requeue_or_end_lost_jobs(conn, before=FUTURE)
        await conn.execute("delete from worker")


async def promote(history: PostHistory) -> None:
    await history.pool.execute("update job set run_at = now(), stage = 'queued' where stage = 'scheduled'")


async def cancel(history: PostHistory, post: Record) -> None:
    await scene.cancel(history.pool, history.project, post["id"])


async def postpone(history: PostHistory, post: Record) -> None:
    await scene.postpone(history.pool, history.project, post["id"])


async def cancel_job(history: PostHistory, post: Record) -> None:
    if post["job_id"]:
        call = partial(jobs.request_job_cancel, organization_id=history.project.org, job_id=post["job_id"])
        await run_in_transaction(history.pool, call)


async def retry_job(history: PostHistory, post: Record) -> None:
    if post["job_id"]:
        call = partial(
            retries.submit_job_retry,
            organization_id=history.project.org,
            job_id=post["job_id"],
            scopes=ALL_API_KEY_SCOPES,
        )
        await run_in_transaction(history.pool, call)


async def resolve(history: PostHistory, post: Record) -> None:
    call = partial(
        changes.resolve_post_outcome_by_person, organization_id=history.project.org, post_id=post["id"], api_key_id=None
    )
    await run_in_transaction(history.pool, partial(call, body=ResolvePost(published=post["version"] % 2 == 0)))


async def status_of(history: PostHistory, claim: JobClaim) -> str | None:
    status: str | None = await history.pool.fetchval("select status from scheduled_post where job_id = $1", claim.id)
    return status


async def mark(history: PostHistory, claim: JobClaim) -> None:
    """Mark the claim's post, unless it is already marked."""
    if await status_of(history, claim) == "publishing":
        return
    if not await scene.mark(history.pool, claim):
        history.claims.remove(claim)


async def publish(history: PostHistory, claim: JobClaim) -> None:
    if await status_of(history, claim) == "publishing":
        await scene.publish(history.pool, claim)
        history.claims.remove(claim)


def settle(outcome: TaskOutcome) -> Callable[[PostHistory, JobClaim], Awaitable[None]]:
    async def body(history: PostHistory, claim: JobClaim) -> None:
        history.claims.remove(claim)
        await jobs.settle_jobs_and_subjects(history.pool, [AttemptSettlement(claim, outcome)])

    return body


NUMBERS = st.integers(0, 30)
CHANGES = [cancel, postpone, approve_caption, cancel_job, retry_job, resolve]
EVENTS = st.one_of(
    st.sampled_from([approve, edit, pull, pull, pull, promote, lose_workers]),
    st.builds(
        lambda hours, caption: partial(schedule, at=timedelta(hours=hours), caption=caption),
        st.sampled_from([0, 0, 24]),
        st.sampled_from([None, None, "Mine.", "First."]),
    ),
    st.builds(post_event, st.sampled_from(CHANGES), NUMBERS),
    st.builds(claim_event, st.sampled_from([mark, mark, mark, publish]), NUMBERS),
    st.builds(claim_event, st.just(mark), NUMBERS),
    st.builds(lambda outcome, number: claim_event(settle(outcome), number), st.sampled_from(OUTCOMES), NUMBERS),
)
ENDS = st.lists(st.sampled_from([reject, disconnect, archive]), max_size=2)


async def start_history(pool: Pool, conn: Conn, *, gated: bool) -> PostHistory:
    await conn.execute("truncate organization, worker cascade")
    org = await seeds.organization(conn)
    project = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=2)
    if gated:
        project = project._replace(content_id=await scene.pending(conn, project, "First."))
    history = PostHistory(pool, project, [], set())
    await schedule(history, at=timedelta(0))
    return history


async def test_the_check_constraint_has_the_same_states(conn: Conn) -> None:
    states = await conn.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'scheduled_post_status_check'"
    )
    assert set(re.findall(r"'(\w+)'", states)) == set(PostStatusValue)


@settings(SETTINGS, max_examples=120)
@given(
    gated=st.booleans(), events=st.tuples(st.lists(EVENTS, min_size=5, max_size=25), ENDS, st.lists(EVENTS, max_size=5))
)
async def test_posts_make_only_allowed_transitions(pool: Pool, conn: Conn, *, gated: bool, events: EventParts) -> None:
    history = await start_history(pool, conn, gated=gated)
    before = await read_posts(conn, history)
    for event in chain.from_iterable(events):
        with contextlib.suppress(DomainError, AttemptFenced, JobCancelRequested):
            await event(history)
        after = await read_posts(conn, history)
        check_transitions(before, after)
        assert await scene.unfinished(conn) == []
        assert await find_stray_posts(conn, history) == []
        assert not gated or set(await scene.captions_out(conn)) <= history.approved
        before = after


async def read_posts(conn: Conn, history: PostHistory) -> dict[UUID, Record]:
    rows = await conn.fetch(
        """select p.*, (select count(*) from post_event e where e.post_id = p.id) as events
             from scheduled_post p where project_id = $1""",
        history.project.id,
    )
    return {row["id"]: row for row in rows}


def check_transitions(before: dict[UUID, Record], after: dict[UUID, Record]) -> None:
    for post_id, old in before.items():
        new = after[post_id]
        moved = (old["status"], new["status"])
        assert moved[0] == moved[1] or moved in ALLOWED_POST_TRANSITIONS
        assert new["version"] >= old["version"]
        changed = any(old[name] != new[name] for name in ("status", "scheduled_for", "job_id", "last_error"))
        assert not changed or new["version"] > old["version"]
        assert moved[0] == moved[1] or new["events"] > old["events"]


async def find_stray_posts(conn: Conn, history: PostHistory) -> list[str]:
    """Return waiting posts with an account, project or content that forbids it."""
    rows = await conn.fetch(
        """select p.status || ' ' || c.approval_status || ' ' || a.status || ' ' || o.status as what
             from scheduled_post p
             join content_item c on c.id = p.content_id
             join social_account a on a.id = p.social_account_id
             join project o on o.id = p.project_id
             left join job j on j.id = p.job_id
            where p.project_id = $1 and p.status in ('blocked', 'queued') and j.cancel_requested_at is null
              and (a.status = 'disconnected' or o.status = 'archived' or c.approval_status = 'rejected'
                   or (p.status = 'queued' and c.approval_status = 'pending'))""",
        history.project.id,
    )
    return [row["what"] for row in rows]
