"""Output and options of `tenantry backup` and `tenantry restore`."""

from collections.abc import Callable
from pathlib import Path

import click

from cli.shared.session import read_command_settings
from db.dumps import PostgresDumpTool
from schemas.base import ResponseStruct

event_database_option = click.option("--events", is_flag=True, help="Use the event database of TELEMETRY_URL.")


class DumpFileAndToolReport(ResponseStruct, frozen=True):
    """Dump with the PostgreSQL tool that wrote or read it, and the tool's major version."""

    file: str
    bytes: int
    tool: str
    version: int


def run_dump_or_restore(
    run: Callable[[str, Path], PostgresDumpTool], database_url: str, file: Path
) -> DumpFileAndToolReport:
    """Call `run` to dump or restore a database; return a report of file and PostgreSQL tool. Raise errors of `run`."""
    tool = run(database_url, file)
    return DumpFileAndToolReport(file=str(file), bytes=file.stat().st_size, tool=str(tool.path), version=tool.major)


def choose_main_or_event_db_url(*, events: bool) -> str:
    """Return the URL of the main database, or with `events` that of the event store. Raise `SettingsInvalid`."""
    settings = read_command_settings()
    return settings.event_store_url if events else settings.database_url
