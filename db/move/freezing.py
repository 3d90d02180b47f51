"""Triggers at the source during a move: resting queues, then frozen rows.

The triggers exist only during a move, so that no write pays for them at other times. Each is created by a statement
that waits shortly for its table's lock: a waiting one would stop all writers of the table. The wait is shorter than
PostgreSQL's `deadlock_timeout` (1 s), so no other session fails because of it. The caller limits all tries.

A rollback needs no lock of a table: `disable_triggers` replaces the triggers' functions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from uuid import UUID

import asyncpg

from db.move.replication import filter_of_table, id_list
from db.move.tables import EVENT_TABLES, MAIN_TABLES
from db.pool import Conn
from db.queries import organization_move
from schemas.errors import OrganizationMoveRefused

#: Milliseconds for which a statement waits for the lock of a table, and seconds between two tries.
TABLE_LOCK_TIMEOUT_MS = 200
TABLE_LOCK_RETRY_PAUSE_S = 0.1

TABLE_LOCK_ERRORS = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

#: Most tries to drop a trigger: each stops the readers of its table, too.
MAX_DROP_TRIES = 5

#: Tables that are never frozen, since statements for many organizations write them.
UNFROZEN_TABLES = frozenset({"intake_day", "queued_kind"})
#: The frozen tables of the event store: those that requests write. Folds must go on.
FROZEN_EVENT_TABLES = ("event", "event_conversion", "event_quarantine", "ad_day")

FUNCTION = """
create or replace function {function}() returns trigger language plpgsql as $$
begin
    {body}
end $$
"""

NO_EFFECT_BODY = "return coalesce(new, old);"

#: A pull passes by a queue that rests, except by its newcomers.
HOLD_BODY = """
    if tg_table_name = 'job' then
        new.newcomer := false;
    else
        new.rest_until := 'infinity';
    end if;
    return new;"""

#: A chore changes rows of many organizations in one statement, so it skips the frozen ones. It inserts only jobs that
#: the target's dispatcher submits too. Any other statement fails as if it was canceled: a caller with rows of many
#: organizations then writes those of each alone, and a request gets a 503.
FREEZE_BODY = """
    if current_setting('application_name') !~ '^(dispatcher|conversions)' then
        raise exception 'the organization is moving to another cell' using errcode = 'query_canceled';
    elsif tg_op = 'INSERT' then
        return new;
    end if;
    return null;"""

HOLD_SUFFIX, FREEZE_SUFFIX, FREEZE_DELETE_SUFFIX = "_hold", "_freeze", "_freeze_delete"


async def hold_jobs(source: Conn, name: str, organization_ids: Collection[UUID]) -> None:
    """Let no pull claim a job of the organizations from now on. Running ones go on."""
    await _write_function(source, name + HOLD_SUFFIX, HOLD_BODY)
    for table, condition in {"queued_kind": "", "job": " and new.newcomer"}.items():
        create = f"""create or replace trigger {name}_hold before insert or update on {table} for each row
                     when (new.organization_id in ({id_list(organization_ids)}){condition})
                     execute function {name}_hold()"""
        await _run_when_unlocked(source, partial(source.execute, create))
    await _run_when_unlocked(source, partial(_rest_queues, source, organization_ids))


async def _rest_queues(source: Conn, organization_ids: Collection[UUID]) -> None:
    """Let all queues of the organizations rest.

    A pull locks its pool before it reads the queues. So no pull that read them before is still claiming.
    """
    await organization_move.lock_pools.all(source)
    await organization_move.rest_queues.run(source, orgs=organization_ids)
    await organization_move.end_newcomers.run(source, orgs=organization_ids)


async def list_lock_holders(main: Conn, events: Conn) -> list[str]:
    """Return the dumps, vacuums and schema changes that would delay a change of the triggers until their end."""
    return [
        row["name"]
        for conn, tables in ((main, MAIN_TABLES), (events, EVENT_TABLES))
        for row in await organization_move.list_lock_holders.all(conn, tables=tables)
    ]


async def freeze_main_tables(source: Conn, name: str, organization_ids: Collection[UUID]) -> None:
    """Refuse each change of the organizations' rows, after the transactions that have changed some."""
    conditions = {table: filter_of_table(table, organization_ids, ()) for table in MAIN_TABLES}
    await _freeze_tables(
        source, name, {table: where for table, where in conditions.items() if table not in UNFROZEN_TABLES}
    )


