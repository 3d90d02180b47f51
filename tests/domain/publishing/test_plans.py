"""What is asked of posts reads few rows of a large table, also when it was planned on an empty one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.publishing import account_queue, job_end, posts, quotas, sending, targets, tiktok_webhook, waiting
from domain.publishing.targets import Print
from domain.publishing.tiktok_webhook import WebhookEvent
from jobs.ledger import Claim, Moved
from jobs.outcomes import NotDone
from schemas import ids
from tests import seeds
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene
from tests.domain.publishing.post_scene import Full

#: Of one project: posts that wait, posts that went out; and projects like it, of the same and another tenant.
WAITING, ENDED, OTHERS = 200, 20_000, 50
PAGE = 25


class Table(NamedTuple):
    """A project whose posts are asked for, and its tenant."""

    full: Full
    post_id: UUID
    job_id: UUID

    @property
    def project(self) -> dict[str, Any]:
        return {"organization_id": self.full.org, "project_id": self.full.project_id}

    @property
    def claim(self) -> Claim:
        args = {"post_id": str(self.post_id)}
        job = (self.full.org, self.full.project_id, self.job_id, "publish_post")
        return Claim(
            *job, fence=1, attempt=1, max_attempts=8, args=args, attempt_deadline_at=datetime.now(UTC)
        )

    @property
    def account(self) -> dict[str, Any]:
        return {"organization_id": self.full.org, "account_id": self.full.account_ids[0]}


Use = Callable[[Conn, Table], Awaitable[Any]]


async def list_page(conn: Conn, found: Table, **filters: Any) -> None:
    none: dict[str, Any] = dict.fromkeys(("account_id", "status", "since", "until", "before"))
    await posts.list_page(conn, **found.project, **none | filters, limit=PAGE)


async def list_all(conn: Conn, found: Table) -> None:
    await list_page(conn, found)


async def list_further(conn: Conn, found: Table) -> None:
    await list_page(conn, found, before=ids.new())


async def list_published(conn: Conn, found: Table) -> None:
    await list_page(conn, found, status="published")


async def list_failed(conn: Conn, found: Table) -> None:
    await list_page(conn, found, status="failed")


async def get(conn: Conn, found: Table) -> None:
    await posts.get(conn, organization_id=found.full.org, post_id=found.post_id)


async def count(conn: Conn, found: Table) -> None:
    await posts.count_of_project(conn, **found.project)


async def check_new(conn: Conn, found: Table) -> None:
    prints = [Print("", account_id, bytes(32)) for account_id in found.full.account_ids]
    at = datetime.now(UTC) + timedelta(days=30)
    await targets.check_new(conn, organization_id=found.full.org, prints=prints, at=at)


async def block(conn: Conn, found: Table) -> None:
    await waiting.block_of_content(conn, organization_id=found.full.org, content_id=ids.new())


async def reprint(conn: Conn, found: Table) -> None:
    await targets.reprint(conn, organization_id=found.full.org, content_id=found.full.content_id)


async def end(conn: Conn, found: Table) -> None:
    row = Moved(found.full.org, found.full.project_id, found.job_id, "publish_post", 1, "failed", None)
    await job_end.ended(conn, rows=[row])


def undone(verb: Callable[..., Awaitable[Any]], **given: Any) -> Use:
    """A verb of sending with the claim of the post's job, of which nothing stays."""

    async def use(conn: Conn, found: Table) -> None:
        transaction = conn.transaction()
        await transaction.start()
        try:
            came = await verb(conn, claim=found.claim, **given)
            assert not isinstance(came, NotDone), (verb, came)
        finally:
            await transaction.rollback()

    use.__name__ = verb.__name__
    return use


begin = undone(sending.begin, keyring=seeds.VAULT)
mark = undone(sending.again)
publish = undone(sending.publish, external_id="its name", external_url=None)


async def wake(conn: Conn, found: Table) -> None:
    await account_queue.wake(conn, **found.account)


async def webhook(conn: Conn, found: Table) -> None:
    await tiktok_webhook.take(
        conn, WebhookEvent(event="post.publish.complete", open_id="shop0", publish_id="v_pub")
    )


#: At most so many rows of the table and its indexes may be read, dead ones that were undone among them.
USES: dict[Use, int] = {
    list_all: 3 * PAGE,
    list_further: 3 * PAGE,
    list_published: 3 * PAGE,
    list_failed: 10,
    get: 5,
    count: WAITING + 10,
    check_new: 20,
    block: 5,
    reprint: 2 * WAITING + 50,
    end: 50,
    begin: 2 * WAITING,
    mark: 50,
    publish: 2 * WAITING,
    wake: 3 * WAITING,
    webhook: 5,
}

#: Those whose cost must not wait for the first ANALYZE of a table that fills up; autovacuum sees to the rest.
FROM_THE_START = (list_all, list_further, list_published, list_failed, count, check_new, wake, webhook)


