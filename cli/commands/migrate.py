"""`tenantry migrate`."""

import click

from cli.shared.command import answering
from cli.shared.output import Answer, table
from cli.shared.session import read_settings
from db import migrate as migrations


@click.command()
@answering
async def migrate() -> Answer:
    """Bring the database to this release's tables.

    A release step: run it before the new release's workers and API. Many may run at once, one works.

    \b
    Example:
      tenantry migrate
    """
    applied = await migrations.migrate(read_settings().database_url)
    return Answer(
        {"applied": applied}, table(["APPLIED"], [[name] for name in applied] or [["nothing to apply"]])
    )
