"""`tenantry migrate`: the release step."""

import click

from cli.shared.command import answering
from cli.shared.output import CommandResult, table
from cli.shared.session import read_settings
from db import migrate as migrations


@click.command()
@answering
async def migrate() -> CommandResult:
    """Migrate the main and the event database to this release.

    The release step: run it before the new release's workers and API. Parallel runs are safe, one works.

    \b
    Example:
      tenantry migrate
    """
    settings = read_settings()
    applied = await migrations.migrate(settings.database_url, settings.event_store_url)
    return CommandResult(
        {"applied": applied}, table(["APPLIED"], [[name] for name in applied] or [["nothing to apply"]])
    )
