"""Frozen rows of a moving organization: no other organization waits for them, and their release for no table."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from db.move import freezing
from db.pool import Conn, use_unpooled_pg_connection
from db.queries import idempotency_key, job_maintenance, media_upload
from domain.accounts import credentials
from domain.collection import collection_runs
from domain.operations import maintenance
from schemas.errors import OrganizationMoveRefused
from schemas.settings import Settings
from tests import seeds
from tests.jobs import scene

NAME = "tenantry_move_test"


async def create_due_rows(conn: Conn, org: UUID, *, late_by: str) -> None:
    """Create a row that each chore would take."""
    jobs = [(await scene.submit(conn, org)).job_id for _ in range(2)]
    await conn.execute("update job set deadline_at = now() - $2::text::interval where id = $1", jobs[0], late_by)
    await conn.execute(
        "update job set stage = 'scheduled', run_at = now() - $2::text::interval where id = $1", jobs[1], late_by
    )
    account = await seeds.account(conn, org, await seeds.project(conn, org), handle=late_by)
    await conn.execute(
        "update social_account set collect_at = now() - $2::text::interval where id = $1", account, late_by
    )
    await conn.execute(
        """update account_credential
              set refresh_at = now() - $2::text::interval, rotated_at = now() - interval '2 days'
            where account_id = $1""",
        account,
        late_by,
    )
    await conn.execute(
        """insert into media_upload (organization_id, token, size_bytes, started_at)
           values ($1, $2, 1, now() - interval '2 days' - $2::text::interval)""",
        org,
        late_by,
    )
    await conn.execute(
        """insert into idempotency_key (organization_id, api_key_id, key, fingerprint, created_at)
           values ($1, $1, 'k', '', now() - interval '2 days' - $2::text::interval)""",
        org,
        late_by,
    )


@pytest_asyncio.fixture
async def moving(conn: Conn, org: UUID) -> UUID:
    """Freeze an organization in its pause; another one has the same due rows, all due later."""
    moving = await seeds.organization(conn)
    await create_due_rows(conn, moving, late_by="2 hours")
    await create_due_rows(conn, org, late_by="1 hour")
    await conn.execute("update organization set moving_to = 1 where id = $1", moving)
    await freezing.freeze_main_tables(conn, NAME, [moving])
    return moving


#: Chores that take the longest due rows of all organizations first, as batches of one row.
CHORES: list[Callable[[Conn], Awaitable[Any]]] = [
    lambda conn: job_maintenance.promote_jobs.run(conn, limit=1),
    maintenance.end_overdue_jobs_and_subjects,
    collection_runs.submit_due_metric_collections,
    credentials.submit_due_token_refreshes,
    lambda conn: media_upload.lock_stale_uploads.all(conn, limit=1),
]


@pytest.mark.usefixtures("moving")
async def test_a_chore_passes_by_a_moving_organization(conn: Conn, org: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker runs some of them, too; the trigger would refuse its session."""
    monkeypatch.setattr(collection_runs, "MAX_ACCOUNTS_PER_COLLECTION_CHECK", 1)
    changed = [await chore(conn) for chore in CHORES]
    assert [len(each) if isinstance(each, list) else each for each in changed] == [1] * len(CHORES)
    assert changed[-1][0]["organization_id"] == org


async def test_deletes_by_age_pass_once_the_organization_is_moved(conn: Conn, moving: UUID, settings: Settings) -> None:
    async with use_unpooled_pg_connection(settings.database_url, name="dispatcher") as chores:
        assert await idempotency_key.prune_keys.run(chores, limit=1) == 0
        await freezing.let_deletes_pass(conn, NAME)
        assert [await idempotency_key.prune_keys.run(chores, limit=1) for _ in range(3)] == [1, 1, 0]
        assert await chores.execute("update project set name = 'x' where organization_id = $1", moving) == "UPDATE 0"
    with pytest.raises(asyncpg.QueryCanceledError, match="moving"):
        await conn.execute("update project set name = 'x' where organization_id = $1", moving)


async def test_a_dump_does_not_delay_a_rollback(
    conn: Conn, moving: UUID, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "MAX_DROP_TRIES", 1)
    async with use_unpooled_pg_connection(settings.database_url, name="pg_dump") as dump:
        async with dump.transaction():
            await dump.execute("lock table project in access share mode")
            assert [holder.split()[0] for holder in await freezing.list_lock_holders(conn, conn)] == ["pg_dump"]
            assert await freezing.disable_triggers(conn, NAME)
            await conn.execute("update project set name = 'x' where organization_id = $1", moving)
            with pytest.raises(OrganizationMoveRefused, match="other sessions use"):
                await freezing.drop_triggers(conn, NAME)
        await freezing.drop_triggers(conn, NAME)
        assert not await freezing.disable_triggers(conn, NAME)


async def test_a_vacuum_of_a_days_events_is_a_holder_of_its_table(conn: Conn, settings: Settings) -> None:
    [day] = await conn.fetch(
        "select relid::regclass::text as name from pg_partition_tree('event') where isleaf limit 1"
    )
    async with use_unpooled_pg_connection(settings.database_url, name="psql") as vacuum, vacuum.transaction():
        await vacuum.execute(f"lock table {day['name']} in share update exclusive mode")
        assert [holder.split()[0] for holder in await freezing.list_lock_holders(conn, conn)] == ["psql"]
        await vacuum.execute("lock table worker in share update exclusive mode")
        assert len(await freezing.list_lock_holders(conn, conn)) == 1
