"""`tenantry backup`: a dump of a database."""

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
async def backup(file: Path, *, events: bool) -> CliCommandResult:
    """Dump the database into a file.

    It uses a pg_dump of the server's version: the embedded one, the one in PATH, or Debian's. All
    processes may run. The file is new and has mode 0600. It contains no PEPPERS, no VAULT_KEYS and no
    files of ASSETS_URL.

    \b
    Examples:
      tenantry backup tenantry.dump
      tenantry backup events.dump --events
    """
    result = await asyncio.to_thread(
        run_dump_or_restore, dumps.write_database_dump, choose_main_or_event_db_url(events=events), file
    )
    return CliCommandResult(result, format_object_fields(result))
