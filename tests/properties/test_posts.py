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

from db.pool import Conn, Pool, transact
from domain.jobs import jobs, retries
from domain.operations import maintenance
from domain.publishing import captions, changes
from domain.publishing.states import ALLOWED, PostState
from domain.tenancy.api_keys import EVERY_SCOPE
from jobs.ledger import Claim, Settlement
from jobs.outcomes import Canceled, Failed, Interrupted, Outcome, Retry, Snooze
from schemas.errors import CancelRequested, DomainError, Fenced
from schemas.posts import ResolvePost
from tests import leasing, seeds
from tests.domain.content import reviewing
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene

pytestmark = [pytest.mark.long, pytest.mark.first]

SOME = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FUTURE = datetime.max.replace(tzinfo=UTC)

OUTCOMES: list[Outcome] = [
    Failed("NETWORK", "no answer", retryable=True),
    Failed("REFUSED", "no"),
    Retry("NETWORK", "no answer", after_s=0),
    Snooze(0),
    Canceled(),
    Interrupted(),
]


class Life(NamedTuple):
    """A project with the unsettled claims of its posts and the approved captions."""

    pool: Pool
    project: Project
    claims: list[Claim]
    approved: set[str]

    async def post(self, number: int, status: str) -> Record | None:
        """Return a post with this status, or any post."""
        rows = await self.pool.fetch(
            "select * from scheduled_post where project_id = $1 order by id", self.project.id
        )
        fit = [row for row in rows if row["status"] == status] or rows
        return fit[number % len(fit)] if fit else None

    def claim(self, number: int) -> Claim | None:
        return self.claims[number % len(self.claims)] if self.claims else None


Event = Callable[[Life], Awaitable[object]]
Parts = tuple[list[Event], list[Event], list[Event]]


def of_a_post(body: Callable[[Life, Record], Awaitable[object]], number: int) -> Event:
    """Return an event for a post, in most cases one with a suitable status."""
    meant_for: Any = {retry_job: "failed", resolve: "outcome_unknown", approve_caption: "blocked"}

    async def event(life: Life) -> None:
        if post := await life.post(number, meant_for.get(body, "queued") if number % 4 else ""):
            await body(life, post)

    return event


def of_a_claim(body: Callable[[Life, Claim], Awaitable[object]], number: int) -> Event:
    async def event(life: Life) -> None:
        if claim := life.claim(number):
            await body(life, claim)

    return event


async def schedule(life: Life, *, at: timedelta, caption: str | None = None) -> None:
    target = {"caption_override": caption}
    asked = partial(scene.schedule, project=life.project, at=datetime.now(UTC) + at, target=target)
    await transact(life.pool, asked)


async def approve(life: Life) -> None:
    approved = await transact(
        life.pool, partial(reviewing.approve, project=life.project, content_id=life.project.content_id)
    )
    life.approved.add(approved.caption)


async def approve_caption(life: Life, post: Record) -> None:
    asked = partial(captions.approve, organization_id=life.project.org, post_id=post["id"], api_key_id=None)
    await transact(life.pool, partial(asked, note=None, now=datetime.now(UTC)))
    life.approved.add(post["caption_override"])


async def edit(life: Life) -> None:
    words = partial(reviewing.edit, project=life.project, content_id=life.project.content_id)
    await transact(life.pool, partial(words, caption=str(datetime.now(UTC))))


async def reject(life: Life) -> None:
    await transact(
        life.pool, partial(reviewing.reject, project=life.project, content_id=life.project.content_id)
    )


async def disconnect(life: Life) -> None:
    await leasing.disconnect(life.pool, life.project.org, life.project.account_ids[0])


async def archive(life: Life) -> None:
    await scene.archive(life.pool, life.project)


async def pull(life: Life) -> None:
    async with life.pool.acquire() as conn:
        life.claims.extend(await scene.pull(conn, 2))
        await scene.prepare(conn)


async def lose_workers(life: Life) -> None:
    async with life.pool.acquire() as conn:
        await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
        await maintenance.rescue(conn, before=FUTURE)
        await conn.execute("delete from worker")


async def promote(life: Life) -> None:
    await life.pool.execute("update job set run_at = now(), stage = 'queued' where stage = 'scheduled'")


async def cancel(life: Life, post: Record) -> None:
    await scene.cancel(life.pool, life.project, post["id"])


async def postpone(life: Life, post: Record) -> None:
    await scene.postpone(life.pool, life.project, post["id"])


