"""`tenantry migrate`."""

import click

from cli.shared.command import answering
from cli.shared.output import Answer, table
from cli.shared.session import read_settings
from db import migrate as migrations


@click.command()
@answering
async def migrate() -> Answer:
    """Bring the databases of this platform and of its events to this release's tables.

    A release step: run it before the new release's workers and API. Many may run at once, one works.

    \b
    Example:
      tenantry migrate
    """
    settings = read_settings()
    applied = await migrations.migrate(settings.database_url, settings.event_store_url)
    return Answer(
        {"applied": applied}, table(["APPLIED"], [[name] for name in applied] or [["nothing to apply"]])
    )
