"""The API and the bare route, each in its own process, and their load generator."""

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec

from chaos import fleet
from chaos.environment import BenchServersAndSettings
from chaos.processes import ChildProcess
from schemas.errors import BenchmarkFailed
from tools.bench import tenants
from tools.bench.http_load import BenchLoad, EventRouteAndApiKey, LoadResponses, run_load_plan

#: Apps that send, each of its own project, so that no limit is reached.
SENDING_APP_COUNT = 20

COUNT_STORED_EVENTS = "select (select count(*) from event), (select count(*) from event_seen)"


class BenchEventServer(NamedTuple):
    """An event server's process, its port, and its endpoints."""

    child: ChildProcess
    port: int
    endpoints: list[EventRouteAndApiKey]


@contextlib.asynccontextmanager
async def run_event_servers(
    environment: BenchServersAndSettings,
) -> AsyncIterator[tuple[BenchEventServer, BenchEventServer]]:
    """Run the API and the bare route on the scratch database with an empty event store, and yield both."""
    await environment.pool.execute("truncate event, event_seen")
    endpoints = [await _create_bench_sending_app(environment) for _ in range(SENDING_APP_COUNT)]
    store = environment.settings.database_url
    async with (
        fleet.run_bench_api(environment, "tools.bench.peers.bare_events:create_app", TELEMETRY_URL=store) as bare,
        fleet.run_bench_api(environment, TELEMETRY_URL=store) as ours,
    ):
        yield BenchEventServer(*ours, endpoints), BenchEventServer(*bare, endpoints)


async def run_event_load_plan(
    environment: BenchServersAndSettings, server: BenchEventServer, plan: BenchLoad
) -> LoadResponses:
    """Run a load plan of events against a server, and return its responses.

    Raises `BenchmarkFailed` if a request was refused or an event wasn't new.
    """
    answers = await run_load_plan(
        environment, msgspec.structs.replace(plan, port=server.port, endpoints=server.endpoints)
    )
    if answers.accepted != plan.requests * plan.batch:
        raise BenchmarkFailed(f"{answers.accepted} of {plan.requests * plan.batch} events were accepted")
    return answers


async def check_stored_events(environment: BenchServersAndSettings, expected: int) -> None:
    """Raise `BenchmarkFailed` unless the store has exactly `expected` events and as many event ids."""
    stored = tuple(await environment.pool.fetchrow(COUNT_STORED_EVENTS) or ())
    if stored != (expected, expected):
        raise BenchmarkFailed(f"{expected} events were accepted, found events and ids {stored}")


async def _create_bench_sending_app(environment: BenchServersAndSettings) -> EventRouteAndApiKey:
    """Create an app of a new organization of the highest tier, and return its event endpoint."""
    app = await tenants.create_bench_event_app(environment, await tenants.create_bench_tenant(environment, keys=0))
    return EventRouteAndApiKey(path=app.path, key=app.key)
