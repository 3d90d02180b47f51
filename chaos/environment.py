"""Environment of a benchmark: PostgreSQL and Redis, a scratch database, shared settings."""

import base64
import contextlib
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import msgspec

from db import local
from db.migrate import migrate_databases
from db.pool import Pool, open_postgres_connection, open_postgres_pool
from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX, Settings

#: A keyring of one 32-byte key: sealed data is not read after the run.
BENCH_KEYRING = f"bench:{base64.b64encode(bytes(32)).decode()}"

_SETTING_VARIABLE_NAMES = frozenset(
    SETTING_NAMES_WITH_PRODUCT_PREFIX.get(field.name, field.encode_name) for field in msgspec.structs.fields(Settings)
)


class BenchServersAndSettings(NamedTuple):
    """Servers and settings of a run.

    `pool` is for setup and checks, never for measured work. `folder` holds the child processes' logs.
    """

    settings: Settings
    pool: Pool
    folder: Path

    def build_child_environ(self, **more: str) -> dict[str, str]:
        """Return a child's environment variables: this run's settings, not the caller's own; `more` overrides them."""
        bare = {name: value for name, value in os.environ.items() if name not in _SETTING_VARIABLE_NAMES}
        own = {
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "PEPPERS": BENCH_KEYRING,
            "VAULT_KEYS": BENCH_KEYRING,
            "HEALTH_PORT": "0",
            "ASSETS_URL": (self.folder / "assets").absolute().as_uri(),
        }
        return {**bare, **own, **more}


@contextlib.asynccontextmanager
async def open_bench_environment() -> AsyncIterator[BenchServersAndSettings]:
    """Open and yield an environment with a scratch database, on the servers in DATABASE_URL and REDIS_URL.

    Starts an embedded server for each unset variable. Drops the database and stops these servers at the end.
    """
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name, _start_missing_servers(Path(name)) as urls:
        async with open_bench_environment_on_servers(*urls, folder=Path(name)) as environment:
            yield environment


@contextlib.asynccontextmanager
async def open_bench_environment_on_servers(
    postgres_url: str, redis_url: str, *, folder: Path
) -> AsyncIterator[BenchServersAndSettings]:
    """Open an environment on running servers, with a scratch database that is dropped at the end.

    Keys in Redis are not deleted: they expire.
    """
    async with (
        create_scratch_database(postgres_url) as database_url,
        open_postgres_pool(database_url, name="bench") as pool,
    ):
        settings = Settings(
            database_url=database_url, redis_url=redis_url, peppers=BENCH_KEYRING, vault_keys=BENCH_KEYRING
        )
        yield BenchServersAndSettings(settings, pool, folder)


@contextlib.contextmanager
def _start_missing_servers(folder: Path) -> Iterator[tuple[str, str]]:
    with contextlib.ExitStack() as stack:
        postgres_url = os.environ.get("DATABASE_URL") or (
            stack.enter_context(local.run_local_postgres(folder / "postgres")).url
        )
        redis_url = os.environ.get("REDIS_URL") or stack.enter_context(local.run_local_valkey(folder / "valkey")).url
        yield postgres_url, redis_url


@contextlib.asynccontextmanager
async def create_scratch_database(postgres_url: str) -> AsyncIterator[str]:
    name = f"tenantry_bench_{secrets.token_hex(4)}"
    admin = await open_postgres_connection(postgres_url, name="bench")
    try:
        await admin.execute(f"create database {name}")
        url = urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
        await migrate_databases(url)
        yield url
    finally:
        await admin.execute(f"drop database if exists {name} with (force)")
        await admin.close()
