"""`tenantry migrate`: the release step."""

import click

from cli.shared.command import with_printed_result
from cli.shared.output import CliCommandResult, build_text_table
from cli.shared.session import read_command_settings
from db import migrate as migrations


@click.command()
@with_printed_result
async def migrate() -> CliCommandResult:
    """Migrate the main and the event database to this release.

    The release step: run it before the new release's workers and API. Parallel runs are safe, one works.

    \b
    Example:
      tenantry migrate
    """
    settings = read_command_settings()
    applied = await migrations.migrate_databases(settings.database_url, settings.event_store_url)
    return CliCommandResult(
        {"applied": applied}, build_text_table(["APPLIED"], [[name] for name in applied] or [["nothing to apply"]])
    )
