"""Statements of posts read few rows of a large table, also by plans for an empty one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.publishing import account_queue, job_end, platform_webhook, posts, quotas, sending, targets, waiting
from domain.publishing.platform_webhook import PlatformWebhookEvent
from domain.publishing.targets import SamePostFingerprint
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from jobs.ledger import ChangedJob, JobClaim
from jobs.outcomes import Done, TaskNotDone
from schemas import ids
from tests import plans, seeds
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene

pytestmark = pytest.mark.fresh

#: Posts of one project that wait, and that were published; and more projects of the same and another tenant.
WAITING, ENDED, OTHERS = 200, 8_000, 50
PAGE = 25


class Table(NamedTuple):
    """Queried project, and its tenant."""

    project: Project
    post_id: UUID
    job_id: UUID

    @property
    def tenant(self) -> dict[str, Any]:
        return {"organization_id": self.project.org}

    @property
    def scope(self) -> dict[str, Any]:
        return self.tenant | {"project_id": self.project.id}

    @property
    def claim(self) -> JobClaim:
        args = {"post_id": str(self.post_id)}
        job = (self.project.org, self.project.id, self.job_id, "publish_post")
        return JobClaim(*job, fence=1, attempt=1, max_attempts=8, args=args, attempt_deadline_at=datetime.now(UTC))

    @property
    def account(self) -> dict[str, Any]:
        return self.tenant | {"account_id": self.project.account_ids[0]}


FILTERS = ("account_id", "content_id", "statuses", "before")

LONG_AGO, FAR = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
#: Of the waiting posts.
SOON = ListPeriod(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1))

Use = Callable[[Conn, Table], Awaitable[Any]]


def listed(**filters: Any) -> Use:
    asked: dict[str, Any] = dict.fromkeys(FILTERS) | {"period": UNBOUNDED_PERIOD} | filters
    return lambda conn, found: posts.list_post_page(conn, **found.scope, **asked, limit=PAGE)


async def listed_soon(conn: Conn, found: Table) -> None:
    """List the project's posts, once there are some."""
    there = await conn.fetchval("select true from scheduled_post offset 10 limit 1")
    none: dict[str, Any] = dict.fromkeys(FILTERS)
    soon = await posts.list_post_page(conn, **found.scope, **none, period=SOON, limit=PAGE)
    assert len(soon) == (PAGE if there else 0)


def listed_of_all(**filters: Any) -> Use:
    asked: dict[str, Any] = {"statuses": None, "before": None, "period": UNBOUNDED_PERIOD} | filters
    return lambda conn, found: posts.list_organization_post_page(conn, **found.tenant, **asked, limit=PAGE)


async def listed_behind_all_that_wait(conn: Conn, found: Table) -> None:
    before = ids.first_uuid7_at(datetime.now(UTC) - timedelta(days=0.2))
    assert await listed_of_all(statuses=["queued"], before=before)(conn, found) == []


async def check_new(conn: Conn, found: Table) -> None:
    prints = [SamePostFingerprint("", account_id, bytes(32)) for account_id in found.project.account_ids]
    at = datetime.now(UTC) + timedelta(days=30)
    await targets.check_no_equal_post(conn, organization_id=found.project.org, prints=prints, at=at)


async def cancel_one(conn: Conn, found: Table) -> None:
    """Cancel a post and roll back; an unknown id costs nothing."""
    transaction = conn.transaction()
    await transaction.start()
    asked = {"org": found.project.org, "ids": [ids.new_uuid7(), found.post_id], "reason": None}
    assert [row.id for row in await waiting.CANCEL_POSTS.all(conn, **asked)] == [found.post_id]
    await transaction.rollback()


async def end(conn: Conn, found: Table) -> None:
    row = ChangedJob(found.project.org, found.project.id, found.job_id, "publish_post", 1, "failed", None)
    await job_end.end_posts_of_jobs(conn, rows=[row])


def undone(verb: Callable[..., Awaitable[Any]], **given: Any) -> Use:
    """Return a step of sending with the claim of the post's job, rolled back afterwards."""

    async def use(conn: Conn, found: Table) -> None:
        transaction = conn.transaction()
        await transaction.start()
        try:
            came = await verb(conn, claim=found.claim, **given)
            assert not isinstance(came, TaskNotDone), (verb, came)
        finally:
            await transaction.rollback()

    return use


async def publish(conn: Conn, *, claim: JobClaim) -> Done:
    sent = "update scheduled_post set status = 'publishing', phase = 'sending' where id = $1"
    await conn.execute(sent, UUID(claim.args["post_id"]))
    return await sending.mark_post_published(conn, claim=claim, external_id="its name", external_url=None)


