"""Metrics of the API: on the API's port for this machine only, otherwise on a port of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from api.app import set_api_settings_and_clock
from api.server.sockets import is_socket_bound_to_loopback, listen_on_port
from db.server import find_free_port
from schemas.settings import Settings
from tests.api.conftest import built_app, client_of, hold_context
from tests.api.refusals import assert_refused
from tests.waiting import PATIENCE_S


@asynccontextmanager
async def open_api(settings: Settings, *, private: bool) -> AsyncIterator[tuple[httpx.AsyncClient, list[int]]]:
    """Start the API, and yield a caller and the extra ports that it opened."""
    app = set_api_settings_and_clock(built_app(), settings, private=private)
    with capture_logs() as lines:
        async with hold_context(app.lifespan()), client_of(app) as beside:
            yield beside, [line["port"] for line in lines if line["event"] == "serving health"]


async def test_metrics_leave_the_api_for_a_port_of_their_own(settings: Settings) -> None:
    port = find_free_port()
    moved = msgspec.structs.replace(settings, metrics_port=port, allowed_hosts="web.internal")
    async with open_api(moved, private=True) as (beside, _), httpx.AsyncClient(timeout=PATIENCE_S) as operator:
        found = await operator.get(f"http://127.0.0.1:{port}/metrics")
        assert (found.status_code, "http_requests_total" in found.text) == (200, True)
        # The names of the API's own port are allowed, and no others.
        for host, status in (("evil.example", 421), (f"web.internal:{port}", 200), ("10.0.0.7:9100", 200)):
            answer = await operator.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": host})
            assert answer.status_code == status, host
        assert (await operator.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
        assert_refused(await beside.get("/metrics"), 404, "NOT_FOUND")
        assert (await beside.get("/healthz")).status_code == 200


async def test_public_api_serves_metrics_only_locally(settings: Settings) -> None:
    for private, hops in ((False, 0), (True, 1)):
        behind = msgspec.structs.replace(settings, proxy_hops=hops)
        async with (
            open_api(behind, private=private) as (beside, [port]),
            httpx.AsyncClient(timeout=PATIENCE_S) as operator,
        ):
            assert_refused(await beside.get("/metrics"), 404, "NOT_FOUND")
            assert (await operator.get(f"http://127.0.0.1:{port}/metrics")).status_code == 200
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.2", port)


async def test_unconfigured_proxy_gets_no_metrics(settings: Settings) -> None:
    async with open_api(settings, private=True) as (beside, ports):
        assert ((await beside.get("/metrics")).status_code, ports) == (200, [])
        for header in ("Forwarded", "X-Forwarded-For"):
            assert_refused(await beside.get("/metrics", headers={header: "203.0.113.9"}), 404, "NOT_FOUND")


@pytest.mark.parametrize(("host", "here"), [("127.0.0.1", True), ("127.8.0.1", True), ("0.0.0.0", False)])
def test_loopback_alone_is_this_machine(host: str, here: bool) -> None:
    with listen_on_port(host, 0) as sockets:
        assert [is_socket_bound_to_loopback(one) for one in sockets] == [here] * len(sockets)
