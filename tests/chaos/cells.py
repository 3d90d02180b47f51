"""Two cells with servers of their own, and the command that moves an organization from one to the other."""

import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec

from db.migrate import migrate_databases
from db.move import tables
from db.move.replication import filter_of_table
from db.pool import use_unpooled_pg_connection
from db.server import LocalServer
from schemas import ids
from tests import seeds, servers
from tests.api.all_objects import create_one_of_each
from tests.api.conftest import new_key
from tests.chaos import forkserver
from tests.chaos.fleet import LONG_S, Fleet, open_fleet
from tests.chaos.forkserver import Forked
from tests.chaos.move_callers import build_event
from tests.chaos.worker import EFFECT
from tests.waiting import PATIENCE_S, eventually

#: Columns that a move changes, by table.
CHANGED = {
    "organization": ["moving_to", "moved_at"],
    "queued_kind": ["rest_until", "read_from", "read_from_until"],
    "job": ["newcomer"],
    "webhook_event": ["xid"],
}


#: Short waits of a subscription before it connects again, and before it copies a table.
SHORT_WAITS = {
    "wal_retrieve_retry_interval": "100ms",
    "max_sync_workers_per_subscription": "16",
    "max_logical_replication_workers": "20",
    "max_worker_processes": "24",
    "max_replication_slots": "40",
    "max_wal_senders": "40",
}
#: Each statement is logged at the target, so that a test finds a password there.
LOGGED = {"log_statement": "all", "log_min_duration_statement": "0", "log_min_error_statement": "error"}


@dataclass
class Cells:
    """Two cells. The source's fleet has the organization to move."""

    source: Fleet
    target: Fleet
    folder: Path
    #: PostgreSQL of the target.
    target_server: LocalServer
    organization_ids: list[UUID] = field(default_factory=list)

    async def renew(self, folder: Path, **changes: Any) -> None:
        """Begin a test: a new organization to move, other settings in both cells, and no process."""
        self.folder = folder
        for fleet in (self.source, self.target):
            fleet.end()
            fleet.processes.clear()
            fleet.settings = msgspec.structs.replace(fleet.settings, **changes)
            # A worker of this test would claim them.
            await fleet.pool.execute("delete from job where kind = $1", EFFECT.name)
        self.write_target()
        async with self.source.pool.acquire() as conn:
            self.source.org = await seeds.organization(conn)
        pair_of = "select id from organization where $1 in (id, live_organization_id)"
        self.organization_ids = [row["id"] for row in await self.source.pool.fetch(pair_of, self.source.org)]

    def use_event_stores(self) -> None:
        """Let the event store of each cell be a database of its own."""
        for fleet in (self.source, self.target):
            fleet.settings = msgspec.structs.replace(
                fleet.settings, telemetry_url=servers.with_path(fleet.settings.database_url, "events")
            )
        self.write_target()

    @property
    def map_file(self) -> Path:
        return self.folder / "cells.map"

    def write_target(self, **changes: Any) -> None:
        """Write the environment file of the target, with other settings."""
        environment = servers.environment(msgspec.structs.replace(self.target.settings, **changes))
        (self.folder / "target.env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()))

    def start(self, *words: str, point: str = "-", log: str = "move.log", **changes: Any) -> Forked:
        """Start `tenantry org move`, with other settings of the source; its output goes to a file of the folder."""
        shown = ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, self.source.org)
        command = ["org", "move", shown, "--to", str(self.folder / "target.env"), "--json", *words]
        own = {**os.environ, **servers.environment(msgspec.structs.replace(self.source.settings, **changes))}
        return forkserver.start(["tests.chaos.mover", point, *command], own, self.folder / log)

    async def ended(self, process: Forked, log: str = "move.log") -> tuple[int, str]:
        """Wait for a move's end; return its exit code and its output."""

        async def has_ended() -> bool:
            return process.poll() is not None

        await eventually(has_ended)
        assert process.returncode is not None
        return process.returncode, (self.folder / log).read_text()

    async def move(self, *words: str, point: str = "-", **changes: Any) -> tuple[int, str]:
        return await self.ended(self.start(*words, point=point, **changes))

    async def refused(self, reason: str, *words: str, **changes: Any) -> None:
        """Run `tenantry org move`, which must fail for this reason."""
        code, output = await self.move(*words, **changes)
        assert (code, reason in output) == (1, True), output

    async def succeed(self, *words: str, **changes: Any) -> dict[str, Any]:
        """Run `tenantry org move` to its end; return its report."""
        code, output = await self.move(*words, **changes)
        assert code == 0, output
        report: dict[str, Any] = msgspec.json.decode(output.splitlines()[-1])
        return report

    async def is_killed(self, point: str, *words: str) -> None:
        """Run `tenantry org move` until it is killed after the function `point`."""
        code, output = await self.move(*words, point=point)
        assert code == -signal.SIGKILL, f"{point}: {output}"

    async def digests(self, fleet: Fleet, orgs: Sequence[UUID] = ()) -> dict[str, str]:
        """Return a digest of an organization's rows by table, without the columns that a move changes."""
        found = {}
        async with AsyncExitStack() as stack:
            main = await stack.enter_async_context(use_unpooled_pg_connection(fleet.settings.database_url, name="test"))
            events = await stack.enter_async_context(
                use_unpooled_pg_connection(fleet.settings.event_store_url, name="test")
            )
            orgs = orgs or self.organization_ids
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


