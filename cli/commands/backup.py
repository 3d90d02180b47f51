"""`tenantry backup`: a dump of a database."""

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
async def backup(file: Path, *, events: bool) -> CommandResult:
    """Dump the database into a file.

    It uses a pg_dump of the server's version: the embedded one, the one in PATH, or Debian's. All
    processes may run. The file is new and has mode 0600. It contains no PEPPERS, no VAULT_KEYS and no
    files of ASSETS_URL.

    \b
    Examples:
      tenantry backup tenantry.dump
      tenantry backup events.dump --events
    """
    result = await asyncio.to_thread(dumped, dumps.dump, database_of(events=events), file)
    return CommandResult(result, object_card(result))
