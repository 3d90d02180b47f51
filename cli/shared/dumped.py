"""Output and options of `tenantry backup` and `tenantry restore`."""

from collections.abc import Callable
from pathlib import Path

import click

from cli.shared.session import read_settings
from db.dumps import PostgresTool
from schemas.base import Out

events_option = click.option("--events", is_flag=True, help="Use the event database of TELEMETRY_URL.")


class Dumped(Out, frozen=True):
    """Dump with the PostgreSQL tool that wrote or read it, and the tool's major version."""

    file: str
    bytes: int
    tool: str
    version: int


def dumped(run: Callable[[str, Path], PostgresTool], database_url: str, file: Path) -> Dumped:
    """Run a dump or a restore, and describe it. Raise the errors of `run`."""
    tool = run(database_url, file)
    return Dumped(file=str(file), bytes=file.stat().st_size, tool=str(tool.path), version=tool.major)


def database_of(*, events: bool) -> str:
    """Return the address of the database. Raise `SettingsInvalid`."""
    settings = read_settings()
    return settings.event_store_url if events else settings.database_url