@pytest_asyncio.fixture
async def found(conn: Conn, project: Project) -> Table:
    """The empty table, but for one post."""
    full = await scene.fill(conn, project, accounts=5)
    [post_id, *_] = await scene.schedule(conn, full, at=datetime.now(UTC) + timedelta(days=1))
    prepared = """update scheduled_post set handle = '{"publishId": "v"}', request = 'x' where id = $1
                  returning job_id"""
    job_id = await conn.fetchval(prepared, post_id)
    running = """update job set state = 'running', stage = 'starting', lease_owner = $1, fence = 1,
                        attempt_started_at = now(), attempt_deadline_at = now() + interval '1 hour'
                  where id = $2"""
    await conn.execute(running, ids.new(), job_id)
    head = "update social_account set turn_post_id = $1 where id = $2"
    await conn.execute(head, post_id, full.account_ids[0])
    return Table(full, post_id, job_id)


async def copy(conn: Conn, full: Full, count: int, status: str) -> None:
    """Posts like the project's first, of a content for each account; the published went out long ago."""
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
           select c.organization_id, c.project_id, gen_random_uuid(), c.id, a.id, a.platform, 'direct', $3,
                  gen_random_uuid(), now() - $4 * interval '1 day' * random(), sha256(c.id::text::bytea),
                  case $3 when 'published' then now() end, case $3 when 'published' then c.id::text end,
                  jsonb_build_object('publishId', c.id)
             from made c, social_account a where a.project_id = c.project_id""",
        full.content_id,
        count,
        status,
        100 if status == "published" else 0.1,
        len(full.account_ids),
    )


async def load(conn: Conn, found: Table) -> None:
    await copy(conn, found.full, WAITING, "queued")
    await copy(conn, found.full, ENDED, "published")
    for number in range(OTHERS):
        org = found.full.org if number % 2 else await seeds.organization(conn)
        other = await scene.fill(conn, Project(org, await seeds.project(conn, org)), accounts=1)
        await scene.schedule(conn, other)
        await copy(conn, other, WAITING, "queued")


async def read(conn: Conn, table: str = "scheduled_post") -> tuple[int, int]:
    """Whole scans of the table so far, and rows read by its indexes."""
    await conn.execute("select pg_stat_force_next_flush()")
    row = await conn.fetchrow(
        """select t.seq_scan, i.read from pg_stat_user_tables t,
                  (select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname = $1) i
            where t.relname = $1""",
        table,
    )
    assert row is not None
    return row["seq_scan"], row["read"]


@pytest.mark.parametrize("analyzed", [True, False])
async def test_no_statement_reads_more_than_it_must(
    pool: Pool, conn: Conn, found: Table, analyzed: bool
) -> None:
    uses = USES if analyzed else {use: USES[use] for use in FROM_THE_START}
    async with pool.acquire() as session:
        for use in uses:
            for _ in range(6):  # from then on PostgreSQL may keep a plan for good
                await use(session, found)
        await load(session, found)
        if analyzed:
            await conn.execute("vacuum analyze scheduled_post, content_item")
        excessive = {}
        for use, most in uses.items():
            scans, rows = await read(session)
            await use(session, found)
            scans_after, rows_after = await read(session)
            if scans_after > scans or rows_after - rows > most:
                excessive[use.__name__] = (scans_after - scans, rows_after - rows)
    assert excessive == {}


async def test_forgetting_old_sends_reads_none_that_a_quota_counts(
    pool: Pool, conn: Conn, found: Table
) -> None:
    await conn.execute(
        """insert into account_send (organization_id, account_id, id, post_id, at)
           select organization_id, social_account_id, gen_random_uuid(), id,
                  now() - case when n <= 3 then interval '3 days' else interval '1 hour' end
             from scheduled_post, generate_series(1, 5000) n where id = $1""",
        found.post_id,
    )
    await conn.execute("vacuum analyze account_send")
    async with pool.acquire() as session:
        scans, rows = await read(session, "account_send")
        assert await quotas.prune(session) == 3
        scans_after, rows_after = await read(session, "account_send")
    assert scans_after == scans
    assert rows_after - rows <= 10


@pytest.mark.parametrize("analyzed", [True, False])
async def test_a_send_that_was_none_is_taken_back_without_reading_the_day(
    pool: Pool, conn: Conn, found: Table, analyzed: bool
) -> None:
    other = await conn.fetchval("select id from scheduled_post where id <> $1", found.post_id)
    async with pool.acquire() as session:
        for _ in range(6):
            await quotas.take_back(session, **found.account, post_id=found.post_id)
        await conn.execute(
            """insert into account_send (organization_id, account_id, id, post_id)
               select $1, $2, gen_random_uuid(), case n when 1 then $3::uuid else $4 end
                 from generate_series(1, 5000) n""",
            found.full.org,
            found.full.account_ids[0],
            found.post_id,
            other,
        )
        if analyzed:
            await conn.execute("vacuum analyze account_send")
        _, rows = await read(session, "account_send")
        await quotas.take_back(session, **found.account, post_id=found.post_id)
        _, rows_after = await read(session, "account_send")
    assert await conn.fetchval("select count(*) from account_send") == 4999
    assert rows_after - rows <= 10
