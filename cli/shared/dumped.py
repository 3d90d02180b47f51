"""Answer and options of `tenantry backup` and `tenantry restore`."""

from collections.abc import Callable
from pathlib import Path

import click

from cli.shared.session import read_settings
from db.dumps import Tool
from schemas.base import Out

events_option = click.option(
    "--events", is_flag=True, help="The database of TELEMETRY_URL, where events have their own."
)


class Dumped(Out, frozen=True):
    """A dump, and the tool of PostgreSQL that wrote or read it, with its major version."""

    file: str
    bytes: int
    tool: str
    version: int


def dumped(run: Callable[[str, Path], Tool], database_url: str, file: Path) -> Dumped:
    """The answer of a dump or a restore. Raises as those do."""
    tool = run(database_url, file)
    return Dumped(file=str(file), bytes=file.stat().st_size, tool=str(tool.path), version=tool.major)


def database_of(*, events: bool) -> str:
    """The address of the database. Raises `SettingsInvalid`."""
    settings = read_settings()
    return settings.event_store_url if events else settings.database_url
