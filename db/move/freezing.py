"""Triggers at the source during the pause of a move: held jobs and frozen rows.

The triggers exist only during a move, so that no write pays for them at other times. Each is created by a statement
of its own that waits shortly for its lock: a waiting one would stop all writers of the table.
"""

import asyncio
import time
from collections.abc import Collection
from uuid import UUID

import asyncpg

from db.move.replication import filter_of_table, id_list
from db.move.tables import MAIN_TABLES
from db.pool import Conn

#: Milliseconds for which a statement waits for the lock of a table, seconds between two tries, and of all tries.
TABLE_LOCK_TIMEOUT_MS = 200
TABLE_LOCK_RETRY_PAUSE_S = 0.1
MAX_TABLE_LOCK_WAIT_S = 60.0

#: Prefix of the pool of a held job. No worker has such a pool.
HELD_POOL_PREFIX = "moving:"

#: Tables that are never frozen: counts of a day's events, which are added for many organizations in one statement.
UNFROZEN_TABLES = frozenset({"intake_day"})
#: The frozen tables of the event store: those that requests write. Folds must go on.
FROZEN_EVENT_TABLES = ("event", "event_conversion", "ad_day")

HOLD_FUNCTION = f"""
create or replace function {{name}}_hold() returns trigger language plpgsql as $$
begin
    new.pool := '{HELD_POOL_PREFIX}' || new.pool;
    return new;
end $$
"""

#: A chore changes rows of many organizations in one statement, so it skips the frozen ones. It inserts only jobs that
#: the target's dispatcher submits too. Any other statement fails.
FREEZE_FUNCTION = """
create or replace function {name}_freeze() returns trigger language plpgsql as $$
begin
    if current_setting('application_name') not like 'dispatcher%' then
        raise exception 'the organization is moving to another cell' using errcode = 'lock_not_available';
    elsif tg_op = 'INSERT' then
        return new;
    end if;
    return null;
end $$
"""

HOLD_QUEUED_JOBS = f"""
with jobs as materialized (
    select organization_id, id
      from job
     where organization_id in ({{ids}})
       and state = 'queued'
       and pool not like '{HELD_POOL_PREFIX}%'
     order by organization_id, id
       for update)
update job j
   set pool = '{HELD_POOL_PREFIX}' || pool
  from jobs
 where j.organization_id = jobs.organization_id
   and j.id = jobs.id
"""

RELEASE_JOBS = f"""
update job
   set pool = substr(pool, {len(HELD_POOL_PREFIX) + 1})
 where organization_id in ({{ids}})
   and pool like '{HELD_POOL_PREFIX}%'
"""


async def hold_jobs(source: Conn, name: str, organization_ids: Collection[UUID]) -> None:
    """Hold the queued jobs of organizations, and each that is queued from now on. Running ones go on."""
    await source.execute(HOLD_FUNCTION.format(name=name))
    await _run_when_unlocked(
        source,
        f"""create or replace trigger {name}_hold before insert or update on job for each row
            when (new.organization_id in ({id_list(organization_ids)}) and new.state = 'queued'
                  and new.pool not like '{HELD_POOL_PREFIX}%')
            execute function {name}_hold()""",
    )
    await _run_when_unlocked(source, HOLD_QUEUED_JOBS.format(ids=id_list(organization_ids)))


async def freeze_main_tables(source: Conn, name: str, organization_ids: Collection[UUID]) -> None:
    """Refuse each change of the organizations' rows, after the transactions that have changed some."""
    await source.execute(FREEZE_FUNCTION.format(name=name))
    for table in MAIN_TABLES:
        if table not in UNFROZEN_TABLES:
            await _freeze_table(source, name, table, filter_of_table(table, organization_ids, ()))


async def freeze_event_tables(source: Conn, name: str, project_ids: Collection[UUID]) -> None:
    """Refuse new events of the projects. Queued counts are still folded."""
    await source.execute(FREEZE_FUNCTION.format(name=name))
    for table in FROZEN_EVENT_TABLES:
        await _freeze_table(source, name, table, filter_of_table(table, (), project_ids))


async def release_jobs(source: Conn, organization_ids: Collection[UUID]) -> None:
    """Return the held jobs to their pools, once the triggers are dropped."""
    await source.execute(RELEASE_JOBS.format(ids=id_list(organization_ids)))


async def _freeze_table(source: Conn, name: str, table: str, condition: str) -> None:
    await _run_when_unlocked(
        source,
        f"""create or replace trigger {name}_freeze before insert or update on {table} for each row
            when (new.{condition}) execute function {name}_freeze();
            create or replace trigger {name}_freeze_delete before delete on {table} for each row
            when (old.{condition}) execute function {name}_freeze()""",
    )


async def drop_triggers(source: Conn, name: str) -> None:
    """Drop the triggers of a move, table by table, then their functions."""
    triggers = await source.fetch(
        """select tgname::text as name, tgrelid::regclass::text as of_table
             from pg_trigger
            where starts_with(tgname::text, $1 || '_')
              and tgparentid = 0
            order by tgname like '%_hold'""",
        name,
    )
    for trigger in triggers:
        await _run_when_unlocked(source, f"drop trigger if exists {trigger['name']} on {trigger['of_table']}")
    await source.execute(f"drop function if exists {name}_hold, {name}_freeze")


async def _run_when_unlocked(conn: Conn, statements: str) -> str:
    """Run statements in a transaction once their tables are unlocked; return the status of the last one.

    Raise `LockNotAvailableError` after a minute.
    """
    deadline = time.monotonic() + MAX_TABLE_LOCK_WAIT_S
    while True:
        try:
            async with conn.transaction():
                await conn.execute(f"set local lock_timeout = {TABLE_LOCK_TIMEOUT_MS}")
                return await conn.execute(statements)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(TABLE_LOCK_RETRY_PAUSE_S)