TAKEN = PlatformWebhookEvent(external_id="shop0", publish_id="v_pub", is_removed=False)

#: Uses that must be cheap before the first ANALYZE of a growing table; autovacuum handles the others.
FROM_THE_START: dict[str, tuple[Use, int]] = {
    "list all": (listed(), 3 * PAGE),
    "list further": (listed(before=ids.new_uuid7()), 3 * PAGE),
    "list published": (listed(statuses=["published"]), 3 * PAGE),
    "list failed": (listed(statuses=["failed"]), 10),
    "list of content": (lambda conn, found: listed(content_id=found.project.content_id)(conn, found), WAITING + 10),
    "list of account": (lambda conn, found: listed(account_id=found.project.account_ids[0])(conn, found), 3 * PAGE),
    "list of many statuses": (listed(statuses=["published", "failed", "queued"]), 8 * PAGE),
    "list of a past": (listed(period=ListPeriod(until=LONG_AGO)), 10),
    "list of a future": (listed(period=ListPeriod(since=FAR)), 10),
    "list published in a future": (listed(period=ListPeriod(since=FAR), statuses=["published"]), 10),
    "list of a future of account": (
        lambda conn, found: listed(period=ListPeriod(since=FAR), account_id=found.project.account_ids[0])(conn, found),
        20,
    ),
    "list of few at their time": (listed_soon, 4 * WAITING),
    "list of many at their time": (listed(period=ListPeriod(since=LONG_AGO)), 2 * posts.MAX_POSTS_TO_SORT + 4 * PAGE),
    "list of all": (listed_of_all(), 3 * PAGE),
    "list of all further": (listed_of_all(before=ids.new_uuid7()), 3 * PAGE),
    "list of all failed": (listed_of_all(statuses=["failed"]), 10),
    # A page of each project.
    "list of all queued": (listed_of_all(statuses=["queued"]), (OTHERS + 4) * PAGE),
    # After the last waiting one there are only published ones.
    "list of all queued further": (listed_behind_all_that_wait, 10),
    # After all waiting ones, which are newer.
    "list of all published": (listed_of_all(statuses=["published"]), (OTHERS + 2) * WAITING),
    "list of all in a future": (listed_of_all(period=ListPeriod(since=FAR)), 10),
    "list of all at their time": (
        listed_of_all(period=ListPeriod(since=LONG_AGO)),
        2 * posts.MAX_POSTS_TO_SORT + 4 * PAGE,
    ),
    "count": (lambda conn, found: posts.count_open_project_posts(conn, **found.scope), WAITING + 30),
    "check_new": (check_new, 20),
    "cancel": (cancel_one, 30),
    "wake": (lambda conn, found: account_queue.wake_account_posts(conn, **found.account), 4 * WAITING),
    "webhook": (
        lambda conn, _: platform_webhook.start_polls_after_platform_event(conn, platform="tiktok", event=TAKEN),
        5,
    ),
}
#: Dead rows of rolled back changes are read too.
USES: dict[str, tuple[Use, int]] = FROM_THE_START | {
    "get": (lambda conn, found: posts.read_versioned_post(conn, **found.tenant, post_id=found.post_id), 5),
    "block": (lambda conn, found: waiting.block_posts_of_content(conn, **found.tenant, content_id=ids.new_uuid7()), 5),
    "update_fingerprints": (
        lambda conn, found: targets.update_fingerprints_of_content_posts(
            conn, **found.tenant, content_id=found.project.content_id
        ),
        2 * WAITING + 50,
    ),
    "end": (end, 50),
    "take": (undone(sending.take_post_to_send_at_once, keyring=seeds.VAULT), 2 * WAITING),
    "begin": (undone(sending.lock_post_to_send, keyring=seeds.VAULT), 2 * WAITING),
    "mark": (undone(sending.mark_post_sending_again), 50),
    "publish": (undone(publish), 2 * WAITING),
}


@pytest_asyncio.fixture
async def found(conn: Conn, project: Project) -> Table:
    """Return the table with only one post."""
    project = await scene.fill(conn, project, accounts=5)
    [post_id, *_] = await scene.schedule(conn, project, at=datetime.now(UTC) + timedelta(days=1))
    prepared = """update scheduled_post set handle = '{"publishId": "v"}', request = 'x' where id = $1
                  returning job_id"""
    job_id = await conn.fetchval(prepared, post_id)
    running = """update job set state = 'running', stage = 'starting', lease_owner = $1, fence = 1,
                        attempt_started_at = now(), attempt_deadline_at = now() + interval '1 hour'
                  where id = $2"""
    await conn.execute(running, ids.new_uuid7(), job_id)
    head = "update social_account set turn_post_id = $1 where id = $2"
    await conn.execute(head, post_id, project.account_ids[0])
    return Table(project, post_id, job_id)


