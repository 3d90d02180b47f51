"""`tenantry backup` and `restore`: tools of the server's version, and only empty databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from db import dumps
from db.dumps import PostgresDumpTool, find_postgres_tool, query_postgres_server_major_version
from db.pool import Conn
from schemas.errors import BackupOrRestoreFailed
from schemas.settings import Settings
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused
from tests.servers import with_path


@pytest_asyncio.fixture
async def empty(settings: Settings) -> AsyncIterator[str]:
    """Address of an empty database on the same server."""
    admin = await asyncpg.connect(settings.database_url)
    await admin.execute("drop database if exists restored")
    await admin.execute("create database restored template template0")
    yield with_path(settings.database_url, "restored")
    await admin.execute("drop database restored with (force)")
    await admin.close()


def mode_and_size(name: str) -> tuple[int, int]:
    stat = Path(name).stat()
    return stat.st_mode & 0o777, stat.st_size


def dumps_here() -> dict[str, str]:
    """Return the dumps in the current folder."""
    return {path.name: path.read_text() for path in Path().glob("tenantry*")}


async def test_a_dump_is_restored(
    tenantry: Tenantry, environment: Settings, conn: Conn, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dump and restore with open sessions, by tools of the server's version."""
    organization = await seeds.organization(conn)
    dumped = decoded(await tenantry("backup", "tenantry.dump", "--json"))
    assert mode_and_size("tenantry.dump") == (0o600, dumped["bytes"])
    assert dumped["version"] == await query_postgres_server_major_version(environment.database_url)
    monkeypatch.setenv("DATABASE_URL", empty)
    decoded(await tenantry("restore", "tenantry.dump", "--json"))
    restored = await asyncpg.connect(empty)
    assert await restored.fetchval("select count(*) from organization where id = $1", organization) == 1
    await restored.close()
    error = refused(await tenantry("restore", "tenantry.dump", "--json"), 1)
    assert "has tables" in error["message"]


async def test_an_existing_file_is_not_overwritten(tenantry: Tenantry, environment: Settings, elsewhere: Path) -> None:
    (elsewhere / "tenantry.dump").write_text("yesterday")
    error = refused(await tenantry("backup", "tenantry.dump", "--json"), 1)
    assert "is there already" in error["message"]
    assert dumps_here() == {"tenantry.dump": "yesterday"}


async def test_a_failed_backup_leaves_no_file(
    tenantry: Tenantry, environment: Settings, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = elsewhere / "pg_dump"
    broken.write_text("#!/bin/sh\necho no room >&2; exit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(dumps, "find_postgres_tool", lambda *_: PostgresDumpTool(broken, 18))
    error = refused(await tenantry("backup", "tenantry.dump", "--json"), 1)
    assert error["message"].endswith("ended with exit code 3:\nno room")
    assert dumps_here() == {}


def fake(folder: Path, major: int) -> Path:
    """Write a tool that prints its version."""
    folder.mkdir(parents=True)
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.2 (Debian {major}.2-1)'\n")
    path.chmod(0o755)
    return path


def test_the_tool_has_the_servers_version_or_the_next_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skip Debian's 15 in PATH: it is too old for an embedded 18."""
    path = fake(tmp_path / "path", 15)
    embedded, later = fake(tmp_path / "embedded", 18), fake(tmp_path / "debian" / "17" / "bin", 17)
    monkeypatch.setenv("PATH", str(path.parent))
    monkeypatch.setattr(dumps, "embedded_postgres_bin_folder", lambda: embedded.parent)
    monkeypatch.setattr(dumps, "DEBIAN_POSTGRES_FOLDER", tmp_path / "debian")
    for server, chosen in ((15, path), (16, later), (17, later), (18, embedded)):
        assert find_postgres_tool("pg_dump", server).path == chosen
    with pytest.raises(BackupOrRestoreFailed, match=r"version 19 or later, and there is .*postgresql-client-19"):
        find_postgres_tool("pg_dump", 19)


async def test_the_password_is_in_no_command_line(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "pg_dump"
    spy.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\necho "$PGPASSWORD" > {tmp_path}/password\n')
    spy.chmod(0o755)
    monkeypatch.setattr(dumps, "find_postgres_tool", lambda *_: PostgresDumpTool(spy, 18))
    await asyncio.to_thread(dumps.write_database_dump, settings.database_url, tmp_path / "out")
    password = (tmp_path / "password").read_text().strip()
    assert password
    assert f":{password}@" in settings.database_url
    assert password not in (tmp_path / "words").read_text()
