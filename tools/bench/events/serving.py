"""The API and the bare route, each in its own process, and their load generator."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from chaos import fleet
from chaos.environment import KEYRING, Environment
from chaos.processes import Child, run_and_read, run_in_environment
from db.pool import Conn, transact
from db.server import free_port
from domain.apps import apps
from domain.security.keyring import parse_keyring
from domain.tenancy import organizations
from schemas import ids
from schemas.apps import SdkAppCreate
from schemas.errors import BenchmarkFailed
from tools.bench.events.load import Answers, EventEndpoint, Plan

#: Apps that send, each of its own project, so that no limit is reached.
APPS = 20

OURS, BARE = "api.app:create_app", "tools.bench.peers.bare_events:create_app"

INSERT_PROJECT = """
insert into project (organization_id, id, name, timezone, primary_language, metadata)
values ($1, $2, 'bench', 'Europe/Berlin', 'en', '{}')"""

STORED = "select (select count(*) from event), (select count(*) from event_seen)"


class Server(NamedTuple):
    """An event server's process, its port, and its endpoints."""

    child: Child
    port: int
    endpoints: Sequence[EventEndpoint]


@contextlib.asynccontextmanager
async def run_servers(environment: Environment) -> AsyncIterator[tuple[Server, Server]]:
    """Serve the API and the bare route."""
    endpoints = [await transact(environment.pool, _create_endpoint) for _ in range(APPS)]
    async with (
        _run_server(environment, BARE, endpoints) as bare,
        _run_server(environment, OURS, endpoints) as ours,
    ):
        yield ours, bare


async def send(environment: Environment, server: Server, plan: Plan) -> Answers:
    """Run a plan against a server. Raises `BenchmarkFailed` if a request was refused or an event wasn't
    new.
    """
    plan = msgspec.structs.replace(plan, port=server.port, endpoints=list(server.endpoints))
    path = environment.folder / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    answers = msgspec.convert(await run_and_read(environment, "tools.bench.events.load", str(path)), Answers)
    if answers.refused:
        raise BenchmarkFailed(f"{answers.refused} requests were refused, such as:\n{answers.sample}")
    if answers.accepted != plan.requests * plan.batch:
        raise BenchmarkFailed(f"{answers.accepted} of {plan.requests * plan.batch} events were accepted")
    return answers


async def check_stored(environment: Environment, expected: int) -> None:
    """Check that every event with a 202 is stored once. Raises `BenchmarkFailed`."""
    stored = tuple(await environment.pool.fetchrow(STORED) or ())
    if stored != (expected, expected):
        raise BenchmarkFailed(f"{expected} events were accepted, found events and ids {stored}")


@contextlib.asynccontextmanager
async def _run_server(
    environment: Environment, factory: str, endpoints: Sequence[EventEndpoint]
) -> AsyncIterator[Server]:
    """Serve an app with the API's server settings, on the scratch database alone."""
    port, store = free_port(), environment.settings.database_url
    command = ("api", "--port", str(port), "--app", factory)
    async with run_in_environment(environment, *command, TELEMETRY_URL=store) as child:
        await fleet.wait_for_port(port)
        yield Server(child, port, endpoints)


async def _create_endpoint(conn: Conn) -> EventEndpoint:
    """Create an SDK app of a new organization of the highest tier."""
    pair = await organizations.create(conn, name="bench", tier="partner")
    project_id: UUID = ids.new()
    await conn.execute(INSERT_PROJECT, pair.live, project_id)
    app = await apps.create(
        conn,
        author=apps.Author(pair.live, project_id),
        peppers=parse_keyring(KEYRING, setting="PEPPERS"),
        public_url="",
        body=SdkAppCreate(name="bench", platform="ios", bundle_id="com.example.bench"),
    )
    return EventEndpoint(path=f"/v1/apps/{app.app_id}/events", key=app.api_key)
