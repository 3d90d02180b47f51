"""Metrics of the API on a port of their own."""

import httpx
import msgspec

from api.app import serve_from
from db.server import free_port
from schemas.settings import Settings
from tests.api.conftest import built, client_of, held
from tests.api.refusals import refused


async def test_metrics_leave_the_api_for_a_port_of_their_own(settings: Settings) -> None:
    port = free_port()
    app = serve_from(built(), msgspec.structs.replace(settings, metrics_port=port))
    async with held(app.lifespan()), client_of(app) as beside, httpx.AsyncClient() as operator:
        found = await operator.get(f"http://127.0.0.1:{port}/metrics")
        assert (found.status_code, "http_requests_total" in found.text) == (200, True)
        assert (await operator.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
        refused(await beside.get("/metrics"), 404, "NOT_FOUND")
        assert (await beside.get("/healthz")).status_code == 200
