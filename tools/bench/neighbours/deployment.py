"""Deployment under attack: an API, workers and a dispatcher, each a process as in the Procfile."""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from typing import NamedTuple

from chaos import fleet
from chaos.environment import BenchServersAndSettings
from tools.bench.neighbours import servers


class AttackedDeployment(NamedTuple):
    """`port` is the API's. The victim's site and accounts are at `home`, the attackers' at `sites`."""

    environment: BenchServersAndSettings
    port: int
    home: str
    sites: list[int]


@contextlib.asynccontextmanager
async def run_attacked_deployment(
    environment: BenchServersAndSettings, *, pools: Collection[str], sites: int, settings: Mapping[str, str]
) -> AsyncIterator[AttackedDeployment]:
    """Run an API, a dispatcher and a worker for each of `pools`, and yield them once they are ready.

    The workers may fetch from `sites` ports. Only the API gets `settings`.
    """
    async with contextlib.AsyncExitStack() as stack:
        home, *ports = stack.enter_context(servers.reserve_ports(1 + sites))
        environ = {
            "ASSETS_URL": f"file://{environment.folder}/media",
            "TENANTRY_FETCH_ALLOW": ",".join(f"127.0.0.1:{port}" for port in (home, *ports)),
        }
        await stack.enter_async_context(servers.serve_reserved_port(home, servers.respond_like_site_or_bluesky))
        await stack.enter_async_context(fleet.run_bench_dispatcher(environment))
        for pool in pools:
            await stack.enter_async_context(fleet.run_workers(environment, pool, environ=environ))
        api = fleet.run_bench_api(environment, **environ, **settings)
        _, port = await stack.enter_async_context(api)
        yield AttackedDeployment(environment, port, f"http://127.0.0.1:{home}", ports)
