"""`tenantry doctor`: a check of the machine and the platform."""

from collections.abc import Mapping

import asyncpg
import click
import msgspec
from rich.table import Table
from rich.text import Text

from cli.local import checks
from cli.local.checks import DoctorCheck
from cli.shared.command import with_printed_result
from cli.shared.exit_codes import EXIT_FAILED, EXIT_UNUSABLE
from cli.shared.output import CommandResult, table_cell
from cli.shared.session import SETTINGS_ADVICE, describe_database, read_command_settings, read_environment
from db.migrate import EVENT_SCHEMA, MAIN_SCHEMA
from db.pool import Conn, use_postgres_connection
from schemas.setting_values import is_parseable_url

CHECK_STATUS_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}

#: Checks that every process needs at its start. Other faults can be fixed while the platform runs.
VITAL_CHECKS = {"settings", "postgresql"}

DATABASE_AWAY_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@click.command()
@with_printed_result
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
    results = await _run_doctor_checks(read_environment())
    failed = {check.name for check in results if check.status == "fail"}
    code = EXIT_UNUSABLE if failed & VITAL_CHECKS else EXIT_FAILED if failed else 0
    return CommandResult({"ok": not failed, "checks": results}, _checks_table(results), exit_code=code)


async def _run_doctor_checks(environ: Mapping[str, str]) -> list[DoctorCheck]:
    settings = checks.check_settings()
    usable = settings.status == "ok"
    results = [checks.check_tenantry_version(), checks.check_python_version(), checks.check_kernel_sandbox(), settings]
    if (url := environ.get("DATABASE_URL")) and is_parseable_url(url):
        results += await _examine_database(url, usable=usable)
    if url := read_command_settings().redis_url if usable else environ.get("REDIS_URL"):
        results.append(await checks.check_redis(url))
    return results


async def _examine_database(url: str, *, usable: bool) -> list[DoctorCheck]:
    """Check the database at `url`, its clock, migrations, workers and dispatcher; return the results.

    With `usable` settings, also check disks, event store and keyrings. An unreachable database is a failed check.
    """
    try:
        async with use_postgres_connection(url, name="tenantry-doctor") as conn:
            results = [
                checks.check_postgres_version(conn),
                await checks.check_host_clock(conn),
                await checks.check_pending_migrations(conn, MAIN_SCHEMA),
            ]
            is_migrated = results[-1].status == "ok"
            if usable:
                disk_bytes = read_command_settings().database_disk_bytes
                results.append(await checks.check_database_disk(conn, setting="DATABASE_DISK_BYTES", size=disk_bytes))
                results += await _examine_event_store()
            return [*results, *(await _examine_keys_and_workers(conn, usable=usable) if is_migrated else [])]
    except DATABASE_AWAY_ERRORS as error:
        return [
            DoctorCheck(
                name="postgresql", status="fail", detail=f"{describe_database()}: {error}", advice=SETTINGS_ADVICE
            )
        ]


async def _examine_event_store() -> list[DoctorCheck]:
    settings = read_command_settings()
    try:
        async with use_postgres_connection(settings.event_store_url, name="tenantry-doctor") as conn:
            results = [await checks.check_pending_migrations(conn, EVENT_SCHEMA)]
            if size := settings.telemetry_disk_bytes:
                own = await checks.check_database_disk(conn, setting="TELEMETRY_DISK_BYTES", size=size)
                results.append(msgspec.structs.replace(own, name="disk of events"))
            return results
    except DATABASE_AWAY_ERRORS as error:
        return [
            DoctorCheck(name="event store", status="fail", detail=f"at TELEMETRY_URL: {error}", advice=SETTINGS_ADVICE)
        ]


async def _examine_keys_and_workers(conn: Conn, *, usable: bool) -> list[DoctorCheck]:
    secrets = [await checks.check_keyrings_complete(conn)] if usable else []
    return [*secrets, *await checks.check_pool_workers(conn), await checks.check_dispatcher(conn)]


def _checks_table(results: list[DoctorCheck]) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for check in results:
        grid.add_row(
            Text(check.status, style=CHECK_STATUS_STYLES[check.status]),
            table_cell(check.name),
            table_cell(check.detail),
        )
        if check.advice:
            grid.add_row("", "", table_cell(check.advice))
    return grid