async def assert_open_at_source(cells: Cells) -> None:
    """Assert that the organization is in use at the source alone: no mark, trigger, resting queue, or row there."""
    pool = cells.source.pool
    assert await pool.fetchval("select count(*) from organization where moving_to is not null") == 0
    assert await pool.fetchval("select count(*) from pg_trigger where tgname like 'tenantry_move%'") == 0
    assert await pool.fetchval("select count(*) from queued_kind where rest_until = 'infinity'") == 0
    there = "select count(*) from organization where id = any($1)"
    assert await cells.target.pool.fetchval(there, cells.organization_ids) == 0


async def fill(fleet: Fleet) -> None:
    """Create an object of each kind, and events, with processes that end afterwards."""
    key = await new_key(fleet.pool, fleet.org)
    url = await fleet.serve_api()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S, trust_env=False) as http:
        made = await create_one_of_each(http, fleet.pool)
        async with fleet.pool.acquire() as conn:
            project_id: UUID = seeds.parse_id(ids.PROJECT_ID_PREFIX, made["projectId"])
            app = await seeds.app(conn, fleet.org, project_id, platform="ios", bundle_id="a.b", web_domain=None)
        body = {"events": [build_event(f"e{at}", "a") for at in range(20)]}
        sent = await http.post(
            f"/v1/apps/{app.app_id}/events", json=body, headers={"Authorization": f"Bearer {app.api_key}"}
        )
        assert sent.json()["accepted"] == 20
    await fleet.dispatcher()
    await eventually(lambda: is_folded(fleet))
    fleet.end()


async def is_folded(fleet: Fleet) -> bool:
    async with use_unpooled_pg_connection(fleet.settings.event_store_url, name="test") as conn:
        queues = "select not exists (select from event_delta) and not exists (select from event_person_delta)"
        return bool(await conn.fetchval(queues))


@asynccontextmanager
async def open_cells(folder: Path) -> AsyncIterator[Cells]:
    """Open two cells without processes; `renew` creates the organization to move."""
    fleets, postgres = [], []
    async with AsyncExitStack() as stack:
        for name, more in {"source": {}, "target": LOGGED}.items():
            home = folder / name
            home.mkdir()
            pair = stack.enter_context(servers.embedded(home, {"wal_level": "logical", **SHORT_WAITS, **more}))
            settings = servers.settings_for(
                pair.postgres.url, pair.valkey.url, lease_s=LONG_S, assets_url=f"file://{folder / 'media'}"
            )
            async with use_unpooled_pg_connection(settings.database_url, name="test") as conn:
                await conn.execute("create database events")
            for events in (None, servers.with_path(settings.database_url, "events")):
                await migrate_databases(settings.database_url, events)
            postgres.append(pair.postgres)
            fleets.append(await stack.enter_async_context(open_fleet(settings, home)))
        yield Cells(fleets[0], fleets[1], folder, postgres[1])
