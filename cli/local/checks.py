"""Checks of `tenantry doctor`, one function each."""

import platform
import time
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Literal

from redis.asyncio import Redis

from cli.shared.session import SETTINGS_ADVICE, read_command_environment, read_command_settings
from db.migrate import SchemaMigrationSource, find_pending_migrations
from db.pool import Conn
from db.redis_reach import convert_redis_away_errors
from domain.operations import disk as disks
from domain.operations import pools
from domain.security.keyring import check_keyrings, parse_pepper_and_vault_keyrings
from generation.confinement import confine
from jobs.kinds import JOB_KINDS
from schemas.base import ResponseStruct
from schemas.errors import GenerationError, MigrationChanged, RedisCallFailed, SettingsInvalid
from schemas.setting_names import find_misspelt_settings

MIN_POSTGRES_MAJOR_VERSION = 15

#: Allowed difference of clocks. Ids contain the hosts' clocks: lists stay in order within about a second.
MAX_HOST_TO_DATABASE_CLOCK_OFFSET_S = 1.0

REDIS_CHECK_TIMEOUT_S = 2.0

MISSPELT_SETTING_ADVICE = "correct the name; leave it if another program reads it"

POOL_NAMES_WITH_JOB_KINDS = {kind.pool for kind in JOB_KINDS.values()}


class DoctorCheckResult(ResponseStruct, frozen=True):
    """Result of a check. `value` is for programs; `advice` is the remedy of a status that isn't ok."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    advice: str = ""
    value: Any = None


def build_tenantry_version_doctor_result() -> DoctorCheckResult:
    return DoctorCheckResult(name="tenantry", status="ok", detail=version("tenantry"), value=version("tenantry"))


def build_python_version_doctor_result() -> DoctorCheckResult:
    version_text = platform.python_version()
    return DoctorCheckResult(
        name="python", status="ok", detail=f"{version_text} on {platform.system()}", value=version_text
    )


def check_kernel_sandbox() -> DoctorCheckResult:
    """Check that this host's kernel can sandbox child processes; return a warning if landlock or seccomp is missing."""
    if missing := confine.find_missing_kernel_sandbox_parts():
        advice = "let the kernel, or the container's seccomp profile, allow it: docs/howto/install.md"
        detail = f"this host has no {' and no '.join(missing)} for child processes that read files"
        return DoctorCheckResult(name="kernel sandbox", status="warn", detail=detail, advice=advice, value=missing)
    return DoctorCheckResult(name="kernel sandbox", status="ok", detail="landlock and seccomp", value=[])


def check_engine_of_looks() -> DoctorCheckResult:
    """Check that slides can be drawn in looks; warn of a missing or unusable engine, which leaves the plain look."""
    if find_spec("numpy") is None:
        detail = "the extra `generate` isn't installed here: no content is generated on this host"
        return DoctorCheckResult(name="engine of looks", status="ok", detail=detail, value=False)
    engine = import_module("generation.looks.engine")
    try:
        with engine.LookEngine([], {}):
            return DoctorCheckResult(name="engine of looks", status="ok", detail="pytakumi", value=True)
    except (engine.EngineMissing, GenerationError) as error:
        detail = f"pytakumi doesn't start, so slides have the plain look: {error or 'it is missing'}"
        advice = "bin/up --install-only=local,generate, or pip install 'tenantry[generate]'"
        return DoctorCheckResult(name="engine of looks", status="warn", detail=detail, advice=advice, value=False)


def diagnose_settings() -> DoctorCheckResult:
    """Check that every process can start: fail for a missing or invalid setting, warn of misspelt variables."""
    try:
        parse_pepper_and_vault_keyrings(read_command_settings())
    except SettingsInvalid as error:
        return DoctorCheckResult(name="settings", status="fail", detail=str(error), advice=SETTINGS_ADVICE)
    if misspelt := find_misspelt_settings(read_command_environment()):
        suggestions = ", ".join(f"{name} (did you mean {meant}?)" for name, meant in misspelt.items())
        return DoctorCheckResult(
            name="settings",
            status="warn",
            detail=f"unknown settings without effect: {suggestions}",
            advice=MISSPELT_SETTING_ADVICE,
        )
    return DoctorCheckResult(name="settings", status="ok", detail="complete")


async def check_keyrings_complete(conn: Conn) -> DoctorCheckResult:
    """Check that PEPPERS and VAULT_KEYS have every key that the database uses; return a failure if one is missing."""
    try:
        peppers, vault = parse_pepper_and_vault_keyrings(read_command_settings())
        await check_keyrings(conn, peppers=peppers, vault=vault)
    except SettingsInvalid as error:
        advice = "put the missing key back at the end of its list, where it is only used to read"
        return DoctorCheckResult(name="secrets", status="fail", detail=str(error), advice=advice)
    return DoctorCheckResult(name="secrets", status="ok", detail="every key in use is present")


def diagnose_postgres_version(conn: Conn) -> DoctorCheckResult:
    """Check that PostgreSQL has version `MIN_POSTGRES_MAJOR_VERSION` or later; return a failure for an older one."""
    server_version = conn.get_server_version()
    version_text = f"{server_version.major}.{server_version.micro}"  # "18.6" is read as 18.0.6
    if server_version.major < MIN_POSTGRES_MAJOR_VERSION:
        advice = f"use PostgreSQL {MIN_POSTGRES_MAJOR_VERSION} or later"
        return DoctorCheckResult(
            name="postgresql", status="fail", detail=version_text, value=version_text, advice=advice
        )
    return DoctorCheckResult(name="postgresql", status="ok", detail=version_text, value=version_text)