async def freeze_event_tables(source: Conn, name: str, project_ids: Collection[UUID]) -> None:
    """Refuse new events of the projects. Queued counts are still folded."""
    await _freeze_tables(
        source, name, {table: filter_of_table(table, (), project_ids) for table in FROZEN_EVENT_TABLES}
    )


async def _freeze_tables(source: Conn, name: str, conditions: dict[str, str]) -> None:
    for suffix in (FREEZE_SUFFIX, FREEZE_DELETE_SUFFIX):
        await _write_function(source, name + suffix, FREEZE_BODY)
    for table, condition in conditions.items():
        create = f"""create or replace trigger {name}_freeze before insert or update on {table} for each row
                     when (new.{condition}) execute function {name}_freeze();
                     create or replace trigger {name}_freeze_delete before delete on {table} for each row
                     when (old.{condition}) execute function {name}_freeze_delete()"""
        await _run_when_unlocked(source, partial(source.execute, create))


async def let_deletes_pass(source: Conn, name: str) -> None:
    """Let the chores delete frozen rows by their age, once the organization is open at the target.

    A chore that skips them would read them again and again, before those of other organizations.
    """
    await _write_function(source, name + FREEZE_DELETE_SUFFIX, NO_EFFECT_BODY)


async def disable_triggers(source: Conn, name: str) -> bool:
    """Let the triggers of a move do nothing, and return whether there are any. It waits for no other session."""
    if not await organization_move.list_triggers.all(source, prefix=name + "_"):
        return False
    for suffix in (HOLD_SUFFIX, FREEZE_SUFFIX, FREEZE_DELETE_SUFFIX):
        await _write_function(source, name + suffix, NO_EFFECT_BODY)
    return True


async def drop_triggers(source: Conn, name: str) -> None:
    """Drop the triggers of a move, table by table, then their functions.

    Raise `OrganizationMoveRefused` if other sessions hold a table for long.
    """
    for trigger in await organization_move.list_triggers.all(source, prefix=name + "_"):
        drop = partial(source.execute, f"drop trigger if exists {trigger['name']} on {trigger['table']}")
        try:
            await _run_when_unlocked(source, drop, MAX_DROP_TRIES)
        except TABLE_LOCK_ERRORS:
            raise OrganizationMoveRefused(
                f"triggers without effect stay, since other sessions use {trigger['table']}: run this command again "
                "after the end of dumps"
            ) from None
    functions = (name + suffix for suffix in (HOLD_SUFFIX, FREEZE_SUFFIX, FREEZE_DELETE_SUFFIX))
    await source.execute(f"drop function if exists {', '.join(functions)}")


async def _write_function(source: Conn, function: str, body: str) -> None:
    await source.execute(FUNCTION.format(function=function, body=body))


async def _run_when_unlocked(conn: Conn, run: Callable[[], Awaitable[object]], max_tries: int | None = None) -> None:
    """Run statements in a transaction once their tables are unlocked.

    Without `max_tries` the caller limits the wait. Raise one of `TABLE_LOCK_ERRORS` after them.
    """
    tries = 0
    while True:
        tries += 1
        try:
            async with conn.transaction():
                await conn.execute(f"set local lock_timeout = {TABLE_LOCK_TIMEOUT_MS}")
                await run()
                return
        except TABLE_LOCK_ERRORS:
            if tries == max_tries:
                raise
            await asyncio.sleep(TABLE_LOCK_RETRY_PAUSE_S)
