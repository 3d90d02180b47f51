"""Move of an organization between two cells: connections, marks of moves, and checks before a move."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from db.migrate import EVENT_SCHEMA_MIGRATION_SOURCE, MAIN_SCHEMA_MIGRATION_SOURCE
from db.move import copying, replication
from db.pool import Conn, open_postgres_connection
from db.queries import organization_move
from db.reach import POSTGRES_AWAY_ERRORS
from domain.security.keyring import parse_pepper_and_vault_keyrings
from schemas.errors import OrganizationMoveLocked, OrganizationMoveRefused
from schemas.errors.absent import not_found_error
from schemas.settings import Settings

#: Advisory lock of one move, at both ends. A killed move holds it until its session, and so its commit, has ended.
MOVE_LOCK_ID = 7212
#: Longest wait for that lock: PostgreSQL ends the session of a silent client within 10 s.
MAX_MOVE_LOCK_WAIT = "20s"

#: Oldest PostgreSQL with row filters.
MIN_POSTGRES_VERSION = 150_000

#: Errors of a statement, and of a server that can't be reached.
SERVER_ERRORS = (asyncpg.PostgresError, *POSTGRES_AWAY_ERRORS)

Report = Callable[[str], None]


class CellDatabases(NamedTuple):
    """Connections to a cell's main database and event store, which may be the same one, and its settings."""

    main: Conn
    events: Conn
    settings: Settings

    @property
    def has_separate_event_store(self) -> bool:
        return self.main is not self.events

    @property
    def connections(self) -> list[Conn]:
        """Return each connection once."""
        return [self.main, self.events] if self.has_separate_event_store else [self.main]


class ReplicatedDatabase(NamedTuple):
    """Database that is replicated: the name of its publications, slot and subscription, and both ends."""

    name: str
    source_url: str
    source: Conn
    target: Conn


class MoveMarks(NamedTuple):
    """Marks of moves in a cell.

    An open organization has none. `moving_to` is set from the begin of the pause until the purge, `moved_at` from the
    switch on for good.
    """

    moving_to: int | None
    moved_at: datetime | None


class OrganizationMove(NamedTuple):
    """Move of an organization with its sandbox from a source cell to a target cell."""

    source: CellDatabases
    target: CellDatabases
    organization_ids: list[UUID]
    report: Report

    @property
    def name(self) -> str:
        """Return the prefix of the names of all objects that the move creates."""
        return f"tenantry_move_{self.organization_ids[0].hex}"

    @property
    def databases(self) -> list[ReplicatedDatabase]:
        """Return the main database and, if it is a separate one, the event store, which is always the last."""
        source, target = self.source, self.target
        main = ReplicatedDatabase(self.name, source.settings.database_url, source.main, target.main)
        if not source.has_separate_event_store:
            return [main]
        url = source.settings.event_store_url
        return [main, ReplicatedDatabase(f"{self.name}_events", url, source.events, target.events)]

    async def list_projects(self) -> dict[UUID, bool]:
        """Return the projects of the source, each with whether its purge has begun."""
        rows = await organization_move.list_move_projects.all(self.source.main, orgs=self.organization_ids)
        return {row["id"]: row["purging"] for row in rows}

    @asynccontextmanager
    async def limit(self, seconds: float, describe: Callable[[], str] | None = None) -> AsyncIterator[None]:
        """Drop all connections if the block takes longer; raise its error, or `OrganizationMoveRefused` by `describe`.

        A cancellation would not end it while a server is silent: it waits for the end of the transaction.
        """
        expired = False

        def drop_connections() -> None:
            nonlocal expired
            expired = True
            for conn in self.source.connections + self.target.connections:
                conn.terminate()

        timer = asyncio.get_running_loop().call_later(seconds, drop_connections)
        try:
            yield
        except SERVER_ERRORS:
            if expired and describe:
                raise OrganizationMoveRefused(describe()) from None
            raise
        finally:
            timer.cancel()

    async def has_left_for_target(self) -> bool:
        """Return whether the organization has moved to this target, and isn't purged here. It may have left it, too."""
        marks = await self.read_marks(self.source.main)
        target_id = await read_system_id(self.target.main)
        return marks is not None and marks.moved_at is not None and marks.moving_to == target_id

    async def is_switched(self) -> bool:
        """Return whether this move has opened the organization at the target, and closed it at the source.

        Raise `OrganizationMoveRefused` if it is or moves elsewhere, or is open in both cells.
        """
        here = await self.read_marks(self.source.main)
        there = await self.read_marks(self.target.main)
        if here is None:
            raise not_found_error("organization")
        is_open_there = there is not None and there.moved_at is None
        reasons = {
            "has left this cell, and is purged here": here.moved_at and here.moving_to is None,
            "moves or has moved to another cell than that of --to": (
                here.moving_to not in (None, await read_system_id(self.target.main))
            ),
            "has closed rows at the target, of a move from there: purge them there first": there and there.moving_to,
            "has left this cell, and isn't open in that of --to": here.moved_at and not is_open_there,
            "is open in both cells, and not by this command": is_open_there and here.moving_to is None,
        }
        for reason, is_reason in reasons.items():
            if is_reason:
                raise OrganizationMoveRefused(f"the organization {reason}")
        return is_open_there

    async def read_marks(self, conn: Conn) -> MoveMarks | None:
        """Return the marks of moves on the organization's row in a cell, None without a row."""
        row = await organization_move.get_moving.one(conn, id=self.organization_ids[0])
        return None if row is None else MoveMarks(*row)