async def cancel_job(life: Life, post: Record) -> None:
    if post["job_id"]:
        asked = partial(jobs.cancel, organization_id=life.project.org, job_id=post["job_id"])
        await transact(life.pool, asked)


async def retry_job(life: Life, post: Record) -> None:
    if post["job_id"]:
        asked = partial(
            retries.retry, organization_id=life.project.org, job_id=post["job_id"], scopes=EVERY_SCOPE
        )
        await transact(life.pool, asked)


async def resolve(life: Life, post: Record) -> None:
    asked = partial(changes.resolve, organization_id=life.project.org, post_id=post["id"], api_key_id=None)
    await transact(life.pool, partial(asked, body=ResolvePost(published=post["version"] % 2 == 0)))


async def status_of(life: Life, claim: Claim) -> str | None:
    status: str | None = await life.pool.fetchval(
        "select status from scheduled_post where job_id = $1", claim.id
    )
    return status


async def mark(life: Life, claim: Claim) -> None:
    """Mark the claim's post, unless it is already marked."""
    if await status_of(life, claim) == "publishing":
        return
    if not await scene.mark(life.pool, claim):
        life.claims.remove(claim)


async def publish(life: Life, claim: Claim) -> None:
    if await status_of(life, claim) == "publishing":
        await scene.publish(life.pool, claim)
        life.claims.remove(claim)


def settle(outcome: Outcome) -> Callable[[Life, Claim], Awaitable[None]]:
    async def body(life: Life, claim: Claim) -> None:
        life.claims.remove(claim)
        await jobs.settle(life.pool, [Settlement(claim, outcome)])

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
    st.builds(of_a_post, st.sampled_from(CHANGES), NUMBERS),
    st.builds(of_a_claim, st.sampled_from([mark, mark, mark, publish]), NUMBERS),
    st.builds(of_a_claim, st.just(mark), NUMBERS),
    st.builds(
        lambda outcome, number: of_a_claim(settle(outcome), number), st.sampled_from(OUTCOMES), NUMBERS
    ),
)
ENDS = st.lists(st.sampled_from([reject, disconnect, archive]), max_size=2)


async def born(pool: Pool, conn: Conn, *, gated: bool) -> Life:
    await conn.execute("truncate organization, worker cascade")
    org = await seeds.organization(conn)
    project = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=2)
    if gated:
        project = project._replace(content_id=await scene.pending(conn, project, "First."))
    life = Life(pool, project, [], set())
    await schedule(life, at=timedelta(0))
    return life


async def test_the_database_knows_the_same_states(conn: Conn) -> None:
    states = await conn.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'scheduled_post_status_check'"
    )
    assert set(re.findall(r"'(\w+)'", states)) == set(PostState)


ANY = given(
    gated=st.booleans(),
    events=st.tuples(st.lists(EVENTS, min_size=5, max_size=25), ENDS, st.lists(EVENTS, max_size=5)),
)


@settings(SOME, max_examples=15)
@ANY
async def test_posts_move_as_the_table_says(pool: Pool, conn: Conn, *, gated: bool, events: Parts) -> None:
    await live(pool, conn, gated=gated, events=events)


async def live(pool: Pool, conn: Conn, *, gated: bool, events: Parts) -> None:
    life = await born(pool, conn, gated=gated)
    before = await seen(conn, life)
    for event in chain.from_iterable(events):
        with contextlib.suppress(DomainError, Fenced, CancelRequested):
            await event(life)
        now = await seen(conn, life)
        check(before, now)
        assert await scene.unfinished(conn) == []
        assert await strays(conn, life) == []
        assert not gated or set(await scene.captions_out(conn)) <= life.approved
        before = now


async def seen(conn: Conn, life: Life) -> dict[UUID, Record]:
    rows = await conn.fetch(
        """select p.*, (select count(*) from post_event e where e.post_id = p.id) as events
             from scheduled_post p where project_id = $1""",
        life.project.id,
    )
    return {row["id"]: row for row in rows}


def check(before: dict[UUID, Record], now: dict[UUID, Record]) -> None:
    for post_id, was in before.items():
        is_now = now[post_id]
        moved = (was["status"], is_now["status"])
        assert moved[0] == moved[1] or moved in ALLOWED
        assert is_now["version"] >= was["version"]
        changed = any(
            was[name] != is_now[name] for name in ("status", "scheduled_for", "job_id", "last_error")
        )
        assert not changed or is_now["version"] > was["version"]
        assert moved[0] == moved[1] or is_now["events"] > was["events"]


async def strays(conn: Conn, life: Life) -> list[str]:
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
        life.project.id,
    )
    return [row["what"] for row in rows]