async def diagnose_pending_migrations(conn: Conn, schema: SchemaMigrationSource) -> DoctorCheckResult:
    """Check that a database schema has no pending and no edited migrations; return a failure if it has any."""
    name = schema.folder.replace("_", " ")
    try:
        names = [migration.name for migration in await find_pending_migrations(conn, schema)]
    except MigrationChanged as error:
        return DoctorCheckResult(name=name, status="fail", detail=str(error), advice="deploy the unchanged release")
    if names:
        detail = f"{len(names)} pending: {', '.join(names)}"
        return DoctorCheckResult(name=name, status="fail", detail=detail, value=names, advice="run `tenantry migrate`")
    return DoctorCheckResult(name=name, status="ok", detail="none pending", value=[])


async def diagnose_database_disk(conn: Conn, *, setting: str, size: int) -> DoctorCheckResult:
    """Compare the bytes that a database uses with its disk's `size`; return the result.

    Warn from 80 % on; fail from 90 % on, where events are refused. A `size` of 0 is a warning to set `setting`.
    """
    use = await disks.measure_disk_use_of_databases_and_wal(conn)
    if not size:
        advice = f"set {setting}: until then events may fill the disk and stop PostgreSQL"
        return DoctorCheckResult(
            name="disk", status="warn", detail=f"{_format_mebibytes(use.used_bytes)} used, not watched", advice=advice
        )
    part = use.used_bytes / size
    log = "" if use.sees_wal else ", WAL estimated by its limit: grant pg_monitor to measure it"
    detail = f"{part:.0%} of {_format_mebibytes(size)} used{log}"
    if part >= disks.MIN_DISK_USE_FOR_EVENT_FAIR_SHARE:
        status: Literal["warn", "fail"] = "fail" if part >= disks.EVENT_INTAKE_DISK_WATERMARK.closes else "warn"
        advice = f"free space, or enlarge the disk and {setting}; events are refused from 90 %, uploads from 95 %"
        return DoctorCheckResult(name="disk", status=status, detail=detail, value=part, advice=advice)
    return DoctorCheckResult(name="disk", status="ok", detail=detail, value=part)


def _format_mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"


async def check_host_clock_against_database(conn: Conn) -> DoctorCheckResult:
    """Compare this host's clock to the database's, by the best of five queries; warn of a large offset."""
    ahead = min([await _measure_host_db_clock_offset(conn) for _ in range(5)])[1]
    detail = f"{abs(ahead) * 1000:.1f} ms {'ahead of' if ahead > 0 else 'behind'} the database"
    if abs(ahead) > MAX_HOST_TO_DATABASE_CLOCK_OFFSET_S:
        return DoctorCheckResult(
            name="clock", status="warn", detail=detail, value=ahead, advice="set the time by NTP on both"
        )
    return DoctorCheckResult(name="clock", status="ok", detail=detail, value=ahead)


async def _measure_host_db_clock_offset(conn: Conn) -> tuple[float, float]:
    """Return a query's duration, and the seconds by which this host's clock is ahead of the database's.

    The difference is corrected by half of the duration.
    """
    before = time.time()
    server_time = (await conn.fetchval("select clock_timestamp()")).timestamp()
    took = time.time() - before
    return took, before + took / 2 - server_time


async def check_pool_workers(conn: Conn) -> list[DoctorCheckResult]:
    """Check the workers of each pool with a job kind or a worker; warn of a pool without an active worker."""
    return [
        _check_workers_of_pool(counts)
        for counts in await pools.count_workers(conn)
        if counts.pool in POOL_NAMES_WITH_JOB_KINDS or any(counts[1:])
    ]


def _check_workers_of_pool(worker_counts: pools.PoolWorkerCountsByState) -> DoctorCheckResult:
    counts = worker_counts._asdict()
    del counts["pool"]
    detail = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "no workers"
    name = f"workers {worker_counts.pool}"
    if not worker_counts.active:
        advice = f"start `python -m workers {worker_counts.pool}`: until then its jobs wait"
        return DoctorCheckResult(name=name, status="warn", detail=detail, advice=advice, value=counts)
    return DoctorCheckResult(name=name, status="ok", detail=detail, value=counts)


async def check_dispatcher(conn: Conn) -> DoctorCheckResult:
    """Check that a dispatcher runs; if not, warn: jobs start, but retries, rescues and deadlines wait."""
    if await pools.has_leading_dispatcher(conn):
        return DoctorCheckResult(name="dispatcher", status="ok", detail="running", value=True)
    advice = "start `python -m workers.dispatcher`: until then no job is retried, rescued or timed out"
    return DoctorCheckResult(name="dispatcher", status="warn", detail="none", advice=advice, value=False)


async def check_redis(url: str) -> DoctorCheckResult:
    """Check that Redis responds, and return its version; if not, warn: jobs start later, and all else works."""
    client = Redis.from_url(url, socket_timeout=REDIS_CHECK_TIMEOUT_S, socket_connect_timeout=REDIS_CHECK_TIMEOUT_S)
    try:
        with convert_redis_away_errors():
            info = await client.info("server")
    except RedisCallFailed as error:
        advice = "jobs start within 2 s instead of 2 ms until it is back: check REDIS_URL"
        return DoctorCheckResult(name="redis", status="warn", detail=str(error), advice=advice)
    finally:
        await client.aclose()
    name = info.get("server_name", "redis")
    version_text = f"{name} {info.get(f'{name}_version', info['redis_version'])}"
    return DoctorCheckResult(name="redis", status="ok", detail=version_text, value=version_text)