@asynccontextmanager
async def open_move(
    source: Settings, target: Settings, *, organization_id: UUID, report: Report
) -> AsyncIterator[OrganizationMove]:
    """Connect to both cells, and lock the move.

    Raise `ObjectNotFound`, `OrganizationMoveRefused` for unsuitable servers, or `OrganizationMoveLocked`.
    """
    async with AsyncExitStack() as stack:
        cells = [await stack.enter_async_context(_open_cell(settings)) for settings in (source, target)]
        await _check_servers(cells[0].main, cells[1].main)
        rows = await organization_move.list_move_ids.all(cells[0].main, id=organization_id)
        if len(rows) != 2:
            raise not_found_error("organization")
        move = OrganizationMove(cells[0], cells[1], [row["id"] for row in rows], report)
        try:
            for cell in cells:
                await organization_move.lock_move.value(cell.main, lock=MOVE_LOCK_ID, org=move.organization_ids[0])
        except asyncpg.LockNotAvailableError:
            raise OrganizationMoveLocked("another command moves the organization: wait for its end") from None
        yield move


@asynccontextmanager
async def _open_cell(settings: Settings) -> AsyncIterator[CellDatabases]:
    async with AsyncExitStack() as stack:
        main = await stack.enter_async_context(_connect(settings.database_url))
        events = await stack.enter_async_context(_connect(settings.telemetry_url)) if settings.telemetry_url else main
        yield CellDatabases(main, events, settings)


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[Conn]:
    """Open a connection, and drop it at the end: a silent server would not answer a close."""
    conn = await open_postgres_connection(url, name="tenantry-move")
    try:
        await conn.execute(
            f"""set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
                set lock_timeout = '{MAX_MOVE_LOCK_WAIT}'"""
        )
        yield conn
    finally:
        conn.terminate()


async def read_system_id(conn: Conn) -> int:
    """Return the identifier of a PostgreSQL server, which its standbys have too."""
    return int((await organization_move.get_server.row(conn))["system_id"])


async def check_move(move: OrganizationMove) -> None:
    """Check that the organization can move. Raise `OrganizationMoveRefused` with the first reason and its remedy."""
    source, target = move.source, move.target
    _check_settings(source.settings, target.settings)
    if source.has_separate_event_store:
        await _check_servers(source.events, target.events)
    schemas = (
        (MAIN_SCHEMA_MIGRATION_SOURCE, source.main, target.main),
        (EVENT_SCHEMA_MIGRATION_SOURCE, source.events, target.events),
    )
    for schema, at_source, at_target in schemas:
        applied = [
            await conn.fetch(f"select name, checksum from {schema.table} order by name")  # noqa: S608  a constant table name
            for conn in (at_source, at_target)
        ]
        if applied[0] != applied[1]:
            raise OrganizationMoveRefused("the cells have different schemas: install the same release in both")
    await refuse_foreign_leases(move)
    is_copying = await replication.has_subscription(target.main, move.name)
    if not is_copying and await copying.has_rows(target.main, move.organization_ids):
        raise OrganizationMoveRefused("the target has rows of an earlier move: run this command with --abort first")
    if urlsplit(source.settings.assets_url).scheme == "file":
        move.report("files aren't copied: the folder of ASSETS_URL must be the same storage for both cells")


async def refuse_foreign_leases(move: OrganizationMove) -> None:
    if await organization_move.has_foreign_lease.value(move.source.main, orgs=move.organization_ids):
        raise OrganizationMoveRefused("an account is leased to or from another organization: end these leases first")


def _check_settings(source: Settings, target: Settings) -> None:
    """Raise `OrganizationMoveRefused` if the settings differ in a way that moved rows can't bear."""
    if bool(source.telemetry_url) != bool(target.telemetry_url):
        raise OrganizationMoveRefused("TELEMETRY_URL is set in one cell only: separate both event stores, or none")
    if source.event_days > target.event_days:
        raise OrganizationMoveRefused("EVENT_DAYS of the target is smaller: it would drop events that the source keeps")
    for name in ("assets_url", "public_url"):
        if getattr(source, name) != getattr(target, name):
            raise OrganizationMoveRefused(f"{name.upper()} differs: moved URLs would lead to other files")
    pairs = zip(parse_pepper_and_vault_keyrings(source), parse_pepper_and_vault_keyrings(target), strict=True)
    for name, (old, new) in zip(("PEPPERS", "VAULT_KEYS"), pairs, strict=True):
        missing = sorted(key_id for key_id, key in old.keys.items() if new.keys.get(key_id) != key)
        if missing:
            raise OrganizationMoveRefused(
                f"{name} of the target lacks {', '.join(missing)}, or has another key of this name: "
                "add the source's keys after the target's first one"
            )


async def _check_servers(source: Conn, target: Conn) -> None:
    servers = [await organization_move.get_server.row(conn) for conn in (source, target)]
    for conn, server in zip((source, target), servers, strict=True):
        if conn.get_server_pid() != server["backend_pid"]:
            raise OrganizationMoveRefused(
                "a URL leads to PgBouncer, which shares sessions: use URLs of PostgreSQL itself for this command"
            )
        if server["version"] < MIN_POSTGRES_VERSION:
            raise OrganizationMoveRefused("row filters need PostgreSQL 15 or later")
        if not server["is_superuser"]:
            raise OrganizationMoveRefused("replication needs superusers: use their URLs for this command")
    if servers[0]["system_id"] == servers[1]["system_id"]:
        raise OrganizationMoveRefused("both cells use the same PostgreSQL server")
    if servers[0]["wal_level"] != "logical":
        raise OrganizationMoveRefused("the source has no logical replication: set wal_level = logical, and restart it")
