"""Databases for tests: copies of a migrated one. After its test a copy is emptied and reused if possible.

To copy and drop one takes 24 ms of CPU, to empty it 4.
"""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from db.migrate import migrate_databases
from db.pool import open_postgres_connection
from tests.connection_reuse import ConnectionReuse
from tests.servers import with_path

#: Seconds until the closed sessions of a test are gone.
GONE_S = 1.0

#: Most bytes of a table in a reusable database: up to this size PostgreSQL plans as for an empty one.
MOST = 8 * 8192

#: First object id of objects created in the database, and not at its server's start.
OURS = 16384

TABLES = f"""
select relname::text
  from pg_class
 where oid >= {OURS} and relkind in ('r', 'p') and not relispartition
   and relnamespace = 'public'::regnamespace
"""

SEQUENCES = f"select relname::text from pg_class where oid >= {OURS} and relkind = 'S'"

OTHERS = """
select count(*)
  from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
   and pid <> all($1::int[])
"""

#: Fingerprint of definitions, settings and statistics: a change gives its row another `xmin`. Also counts tables
#: that were vacuumed, which affects plans, or have become large.
MARK = f"""
select count(*) || ' ' || sum(xmin::text::bigint) || ' ' || (
         select count(*)
           from pg_class
          where oid >= {OURS} and relkind = 'r' and (reltuples >= 0 or pg_relation_size(oid) > {MOST}))
  from (select xmin from pg_class where oid >= {OURS}
        union all select xmin from pg_attribute where attrelid >= {OURS}
        union all select xmin from pg_constraint where oid >= {OURS}
        union all select xmin from pg_trigger where oid >= {OURS}
        union all select xmin from pg_proc where oid >= {OURS}
        union all select xmin from pg_statistic where starelid >= {OURS}
        union all
        select s.xmin
          from pg_db_role_setting s
               join pg_database d on d.oid = s.setdatabase
         where d.datname = current_database()) known
"""


class EmptyingStatements(NamedTuple):
    """Statements that find the tables with changed rows, refill some, and restart sequences."""

    differing: str
    fill: dict[str, str]
    restart: str

    def of(self, tables: list[str]) -> str:
        """Return the initial rows of these tables, and the sequences' restarts."""
        return "".join(f"delete from {name}; {self.fill.get(name, '')}" for name in tables) + self.restart


class Database(NamedTuple):
    """A copy, and a connection for the cleanup between two tests."""

    name: str
    conn: "asyncpg.Connection[asyncpg.Record]"
    differing: "PreparedStatement[asyncpg.Record]"


class Template(NamedTuple):
    """A migrated database without rows but those of its migrations, and the connection that copies it."""

    name: str
    admin: "asyncpg.Connection[asyncpg.Record]"
    url: str
    numbers: Iterator[int]
    emptying: EmptyingStatements
    mark: str
    free: list[Database]
    reuse: ConnectionReuse

    def url_of(self, name: str) -> str:
        return with_path(self.url, name)


@contextlib.asynccontextmanager
async def template(server_url: str, worker: str) -> AsyncIterator[Template]:
    """Create a migrated database to copy. Its name has the process's, since a server may be shared."""
    name = f"tenantry_{worker}_{os.getpid()}"
    admin = await open_postgres_connection(server_url, name="tests")
    try:
        await admin.execute(f"create database {name}")
        await migrate_databases(with_path(server_url, name))
        emptying, mark = await _look(with_path(server_url, name))
        made = Template(name, admin, server_url, itertools.count(), emptying, mark, [], ConnectionReuse(server_url))
        made.reuse.install()
        yield made
        await made.reuse.uninstall()
        for database in made.free:
            await _drop(made, database)
        await admin.execute(f"drop database {name}")
    finally:
        await admin.close()


async def _look(url: str) -> tuple[EmptyingStatements, str]:
    """Return the statements that empty a copy of this database, and its fingerprint."""
    conn = await open_postgres_connection(url, name="tests")
    try:
        tables = [row[0] for row in await conn.fetch(TABLES)]
        fill, cases = {}, []
        for name in tables:
            case = f"exists (select from {name})"
            if rows := await conn.fetchval(f"select jsonb_agg(to_jsonb(t))::text from {name} t"):
                again = f"jsonb_populate_recordset(null::{name}, $rows${rows}$rows$)"
                fill[name] = f"insert into {name} select * from {again};"
                known = f"select sum(xmin::text::bigint) from {name}"
                case = f"({known}) is distinct from {await conn.fetchval(known)}"
            cases.append(f"case when {case} then '{name}' end")
        sequences = [row[0] for row in await conn.fetch(SEQUENCES)]
        emptying = EmptyingStatements(
            differing=f"select array_remove(array[{', '.join(cases)}], null)",
            fill=fill,
            restart="".join(f"select setval('{name}', 1, false);" for name in sequences),
        )
        return emptying, await conn.fetchval(MARK)
    finally:
        await conn.close()


@contextlib.asynccontextmanager
async def copy(source: Template) -> AsyncIterator[str]:
    """Create a database, return its URL, and drop it at the end."""
    name = await _make(source)
    yield source.url_of(name)
    await source.admin.execute(f"drop database {name} with (force)")


@contextlib.asynccontextmanager
async def lend(source: Template) -> AsyncIterator[str]:
    """Lend a database without rows; another test may have used it before."""
    database = source.free.pop() if source.free else await _open(source)
    yield source.url_of(database.name)
    if await _emptied(source, database):
        source.free.append(database)
    else:
        await _drop(source, database)


async def _make(source: Template) -> str:
    name = f"{source.name}_{next(source.numbers)}"
    # Without fsync, copying files beats writing pages to the log: 46 ms a test against 60.
    await source.admin.execute(f"create database {name} template {source.name} strategy file_copy")
    return name


async def _open(source: Template) -> Database:
    name = await _make(source)
    conn = await open_postgres_connection(source.url_of(name), name="tests")
    # Delete rows without foreign key checks.
    await conn.execute("set session_replication_role = replica; set enable_seqscan = on")
    # Planned once: it is too long for a connection's statement cache. Only its first use ends its locks.
    differing = await conn.prepare(source.emptying.differing)
    await differing.fetchval()
    return Database(name, conn, differing)


async def _drop(source: Template, database: Database) -> None:
    await database.conn.close()
    await source.admin.execute(f"drop database {database.name} with (force)")


async def _emptied(source: Template, database: Database) -> bool:
    """Empty the database. Return True if it then equals a new one."""
    conn = database.conn
    try:
        if not await _left_alone(source, conn) or await conn.fetchval(MARK) != source.mark:
            return False
        await conn.execute(source.emptying.of(await database.differing.fetchval()))
    except (asyncpg.PostgresError, asyncpg.InterfaceError):  # The test has ended all sessions.
        return False
    return True


async def _left_alone(source: Template, conn: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Wait until the test's sessions are gone. False if some stay."""
    deadline = asyncio.get_running_loop().time() + GONE_S
    while await conn.fetchval(OTHERS, source.reuse.free_process_ids()):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.001)
    return True
