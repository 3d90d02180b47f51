"""Servers for tests: embedded ones of this process, or those of the environment's URLs."""

import asyncio
import base64
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest

from db import local
from db.server import LocalServer
from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX, Settings

#: No write of a test has to survive a crash of the machine.
FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}

#: Tests empty the shared database themselves. An autovacuum would hold a snapshot meanwhile, and leave
#: statistics, which prevent the reuse of a database.
SHARED = {**FAST, "autovacuum": "off"}

#: A keyring of one 32-byte key: `PEPPERS` and `VAULT_KEYS` of every test.
KEYRING = f"test:{base64.b64encode(bytes(range(32))).decode()}"

#: A folder in memory, if the machine has one, and the bytes that must be free in it.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30

#: Environment variable with the `bin` folder of a PostgreSQL that replaces the embedded one.
POSTGRES = "TENANTRY_POSTGRES"


class ServerPair(NamedTuple):
    """Both servers, to be used, stopped and started."""

    postgres: LocalServer
    valkey: LocalServer


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a data folder, in memory if there is room: there a test's database takes 14 ms, not 43."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    if roomy:
        _sweep()
    prefix = f"tenantry-tests-{os.getpid()}-"
    return tempfile.TemporaryDirectory(prefix=prefix, dir=MEMORY if roomy else None)


def _sweep() -> None:
    """Free the memory of killed runs."""
    for folder in MEMORY.glob("tenantry-tests-*"):
        if not Path("/proc", folder.name.split("-")[2]).exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def embedded(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[ServerPair]:
    """Start exclusive servers, Postgres with these `settings`: a test may stop, kill or pause them."""
    given = {**FAST, **(settings or {})}
    with (
        local.run_local_postgres(folder / "postgres", given, binaries=postgres_binaries()) as postgres,
        local.run_local_valkey(folder / "valkey") as valkey,
    ):
        yield ServerPair(postgres, valkey)


@contextlib.contextmanager
def shared_urls(worker: str) -> Iterator[tuple[str, str]]:
    """Return the URLs of Postgres and Redis for a whole run: `DATABASE_URL` and `REDIS_URL` if they are set.

    `worker` is the name of an xdist worker; each has a Redis database of its own.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(scratch()))
        database_url = os.environ.get("DATABASE_URL") or stack.enter_context(_postgres(folder / "postgres"))
        redis_url = os.environ.get("REDIS_URL") or stack.enter_context(local.run_local_valkey(folder / "valkey")).url
        yield database_url, with_path(redis_url, worker.removeprefix("gw") if worker != "master" else "0")


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """Start Postgres with cheap connections: a password check takes both sides 2 ms, and is skipped here.

    So is the preparation for TLS (1.3 ms), since the server has none.
    """
    with (
        local.run_local_postgres(folder, SHARED, binaries=postgres_binaries()) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PGSSLMODE", "disable")
        asyncio.run(_prove_soon(server.url))
        yield server.url


def postgres_binaries() -> Path | None:
    """Return the `bin` folder of the PostgreSQL that replaces the embedded one, if the environment names it."""
    return Path(named) if (named := os.environ.get(POSTGRES)) else None


async def _prove_soon(url: str) -> None:
    admin = await asyncpg.connect(url)
    try:
        # PostgreSQL 15 lacks this setting.
        await admin.execute("select set_config(name, '1', false) from pg_settings where name = 'scram_iterations'")
        await admin.execute(f"alter role postgres password '{urlsplit(url).password}'")
    finally:
        await admin.close()


def with_path(url: str, path: str) -> str:
    """Return the server's URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables of a process."""
    names = {
        item.name: SETTING_NAMES_WITH_PRODUCT_PREFIX.get(item.name, item.encode_name)
        for item in msgspec.structs.fields(Settings)
    }
    return {name: str(getattr(settings, attribute)) for attribute, name in names.items()}


def settings_for(database_url: str, redis_url: str, **more: Any) -> Settings:
    """Return the settings of every test: leases of 2 s, so that a rescue comes soon, and no Chromium."""
    own: dict[str, Any] = {"peppers": KEYRING, "vault_keys": KEYRING, "lease_s": 2, "drain_s": 5}
    own |= {"ingest_chromium_path": "off"} | more
    return Settings(database_url=database_url, redis_url=redis_url, **own)