async def copy(conn: Conn, project: Project, count: int, status: str) -> None:
    """Copy the project's first post, of a content for each account; published ones are long past."""
    await conn.execute(
        """with made as (
             insert into content_item (organization_id, project_id, id, format, status, creative_type,
                                       caption, approval_status)
             select organization_id, project_id, gen_random_uuid(), format, status, creative_type,
                    caption, approval_status
               from content_item, generate_series(1, $2::int / $5)
              where id = $1
             returning *)
           insert into scheduled_post (organization_id, project_id, id, content_id, social_account_id,
                                       platform, mode, status, job_id, scheduled_for, fingerprint,
                                       published_at, external_id, handle)
           select c.organization_id, c.project_id,
                  (lpad(to_hex((extract(epoch from c.at) * 1000)::bigint), 12, '0')
                   || substr(gen_random_uuid()::text, 14))::uuid,
                  c.id, a.id, a.platform, 'direct', $3,
                  gen_random_uuid(), c.at, sha256(c.id::text::bytea),
                  case $3 when 'published' then now() end, case $3 when 'published' then c.id::text end,
                  jsonb_build_object('publishId', c.id)
             from (select *, now() - $4 * interval '1 day' * random() as at from made) c, social_account a
            where a.project_id = c.project_id""",
        project.content_id,
        count,
        status,
        100 if status == "published" else 0.1,
        len(project.account_ids),
    )


async def load(conn: Conn, found: Table) -> None:
    await copy(conn, found.project, WAITING, "queued")
    await copy(conn, found.project, ENDED, "published")
    for number in range(OTHERS):
        org = found.project.org if number % 2 else await seeds.organization(conn)
        other = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=1)
        await copy(conn, other, WAITING, "queued")


async def test_statements_read_few_rows(pool: Pool, conn: Conn, found: Table) -> None:
    """By the plans from the start, and with statistics."""
    for table in ("scheduled_post", "content_item", "project", "social_account"):
        # Otherwise a table may be analyzed in between, and its plans are made again.
        await conn.execute(f"alter table {table} set (autovacuum_enabled = false)")
    async with pool.acquire() as session:
        await plans.plan(session, USES, found)
        await load(session, found)
        assert await plans.excess(session, FROM_THE_START, found, "scheduled_post") == {}
        await conn.execute("vacuum analyze scheduled_post, content_item")
        assert await plans.excess(session, USES, found, "scheduled_post") == {}


async def test_prune_of_sends_skips_current_ones(conn: Conn, found: Table) -> None:
    await conn.execute(
        """insert into account_send (organization_id, account_id, id, post_id, at)
           select organization_id, social_account_id, gen_random_uuid(), id,
                  now() - case when n <= 3 then interval '3 days' else interval '1 hour' end
             from scheduled_post, generate_series(1, 5000) n where id = $1""",
        found.post_id,
    )
    await conn.execute("vacuum analyze account_send")
    async with plans.reading(conn, "account_send") as come:
        assert await quotas.prune_old_post_sends(conn) == 3
    assert come.scans == 0
    assert come.rows <= 10


@pytest.mark.parametrize("analyzed", [True, False])
async def test_undone_send_is_deleted_by_few_reads(conn: Conn, found: Table, analyzed: bool) -> None:
    other = await conn.fetchval("select id from scheduled_post where id <> $1", found.post_id)
    for _ in range(plans.TIMES):
        await quotas.delete_sends_of_post(conn, **found.account, post_id=found.post_id)
    await conn.execute(
        """insert into account_send (organization_id, account_id, id, post_id)
           select $1, $2, gen_random_uuid(), case n when 1 then $3::uuid else $4 end
             from generate_series(1, 5000) n""",
        found.project.org,
        found.project.account_ids[0],
        found.post_id,
        other,
    )
    if analyzed:
        await conn.execute("vacuum analyze account_send")
    async with plans.reading(conn, "account_send") as come:
        await quotas.delete_sends_of_post(conn, **found.account, post_id=found.post_id)
    assert await conn.fetchval("select count(*) from account_send") == 4999
    assert come.rows <= 10
