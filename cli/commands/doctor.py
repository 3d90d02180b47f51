"""`tenantry doctor`: a check of the machine and the platform."""

from collections.abc import Mapping

import asyncpg
import click
import msgspec
from rich.table import Table
from rich.text import Text

from cli.local import checks
from cli.local.checks import DoctorCheckResult
from cli.shared.command import with_printed_result
from cli.shared.exit_codes import EXIT_FAILED, EXIT_SETTINGS_OR_SERVER_UNUSABLE
from cli.shared.output import CliCommandResult, format_cli_table_cell
from cli.shared.session import (
    SETTINGS_ADVICE,
    describe_database_address,
    read_command_environment,
    read_command_settings,
)
from db.migrate import EVENT_SCHEMA_MIGRATION_SOURCE, MAIN_SCHEMA_MIGRATION_SOURCE
from db.pool import Conn, use_unpooled_pg_connection
from schemas.setting_values import is_parseable_server_url

DOCTOR_CHECK_STATUS_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}

#: Checks that every process needs at its start. Other faults can be fixed while the platform runs.
VITAL_DOCTOR_CHECKS = {"settings", "postgresql"}

FAILED_DATABASE_CHECK_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@click.command()
@with_printed_result
async def doctor() -> CliCommandResult:
    """Check this machine and the platform, and report faults.

    It checks versions, the kernel's sandbox, the engine of looks, settings, PostgreSQL and its disk, Redis,
    this host's clock, pending migrations, secrets, workers and the dispatcher. A warning leaves the exit code
    at 0. A fault of the settings or of PostgreSQL makes it 5, any other fault 1.

    \b
    Examples:
      tenantry doctor
      tenantry doctor --json | jq '.checks[] | select(.status != "ok")'
    """
    results = await _run_doctor_checks(read_command_environment())
    failed = {check.name for check in results if check.status == "fail"}
    code = EXIT_SETTINGS_OR_SERVER_UNUSABLE if failed & VITAL_DOCTOR_CHECKS else EXIT_FAILED if failed else 0
    return CliCommandResult({"ok": not failed, "checks": results}, _build_doctor_result_table(results), exit_code=code)


async def _run_doctor_checks(environ: Mapping[str, str]) -> list[DoctorCheckResult]:
    settings = checks.diagnose_settings()
    usable = settings.status == "ok"
    results = [
        checks.build_tenantry_version_doctor_result(),
        checks.build_python_version_doctor_result(),
        checks.check_kernel_sandbox(),
        checks.check_engine_of_looks(),
        settings,
    ]
    if (url := environ.get("DATABASE_URL")) and is_parseable_server_url(url):
        results += await _run_database_checks(url, usable=usable)
    if url := read_command_settings().redis_url if usable else environ.get("REDIS_URL"):
        results.append(await checks.check_redis(url))
    return results


async def _run_database_checks(url: str, *, usable: bool) -> list[DoctorCheckResult]:
    """Check the database at `url`, its clock, migrations and, if none is pending, workers and dispatcher.

    With `usable` settings, also check disks, event store and keyrings. An unreachable database is a failed check.
    """
    try:
        async with use_unpooled_pg_connection(url, name="tenantry-doctor") as conn:
            results = [
                checks.diagnose_postgres_version(conn),
                await checks.check_host_clock_against_database(conn),
                await checks.diagnose_pending_migrations(conn, MAIN_SCHEMA_MIGRATION_SOURCE),
            ]
            is_migrated = results[-1].status == "ok"
            if usable:
                disk_bytes = read_command_settings().database_disk_bytes
                results.append(
                    await checks.diagnose_database_disk(conn, setting="DATABASE_DISK_BYTES", size=disk_bytes)
                )
                results += await _run_event_store_checks()
            return [*results, *(await _run_keyring_and_worker_checks(conn, usable=usable) if is_migrated else [])]
    except FAILED_DATABASE_CHECK_ERRORS as error:
        return [
            DoctorCheckResult(
                name="postgresql",
                status="fail",
                detail=f"{describe_database_address()}: {error}",
                advice=SETTINGS_ADVICE,
            )
        ]


async def _run_event_store_checks() -> list[DoctorCheckResult]:
    settings = read_command_settings()
    try:
        async with use_unpooled_pg_connection(settings.event_store_url, name="tenantry-doctor") as conn:
            results = [await checks.diagnose_pending_migrations(conn, EVENT_SCHEMA_MIGRATION_SOURCE)]
            if size := settings.telemetry_disk_bytes:
                own = await checks.diagnose_database_disk(conn, setting="TELEMETRY_DISK_BYTES", size=size)
                results.append(msgspec.structs.replace(own, name="disk of events"))
            return results
    except FAILED_DATABASE_CHECK_ERRORS as error:
        return [
            DoctorCheckResult(
                name="event store", status="fail", detail=f"at TELEMETRY_URL: {error}", advice=SETTINGS_ADVICE
            )
        ]


async def _run_keyring_and_worker_checks(conn: Conn, *, usable: bool) -> list[DoctorCheckResult]:
    secrets = [await checks.check_keyrings_complete(conn)] if usable else []
    return [*secrets, *await checks.check_pool_workers(conn), await checks.check_dispatcher(conn)]


def _build_doctor_result_table(results: list[DoctorCheckResult]) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for check in results:
        grid.add_row(
            Text(check.status, style=DOCTOR_CHECK_STATUS_STYLES[check.status]),
            format_cli_table_cell(check.name),
            format_cli_table_cell(check.detail),
        )
        if check.advice:
            grid.add_row("", "", format_cli_table_cell(check.advice))
    return grid
