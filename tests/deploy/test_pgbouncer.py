"""PgBouncer with the configuration of deploy/, between the platform and its database."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from api.app import create_app
from db import local
from db.pool import (
    BURST_POOL_PG_SETTINGS,
    POSTGRES_SESSION_SETTINGS,
    Conn,
    open_postgres_pool,
    use_unpooled_pg_connection,
)
from db.server import LocalServer, build_parent_death_signal_prefix, find_free_port
from domain.operations.moving_cells import open_move
from jobs.courier import open_redis_wake_courier
from jobs.outcomes import TaskOutcome
from schemas.errors import OrganizationMoveRefused
from schemas.settings import Settings
from tests import servers
from tests.api.conftest import ApiCaller, hold_context, open_caller
from tests.deploy import forms
from tests.deploy.forms import DEPLOY
from tests.standby import promote, run_standby
from tests.waiting import PATIENCE_S, eventually, until
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext

FOLDER = DEPLOY / "pgbouncer"
ROLE_SQL = (FOLDER / "role.sql").read_text()

JOB_COUNT = 200
#: PgBouncer's connections to PostgreSQL: far fewer than the processes open.
POOL_SIZE = 5
#: Seconds from a reload to the first write. PgBouncer's default pause after a failed login is 15 s.
MAX_RELOAD_S = 10.0


def test_the_role_has_the_session_settings() -> None:
    role_settings = {line.split()[4]: line.split("'")[1] for line in ROLE_SQL.splitlines() if line.startswith("alter")}
    assert role_settings == POSTGRES_SESSION_SETTINGS


def test_pgbouncer_ignores_our_startup_parameters() -> None:
    [ignored] = [line for line in FOLDER.joinpath("pgbouncer.ini").read_text().splitlines() if "ignore_" in line]
    assert {*POSTGRES_SESSION_SETTINGS, *BURST_POOL_PG_SETTINGS} <= {*ignored.partition("= ")[2].split(",")}


class RunningPgBouncer(NamedTuple):
    url: str
    config: Path
    process: "subprocess.Popen[bytes]"


@contextmanager
def running_pgbouncer(url: str, folder: Path, mode: str) -> Iterator[RunningPgBouncer]:
    """Run a PgBouncer with the configuration of deploy/, except for addresses and sizes."""
    parts, port = urlsplit(url), find_free_port()
    ours = {
        "tenantry = host=127.0.0.1 port=5432 dbname=tenantry": f"postgres = host=127.0.0.1 port={parts.port}",
        "listen_port = 6432": f"listen_port = {port}\nunix_socket_dir =",
        "/etc/pgbouncer/userlist.txt": f"{folder}/users",
        "pool_mode = transaction": f"pool_mode = {mode}",
        "default_pool_size = 40": f"default_pool_size = {POOL_SIZE if mode == 'transaction' else 40}",
    }
    config = forms.replace_defaults((FOLDER / "pgbouncer.ini").read_text(), ours)
    (folder / "users").write_text(f'"{parts.username}" "{parts.password}"\n')
    (folder / "ini").write_text(config)
    words = [*local._build_unprivileged_command_prefix(), "pgbouncer", "--quiet", str(folder / "ini")]
    with subprocess.Popen(
        [*build_parent_death_signal_prefix(signal.SIGQUIT), *words], stderr=subprocess.DEVNULL
    ) as process:
        try:
            until(lambda: is_listening(port))
            yield RunningPgBouncer(url.replace(f":{parts.port}/", f":{port}/"), folder / "ini", process)
        finally:
            # At SIGTERM it would wait for its clients.
            process.send_signal(signal.SIGQUIT)
            process.wait(PATIENCE_S)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest_asyncio.fixture(params=["transaction", "session"])
async def settings(
    own_servers: servers.ServerPair, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Settings]:
    """Yield settings with the PgBouncer's URL; the schema was created without it."""
    url = own_servers.postgres.url
    async with use_unpooled_pg_connection(url, name="role") as conn:
        await conn.execute(ROLE_SQL.replace("role tenantry", "role postgres"))
        await conn.execute("create table effect (job_id uuid not null)")
    with running_pgbouncer(url, tmp_path, request.param) as pgbouncer:
        yield servers.settings_for(pgbouncer.url, own_servers.valkey.url)


async def work(ctx: TaskContext) -> TaskOutcome:
    async def write(conn: Conn) -> None:
        await conn.execute("insert into effect values ($1)", ctx.job.id)

    return await ctx.commit(write)


@pytest.mark.peers
async def test_the_api_and_workers_share_few_server_connections(
    settings: Settings, own_servers: servers.ServerPair
) -> None:
    app = create_app(settings)
    async with (
        open_postgres_pool(settings.database_url, name="test") as pool,
        hold_context(app.lifespan()),
        open_caller(app, pool, "Acme") as acme,
        open_redis_wake_courier(settings.redis_url) as courier,
    ):
        workers = Workers(settings, pool, acme.organization_id, courier)
        project_ids = await asyncio.gather(*(create_project(acme, str(number % 20)) for number in range(60)))
        assert len(set(project_ids)) == 20
        async with workers.working(work), workers.working(work):
            jobs = [await workers.submit() for _ in range(JOB_COUNT)]
            ended = [await workers.ended(job) for job in jobs]
        assert {job["state"] for job in ended} == {"completed"}
        # A busy machine may lose an attempt, but not its effect.
        effects = await pool.fetch("select job_id from effect")
        assert sorted(row["job_id"] for row in effects) == sorted(jobs)
        assert await pool.fetchval("show jit") == "off"
        assert await pool.fetchval("show statement_timeout") == "30s"


@pytest.mark.peers
async def test_a_move_needs_postgres_itself(settings: Settings) -> None:
    """Its locks and its settings belong to a session, and PostgreSQL's replication can't pass PgBouncer."""
    with pytest.raises(OrganizationMoveRefused, match="leads to PgBouncer"):
        async with open_move(settings, settings, organization_id=UUID(int=1), report=print):
            pass


@pytest.mark.peers
async def test_a_reload_with_the_standby_as_host_ends_a_failover(
    own_servers: servers.ServerPair, tmp_path: Path
) -> None:
    primary = own_servers.postgres
    with (
        run_standby(primary, tmp_path / "standby") as standby,
        running_pgbouncer(primary.url, tmp_path, "transaction") as pgbouncer,
    ):
        async with open_postgres_pool(pgbouncer.url, name="test", waits_for_restart=True) as pool:
            await pool.execute("create table effect (number integer)")
            await asyncio.to_thread(primary.kill)

            async def has_written() -> bool:
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    await pool.execute("insert into effect values (1)")
                    return True
                return False

            # PgBouncer keeps it while no server is there.
            written = asyncio.create_task(eventually(has_written))
            await promote(standby)
            config = pgbouncer.config.read_text()
            pgbouncer.config.write_text(config.replace(f"port={port_of(primary)}", f"port={port_of(standby)}"))
            pgbouncer.process.send_signal(signal.SIGHUP)
            reloaded_at = time.monotonic()
            await written
            assert time.monotonic() - reloaded_at < MAX_RELOAD_S


def port_of(server: LocalServer) -> int | None:
    return urlsplit(server.url).port


async def create_project(acme: ApiCaller, key: str) -> str:
    """Return the id of the key's project; a repeated key returns the same id."""
    body = {"name": f"Shop {key}", "timezone": "Europe/Berlin"}
    while True:
        answer = await acme.http.post("/v1/projects", json=body, headers={"Idempotency-Key": key})
        if answer.status_code == 201:
            return str(answer.json()["id"])
        assert answer.status_code == 409
