"""`tenantry restore`: a dump read into an empty database."""

import asyncio
from pathlib import Path

import click

from cli.shared.command import answering
from cli.shared.dumped import database_of, dumped, events_option
from cli.shared.output import CommandResult, object_card
from db import dumps


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@events_option
@answering
async def restore(file: Path, *, events: bool) -> CommandResult:
    """Restore a dump into an empty database.

    It refuses a database with tables. Follow docs/howto/backup.md before you start workers.

    \b
    Example:
      DATABASE_URL=postgresql://... tenantry restore tenantry.dump
    """
    read = await asyncio.to_thread(dumped, dumps.restore, database_of(events=events), file)
    return CommandResult(
        read, object_card(read), "Pause the pool publish before you start a worker: docs/howto/backup.md."
    )
