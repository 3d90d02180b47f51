"""`tenantry jobs`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.shared.acting import acting, as_here
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.failure import FAILED, REFUSED
from cli.shared.output import Answer, card, console, emit_line, page
from cli.shared.session import Session
from cli.shared.starting import start
from db.pool import transact
from domain.jobs import jobs as verbs
from domain.tenancy import project_locks
from domain.tenancy.api_keys import Actor
from jobs.kinds import KINDS
from schemas import ids
from schemas.jobs import CancelAnswer, Job

JOB = Id(ids.JOB)

COLUMNS = ("JOB", "KIND", "STATUS", "STAGE", "DONE", "ATTEMPT", "CREATED", "ERROR")

#: How soon a watcher sees a change, in seconds.
POLL_S = 0.2


@click.group()
def jobs() -> None:
    """List jobs, follow one, cancel it, start it again."""


@jobs.command("list")
@click.option("--project", "project_id", type=Id(ids.PROJECT), help="Only this project's.")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Only of this kind.")
@click.option(
    "--status",
    type=click.Choice(["running", "completed", "failed", "canceled"]),
    help="Only with this status.",
)
@click.option("--stage", help="Only at this stage, such as queued.")
@answering
@at_database
@acting
@paged(ids.JOB)
async def list_jobs(
    session: Session, actor: Actor, *, project_id: UUID | None, limit: int, **filters: Any
) -> Answer:
    """List an organization's jobs, newest first.

    \b
    Examples:
      tenantry jobs list --status failed
      tenantry jobs list --stage queued --json | jq -r '.items[].jobId'
    """
    org = actor.organization_id
    async with session.pool.acquire() as conn:
        if project_id:
            await project_locks.check(conn, organization_id=org, project_id=project_id)
        found = await verbs.list_page(
            conn, organization_id=org, project_id=project_id, limit=limit + 1, **filters
        )
    return page(found, limit, COLUMNS, _row)


@jobs.command("show")
@click.argument("job_id", type=JOB)
@answering
@at_database
@acting
async def show_job(session: Session, actor: Actor, *, job_id: UUID) -> Answer:
    """Show one job.

    \b
    Example:
      tenantry jobs show job_01890a5d-...
    """
    async with session.pool.acquire() as conn:
        job, _ = await verbs.get(conn, organization_id=actor.organization_id, job_id=job_id)
    return Answer(job, card(job))


@jobs.command("watch")
@click.argument("job_id", type=JOB)
@answering
@at_database
@acting
async def watch_job(session: Session, actor: Actor, *, job_id: UUID) -> Answer:
    """Follow a job to its end. The exit code is 0 if it completed and 1 if it failed or was canceled.

    With --json each change is a line, the end the last one. Ctrl-C ends the watching, not the job.

    \b
    Examples:
      tenantry jobs watch job_01890a5d-...
      tenantry jobs watch job_01890a5d-... --json | jq -c '[.stage, .progress]'
    """
    seen = _follow(session, actor, job_id)
    as_json = click.get_current_context().params["as_json"]
    job = await (_print_changes(seen) if as_json else _draw_changes(seen))
    return Answer(job, card(job), exit_code=0 if job.status == "completed" else FAILED)


@jobs.command("cancel")
@click.argument("job_id", type=JOB)
@answering
@at_database
@acting
async def cancel_job(session: Session, actor: Actor, *, job_id: UUID) -> Answer:
    """Stop a job: at once while it is queued, at its next step when it runs.

    The exit code is 4 for a job that completed or failed before, and for one that can't be stopped now.

    \b
    Example:
      tenantry jobs cancel job_01890a5d-...
    """
    answer = await transact(
        session.pool, lambda conn: verbs.cancel(conn, organization_id=actor.organization_id, job_id=job_id)
    )
    in_vain = answer.reason in {"ALREADY_COMPLETED", "ALREADY_FAILED"}
    return Answer(answer, card(answer), _advice(answer), exit_code=REFUSED if in_vain else 0)


@jobs.command("retry")
@click.argument("job_id", type=JOB)
@answering
@at_database
@acting
async def retry_job(session: Session, actor: Actor, *, job_id: UUID) -> Answer:
    """Start a failed or canceled job again, as a new job.

    While an earlier retry of it runs, that one is the answer.

    \b
    Examples:
      tenantry jobs retry job_01890a5d-...
      tenantry jobs watch $(tenantry jobs retry job_01890a5d-... --json | jq -r .jobId)
    """
    org = actor.organization_id
    return await start(
        session,
        actor,
        lambda conn: verbs.retry(conn, organization_id=org, job_id=job_id, scopes=actor.scopes),
    )


async def _follow(session: Session, actor: Actor, job_id: UUID) -> AsyncIterator[Job]:
    """The job as it is now and at every change that is seen, up to its end. Raises `NotFound`."""
    told = None
    while True:
        async with session.pool.acquire() as conn:
            job, version = await verbs.get(conn, organization_id=actor.organization_id, job_id=job_id)
        if version != told:
            yield job
        if job.status != "running":
            return
        told = version
        await asyncio.sleep(POLL_S)


async def _print_changes(seen: AsyncIterator[Job]) -> Job:
    """A line for each but the last one, which is the command's answer."""
    async for job in seen:
        if job.status != "running":
            break
        emit_line(job)
    return job


async def _draw_changes(seen: AsyncIterator[Job]) -> Job:
    """A bar on stderr, so that stdout holds the end alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr)) as bar:
        task = bar.add_task("", total=1.0)
        async for job in seen:
            bar.update(task, completed=job.progress, description=f"{job.kind} {job.stage}")
    return job


def _advice(answer: CancelAnswer) -> str:
    if answer.accepted:
        return f"A running job stops at its next step: tenantry jobs watch {answer.job_id}{as_here()}"
    return "The job had ended before."


def _row(job: Job) -> tuple[object, ...]:
    done, attempt = f"{job.progress:.0%}", f"{job.attempt}/{job.max_attempts}"
    code = job.error.code if job.error else None
    return (job.job_id, job.kind, job.status, job.stage, done, attempt, job.created_at, code)
