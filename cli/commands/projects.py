"""`tenantry projects`: operators' commands on a partner's project."""

from uuid import UUID

import click

from cli.shared.command import CliIdParam, with_database_session
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, format_object_fields
from cli.shared.session import CommandDbSession
from db.pool import run_in_transaction
from domain.operations import purge
from schemas import ids


@click.group(cls=FullSentenceHelpCommandGroup)
def projects() -> None:
    """Delete an archived project permanently."""


@projects.command("purge")
@click.argument("project_id", metavar="PROJECT_ID", type=CliIdParam(ids.PROJECT_ID_PREFIX))
@click.option("--name", required=True, help="The exact name of the project, as a confirmation.")
@with_database_session
async def purge_project(session: CommandDbSession, *, project_id: UUID, name: str) -> CliCommandResult:
    """Delete an archived project with its files, tokens, posts, content and jobs. Its audit log stays.

    A worker of the pool default does it. After that the same command reports that the project doesn't exist.

    \b
    Example:
      tenantry projects purge prj_01890a5d-... --name "Corner Bakery"
    """
    purging, _ = await run_in_transaction(
        session.pool,
        lambda conn: purge.begin_project_purge(conn, project_id=project_id, name=name, env=None, actor=None),
    )
    return CliCommandResult(purging, format_object_fields(purging), "A worker of the pool default deletes it now.")
