"""Two cells with servers of their own, and the command that moves an organization from one to the other."""

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.migrate import migrate_databases
from db.move import tables
from db.move.replication import filter_of_table
from db.pool import use_unpooled_pg_connection
from schemas import ids
from schemas.settings import Settings
from tests import servers
from tests.chaos import forkserver
from tests.chaos.fleet import LONG_S, Fleet, open_fleet
from tests.waiting import eventually

#: Columns that a move changes, by table.
CHANGED = {"organization": ["tier", "resumes_as", "moving_tier"], "job": ["pool"], "webhook_event": ["xid"]}


class Cells(NamedTuple):
    """Two cells. The source's fleet has the organization to move, the target's has a neighbor."""

    source: Fleet
    target: Fleet
    folder: Path
    organization_ids: list[UUID]

    @property
    def map_file(self) -> Path:
        return self.folder / "cells.map"

    def write_target(self, **changes: Any) -> None:
        """Write the environment file of the target, with other settings."""
        environment = servers.environment(msgspec.structs.replace(self.target.settings, **changes))
        (self.folder / "target.env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()))

    async def move(self, *words: str, point: str = "-") -> tuple[int, str]:
        """Run `tenantry org move`; return its exit code and its output."""
        log = self.folder / "move.log"
        shown = ids.format_prefixed_id(ids.ORGANIZATION, self.source.org)
        command = ["org", "move", shown, "--to", str(self.folder / "target.env"), "--json", *words]
        own = {**os.environ, **servers.environment(self.source.settings)}
        process = forkserver.start(["tests.chaos.mover", point, *command], own, log)

        async def ended() -> bool:
            return process.poll() is not None

        await eventually(ended)
        assert process.returncode is not None
        return process.returncode, log.read_text()

    async def succeed(self, *words: str) -> dict[str, Any]:
        """Run `tenantry org move` to its end; return its report."""
        code, output = await self.move(*words)
        assert code == 0, output
        report: dict[str, Any] = msgspec.json.decode(output.splitlines()[-1])
        return report

    async def is_killed(self, point: str, *words: str) -> None:
        """Run `tenantry org move` until it is killed after the function `point`."""
        code, output = await self.move(*words, point=point)
        assert code == -signal.SIGKILL, f"{point}: {output}"

    async def digests(self, fleet: Fleet) -> dict[str, str]:
        """Return a digest of the organization's rows by table, without the columns that a move changes."""
        found = {}
        async with AsyncExitStack() as stack:
            main = await stack.enter_async_context(use_unpooled_pg_connection(fleet.settings.database_url, name="test"))
            events = await stack.enter_async_context(
                use_unpooled_pg_connection(fleet.settings.event_store_url, name="test")
            )
            orgs = self.organization_ids
            projects = [
                row[0] for row in await main.fetch("select id from project where organization_id = any($1)", orgs)
            ]
            for table in tables.MAIN_TABLES + tables.EVENT_TABLES:
                conn = main if table in tables.MAIN_TABLES else events
                # A generation has another number in each cell.
                changed = ["generation", *CHANGED.get(table, [])]
                found[table] = await conn.fetchval(
                    f"""select count(*) || ' ' || coalesce(md5(string_agg((to_jsonb(t) - $1::text[])::text, '|'
                                                             order by (to_jsonb(t) - $1::text[])::text)), '')
                          from {table} t
                         where {filter_of_table(table, orgs, projects)}""",
                    changed,
                )
        return found


async def _create_event_store(url: str, settings: Settings) -> Settings:
    async with use_unpooled_pg_connection(url, name="test") as conn:
        await conn.execute("create database events")
    return msgspec.structs.replace(settings, telemetry_url=servers.with_path(url, "events"))


@asynccontextmanager
async def open_cells(
    folder: Path, *, allow: str = "", has_event_store: bool = False, more: Mapping[str, Any] | None = None
) -> AsyncIterator[Cells]:
    """Open two cells without processes, whose processes may connect to the host `allow`."""
    fleets = []
    async with AsyncExitStack() as stack:
        for name in ("source", "target"):
            home = folder / name
            home.mkdir()
            pair = stack.enter_context(servers.embedded(home, {"wal_level": "logical"}))
            settings = servers.settings_for(
                pair.postgres.url,
                pair.valkey.url,
                **{"lease_s": LONG_S, "fetch_allow": allow, "assets_url": f"file://{folder / 'media'}"}
                | dict(more or {}),
            )
            if has_event_store:
                settings = await _create_event_store(pair.postgres.url, settings)
            await migrate_databases(settings.database_url, settings.event_store_url)
            fleets.append(await stack.enter_async_context(open_fleet(settings, home)))
        pair_of = "select id from organization where $1 in (id, live_organization_id)"
        orgs = [row["id"] for row in await fleets[0].pool.fetch(pair_of, fleets[0].org)]
        cells = Cells(fleets[0], fleets[1], folder, orgs)
        cells.write_target()
        yield cells
