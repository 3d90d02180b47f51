"""`tenantry restore`: a dump read into an empty database."""

import asyncio
from pathlib import Path

import click

from cli.shared.command import with_printed_result
from cli.shared.dumped import choose_main_or_event_db_url, event_database_option, run_dump_or_restore
from cli.shared.output import CliCommandResult, format_object_fields
from db import dumps


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@event_database_option
@with_printed_result
async def restore(file: Path, *, events: bool) -> CliCommandResult:
    """Restore a dump into an empty database.

    It refuses a database with tables. Follow docs/howto/backup.md before you start workers.

    \b
    Example:
      DATABASE_URL=postgresql://... tenantry restore tenantry.dump
    """
    read = await asyncio.to_thread(
        run_dump_or_restore, dumps.restore_database_dump, choose_main_or_event_db_url(events=events), file
    )
    return CliCommandResult(
        read, format_object_fields(read), "Pause the pool publish before you start a worker: docs/howto/backup.md."
    )
