"""`tenantry doctor`: a check of the machine and the platform."""

from collections.abc import Mapping

import asyncpg
import click
import msgspec
from rich.table import Table
from rich.text import Text

from cli.local import checks
from cli.local.checks import Check
from cli.shared.command import answering
from cli.shared.exit_codes import EXIT_FAILED, EXIT_UNUSABLE
from cli.shared.output import CommandResult, cell
from cli.shared.session import ADVICE, describe_database, environment, read_settings
from db.migrate import EVENTS, MAIN
from db.pool import Conn, connected
from schemas.setting_values import is_address

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}

#: Checks that every process needs at its start. Other faults can be fixed while the platform runs.
VITAL_CHECKS = {"settings", "postgresql"}

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@click.command()
@answering
async def doctor() -> CommandResult:
    """Check this machine and the platform, and report faults.

    It checks versions, the kernel's sandbox, settings, PostgreSQL and its disk, Redis, this host's clock,
    pending migrations, secrets, workers and the dispatcher. A warning leaves the exit code at 0. A fault of
    the settings or of PostgreSQL makes it 5, any other fault 1.

    \b
    Examples:
      tenantry doctor
      tenantry doctor --json | jq '.checks[] | select(.status != "ok")'
    """
    results = await _examine(environment())
    failed = {check.name for check in results if check.status == "fail"}
    code = EXIT_UNUSABLE if failed & VITAL_CHECKS else EXIT_FAILED if failed else 0
    return CommandResult({"ok": not failed, "checks": results}, _view(results), exit_code=code)


async def _examine(environ: Mapping[str, str]) -> list[Check]:
    settings = checks.settings()
    usable = settings.status == "ok"
    results = [checks.product(), checks.python(), checks.sandbox(), settings]
    if (url := environ.get("DATABASE_URL")) and is_address(url):
        results += await _examine_database(url, usable=usable)
    if url := read_settings().redis_url if usable else environ.get("REDIS_URL"):
        results.append(await checks.redis(url))
    return results


async def _examine_database(url: str, *, usable: bool) -> list[Check]:
    """Check the database; with `usable` settings also the keyrings against its rows."""
    try:
        async with connected(url, name="tenantry-doctor") as conn:
            results = [checks.postgres(conn), await checks.clock(conn), await checks.migrations(conn, MAIN)]
            is_migrated = results[-1].status == "ok"
            room = [await _examine_disk(conn)] if usable else []
            stored = await _examine_event_store() if usable else []
            return [
                *results,
                *room,
                *stored,
                *(await _examine_rows(conn, usable=usable) if is_migrated else []),
            ]
    except AWAY as error:
        return [
            Check(name="postgresql", status="fail", detail=f"{describe_database()}: {error}", advice=ADVICE)
        ]


async def _examine_disk(conn: Conn) -> Check:
    return await checks.disk(conn, setting="DATABASE_DISK_BYTES", size=read_settings().database_disk_bytes)


async def _examine_event_store() -> list[Check]:
    settings = read_settings()
    try:
        async with connected(settings.event_store_url, name="tenantry-doctor") as conn:
            results = [await checks.migrations(conn, EVENTS)]
            if size := settings.telemetry_disk_bytes:
                own = await checks.disk(conn, setting="TELEMETRY_DISK_BYTES", size=size)
                results.append(msgspec.structs.replace(own, name="disk of events"))
            return results
    except AWAY as error:
        return [Check(name="event store", status="fail", detail=f"at TELEMETRY_URL: {error}", advice=ADVICE)]


async def _examine_rows(conn: Conn, *, usable: bool) -> list[Check]:
    secrets = [await checks.secrets(conn)] if usable else []
    return [*secrets, *await checks.workers(conn), await checks.dispatcher(conn)]


def _view(results: list[Check]) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for check in results:
        grid.add_row(Text(check.status, style=STYLES[check.status]), cell(check.name), cell(check.detail))
        if check.advice:
            grid.add_row("", "", cell(check.advice))
    return grid
