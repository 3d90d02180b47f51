"""`tenantry pools`: pools of workers, their backlog and their caps."""

import os
import socket
from functools import partial
from typing import get_args

import click

from cli.shared.command import with_database_session
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, build_text_table, format_object_fields
from cli.shared.session import CommandDbSession
from db.pool import run_in_transaction
from domain.operations import pools as verbs
from schemas.api_keys import OrganizationTier
from schemas.ops import Pool, PoolCap

POOL_JOB_CAP_RANGE = click.IntRange(1, 2**31 - 1)

NO_OPERATOR_TO_AUDIT_NOTE = (
    "Not audited: no organization has an operator's key (ops:write), so no audit log records it."
)

CLI_POOL_TABLE_HEADINGS = ("POOL", "STATE", "QUEUED", "OLDEST", "RUNNING", "CAPACITY", "WORKERS WANTED")


@click.group(cls=FullSentenceHelpCommandGroup)
def pools() -> None:
    """List the pools of workers; pause, resume and cap a pool."""


@pools.command("list")
@with_database_session
async def list_pools(session: CommandDbSession) -> CliCommandResult:
    """List the pools with their waiting and running jobs and the desired number of workers.

    \b
    Examples:
      tenantry pools list
      tenantry pools list --json | jq '.items[] | select(.oldestDueSeconds > 60)'
    """
    async with session.pool.acquire() as conn:
        pool_list = await verbs.list_worker_pools(conn, slots=session.settings.slots)
    return CliCommandResult(
        {"items": pool_list}, build_text_table(CLI_POOL_TABLE_HEADINGS, map(_build_cli_pool_table_row, pool_list))
    )


@pools.command("pause")
@click.argument("name")
@with_database_session
async def pause_pool(session: CommandDbSession, *, name: str) -> CliCommandResult:
    """Stop new starts in a pool; running jobs continue, submitted jobs wait.

    The audit log of each organization with a current or former operator's key (ops:write) records it.
    Without such an organization the command warns that the action can't be audited.

    \b
    Example:
      tenantry pools pause ingest
    """
    return await _set_pool_paused(session, name, paused=True, note=f"To resume: tenantry pools resume {name}")


@pools.command("resume")
@click.argument("name")
@with_database_session
async def resume_pool(session: CommandDbSession, *, name: str) -> CliCommandResult:
    """Start jobs in a pool again within a second. The audit log records it like a pause.

    \b
    Example:
      tenantry pools resume ingest
    """
    return await _set_pool_paused(session, name, paused=False)


@pools.command("cap")
@click.argument("name")
@click.option("--tier", type=click.Choice(get_args(OrganizationTier)), required=True, help="Tier of the organizations.")
@click.option("--running", type=POOL_JOB_CAP_RANGE, required=True, help="Maximum running jobs of one organization.")
@click.option("--queued", type=POOL_JOB_CAP_RANGE, required=True, help="Maximum waiting due jobs of one organization.")
@with_database_session
async def set_pool_caps(
    session: CommandDbSession, *, name: str, tier: OrganizationTier, running: int, queued: int
) -> CliCommandResult:
    """Set the caps of a tier's organizations in a pool. A new pool has no caps.

    \b
    Example:
      tenantry pools cap deliver --tier standard --running 5 --queued 1000
    """
    cap = PoolCap(tier=tier, max_running=running, max_queued=queued)
    caps = await run_in_transaction(session.pool, lambda conn: verbs.set_pool_tier_job_caps(conn, name=name, cap=cap))
    rows = [(pool_cap.tier, pool_cap.max_running, pool_cap.max_queued) for pool_cap in caps]
    return CliCommandResult({"items": caps}, build_text_table(("TIER", "RUNNING", "QUEUED"), rows))


async def _set_pool_paused(session: CommandDbSession, name: str, *, paused: bool, note: str = "") -> CliCommandResult:
    pause = partial(
        verbs.pause_or_resume_pool,
        name=name,
        paused=paused,
        slots=session.settings.slots,
        details=_describe_operator_for_audit_log(),
    )
    pool = await run_in_transaction(session.pool, pause)
    async with session.pool.acquire() as conn:
        unrecorded = "" if await verbs.has_operator_organizations(conn) else NO_OPERATOR_TO_AUDIT_NOTE
    return CliCommandResult(pool, format_object_fields(pool), "\n".join(filter(None, (note, unrecorded))))


def _describe_operator_for_audit_log() -> dict[str, str]:
    """Return `by`, `user`, `host` of a command for the audit log; a user without a name, as in a container, by id."""
    names = filter(None, map(os.environ.get, ("SUDO_USER", "LOGNAME", "USER")))
    return {"by": "command line", "user": next(names, str(os.getuid())), "host": socket.gethostname()}


def _build_cli_pool_table_row(pool: Pool) -> tuple[object, ...]:
    state = "paused" if pool.paused else "open"
    oldest = None if pool.oldest_due_seconds is None else f"{pool.oldest_due_seconds:.0f} s"
    return (pool.name, state, pool.queued, oldest, pool.running, pool.capacity, pool.desired_workers)
