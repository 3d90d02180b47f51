"""`tenantry projects`."""

from uuid import UUID

import click

from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.output import Answer, card, page
from cli.shared.session import Session
from cli.shared.starting import follow, wake
from db.pool import transact
from domain.projects import archive
from domain.projects import projects as verbs
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.projects import Project, ProjectPatch, Status

PROJECT = Id(ids.PROJECT)

COLUMNS = ("PROJECT", "NAME", "STATUS", "CUSTOMER", "TIMEZONE", "WEBSITE", "CREATED")


@click.group()
def projects() -> None:
    """List, show, archive and un-archive an organization's projects."""


@projects.command("list")
@click.option(
    "--status",
    type=click.Choice(["active", "archived"]),
    default="active",
    show_default=True,
    help="Archived ones are in a list of their own.",
)
@click.option("--customer", metavar="ID", help="Only those of this customerExternalId.")
@click.option("--search", metavar="TEXT", help="Only those with this in their name.")
@answering
@at_database
@acting
@paged(ids.PROJECT)
async def list_projects(
    session: Session,
    actor: Actor,
    *,
    status: Status,
    customer: str | None,
    search: str | None,
    before: UUID | None,
    limit: int,
) -> Answer:
    """List projects, newest first.

    \b
    Examples:
      tenantry projects list --search bakery
      tenantry projects list --status archived --json | jq -r '.items[].id'
    """
    async with session.pool.acquire() as conn:
        found = await verbs.list_page(
            conn,
            organization_id=actor.organization_id,
            status=status,
            customer_external_id=customer,
            search=search,
            before=before,
            limit=limit + 1,
        )
    return page(found, limit, COLUMNS, _row)


@projects.command("show")
@click.argument("project_id", type=PROJECT)
@answering
@at_database
@acting
async def show_project(session: Session, actor: Actor, *, project_id: UUID) -> Answer:
    """Show one project, archived or not, with its brand context.

    \b
    Examples:
      tenantry projects show prj_01890a5d-...
      tenantry projects show prj_01890a5d-... --json | jq .brandContext
    """
    async with session.pool.acquire() as conn:
        project, _ = await verbs.get(conn, organization_id=actor.organization_id, project_id=project_id)
    return Answer(project, card(project))


@projects.command("archive")
@click.argument("project_id", type=PROJECT)
@answering
@at_database
@acting
async def archive_project(session: Session, actor: Actor, *, project_id: UUID) -> Answer:
    """Archive a project: nothing starts in it from now on, and what waits in it is canceled.

    It says how many posts are canceled, how many are on their way and still go out, and which job ends
    the rest. A repeat says the same.

    \b
    Example:
      tenantry projects archive prj_01890a5d-...
    """
    archived, due = await transact(
        session.pool,
        lambda conn: archive.archive(
            conn,
            organization_id=actor.organization_id,
            project_id=project_id,
            api_key_id=actor.key_uuid,
        ),
    )
    await wake(session, [due])
    return Answer(archived, card(archived), follow(archived.job_id))


@projects.command("unarchive")
@click.argument("project_id", type=PROJECT)
@answering
@at_database
@acting
async def unarchive_project(session: Session, actor: Actor, *, project_id: UUID) -> Answer:
    """Make an archived project active again; what the archive ended stays ended.

    The exit code is 4 while the archive's job runs.

    \b
    Example:
      tenantry projects unarchive prj_01890a5d-...
    """
    project, _ = await transact(
        session.pool,
        lambda conn: verbs.patch(
            conn,
            organization_id=actor.organization_id,
            project_id=project_id,
            api_key_id=actor.key_uuid,
            body=ProjectPatch(status="active"),
        ),
    )
    return Answer(project, card(project))


def _row(each: Project) -> tuple[object, ...]:
    website = each.ingest_state.website
    return (
        each.id,
        each.name,
        each.status,
        each.customer_external_id,
        each.timezone,
        website and website.status,
        each.created_at,
    )
