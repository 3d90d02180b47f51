"""`tenantry backup`."""

import asyncio
from pathlib import Path

import click

from cli.shared.command import answering
from cli.shared.dumped import database_of, dumped, events_option
from cli.shared.output import Answer, card
from db import dumps


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@events_option
@answering
async def backup(file: Path, *, events: bool) -> Answer:
    """Write the database into a file.

    By pg_dump of the server's version: the embedded one, that of PATH, or Debian's. It runs beside all
    processes. The file is new and has mode 0600. PEPPERS, VAULT_KEYS and the files of ASSETS_URL are not in
    it.

    \b
    Examples:
      tenantry backup tenantry.dump
      tenantry backup events.dump --events
    """
    made = await asyncio.to_thread(dumped, dumps.dump, database_of(events=events), file)
    return Answer(made, card(made))
