"""`tenantry pools`: pools of workers, their backlog and their caps."""

import os
import socket
from functools import partial
from typing import get_args

import click
from rich.table import Table

from cli.shared.command import at_database
from cli.shared.group import CommandGroup
from cli.shared.output import CommandResult, object_card, table
from cli.shared.session import CommandSession
from db.pool import transact
from domain.operations import pools as verbs
from schemas.api_keys import Tier
from schemas.ops import Pool, PoolCap

CAP_COUNT = click.IntRange(1, 2**31 - 1)

UNAUDITED_NOTE = "Not audited: no organization has an operator's key (ops:write), so no audit log records it."

COLUMNS = ("POOL", "STATE", "QUEUED", "OLDEST", "RUNNING", "CAPACITY", "WORKERS WANTED")


@click.group(cls=CommandGroup)
def pools() -> None:
    """List the pools of workers; pause, resume and cap a pool."""


@pools.command("list")
@at_database
async def list_pools(session: CommandSession) -> CommandResult:
    """List the pools with their waiting and running jobs and the desired number of workers.

    \b
    Examples:
      tenantry pools list
      tenantry pools list --json | jq '.items[] | select(.oldestDueSeconds > 60)'
    """
    async with session.pool.acquire() as conn:
        pool_list = await verbs.list_all(conn, slots=session.settings.slots)
    return CommandResult({"items": pool_list}, _table(pool_list))


@pools.command("pause")
@click.argument("name")
@at_database
async def pause_pool(session: CommandSession, *, name: str) -> CommandResult:
    """Stop new starts in a pool; running jobs continue, submitted jobs wait.

    The audit log of each organization with a current or former operator's key (ops:write) records it.
    Without such an organization the command warns that the action can't be audited.

    \b
    Example:
      tenantry pools pause ingest
    """
    return await _set_paused(session, name, paused=True, note=f"To resume: tenantry pools resume {name}")


@pools.command("resume")
@click.argument("name")
@at_database
async def resume_pool(session: CommandSession, *, name: str) -> CommandResult:
    """Start jobs in a pool again within a second. The audit log records it like a pause.

    \b
    Example:
      tenantry pools resume ingest
    """
    return await _set_paused(session, name, paused=False)


@pools.command("cap")
@click.argument("name")
@click.option("--tier", type=click.Choice(get_args(Tier)), required=True, help="Tier of the organizations.")
@click.option("--running", type=CAP_COUNT, required=True, help="Maximum running jobs of one organization.")
@click.option("--queued", type=CAP_COUNT, required=True, help="Maximum waiting due jobs of one organization.")
@at_database
async def cap_pool(
    session: CommandSession, *, name: str, tier: Tier, running: int, queued: int
) -> CommandResult:
    """Set the caps of a tier's organizations in a pool. A new pool has no caps.

    \b
    Example:
      tenantry pools cap deliver --tier standard --running 5 --queued 1000
    """
    cap = PoolCap(tier=tier, max_running=running, max_queued=queued)
    caps = await transact(session.pool, lambda conn: verbs.set_cap(conn, name=name, cap=cap))
    rows = [(pool_cap.tier, pool_cap.max_running, pool_cap.max_queued) for pool_cap in caps]
    return CommandResult({"items": caps}, table(("TIER", "RUNNING", "QUEUED"), rows))


async def _set_paused(session: CommandSession, name: str, *, paused: bool, note: str = "") -> CommandResult:
    pause = partial(verbs.pause, name=name, paused=paused, slots=session.settings.slots, details=_caller())
    pool = await transact(session.pool, pause)
    async with session.pool.acquire() as conn:
        unrecorded = "" if await verbs.has_operators(conn) else UNAUDITED_NOTE
    return CommandResult(pool, object_card(pool), "\n".join(filter(None, (note, unrecorded))))


def _caller() -> dict[str, str]:
    """Return the caller for the audit log; the user may have no name, as in a container."""
    names = filter(None, map(os.environ.get, ("SUDO_USER", "LOGNAME", "USER")))
    return {"by": "command line", "user": next(names, str(os.getuid())), "host": socket.gethostname()}


def _table(pool_list: list[Pool]) -> Table:
    return table(COLUMNS, map(_row, pool_list))


def _row(pool: Pool) -> tuple[object, ...]:
    state = "paused" if pool.paused else "open"
    oldest = None if pool.oldest_due_seconds is None else f"{pool.oldest_due_seconds:.0f} s"
    return (pool.name, state, pool.queued, oldest, pool.running, pool.capacity, pool.desired_workers)
