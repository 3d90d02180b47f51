"""One trace over two processes, as a collector receives it: OTLP, parsed by OpenTelemetry's own classes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from db.pool import Pool
from db.server import find_free_port
from domain.tenancy import organizations
from schemas.settings import Settings
from tests.api.conftest import new_key
from tests.chaos.fleet import Fleet, open_fleet
from tests.http_server import HttpRequest, HttpResponse, listening
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.peers

SECRET = "s3cr3t-Sentinel"
ROUTE, SENT = "POST /v1/projects/{project_id}/ingest/website", "send ingest_website"
ATTEMPT, SETTLED = "process ingest_website", "settle"


class ReceivedSpan(NamedTuple):
    service: str
    name: str
    trace: bytes
    id: bytes
    parent: bytes


class OtlpCollector:
    """Collector that keeps raw bodies and parses their spans; once it `hangs`, it never responds."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.hangs, self.hung = False, 0

    async def take(self, request: HttpRequest) -> HttpResponse:
        if self.hangs:
            self.hung += 1
            await asyncio.Event().wait()
        assert (request.path, request.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
        self.bodies.append(request.body)
        return HttpResponse(200, {})

    def spans(self) -> Iterator[ReceivedSpan]:
        for body in self.bodies:
            for sender in ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {attribute.key: attribute.value.string_value for attribute in sender.resource.attributes}
                for span in (span for scope in sender.scope_spans for span in scope.spans):
                    ids = span.trace_id, span.span_id, span.parent_span_id
                    yield ReceivedSpan(named["service.name"], span.name, *ids)

    async def trace(self) -> dict[str, ReceivedSpan]:
        """Return the ingest's trace by span name, once it is complete."""
        traces = [span.trace for span in self.spans() if span.name == ROUTE]
        trace_spans = {span.name: span for span in self.spans() if span.trace in traces}
        return trace_spans if trace_spans.keys() >= {ROUTE, SENT, ATTEMPT, SETTLED} else {}

    async def is_hanging(self) -> bool:
        return self.hung > 0


@asynccontextmanager
async def open_client(fleet: Fleet, pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """Start an API in its own process, and yield a client with a test key."""
    port = find_free_port()
    await fleet.api(port)
    async with pool.acquire() as conn:
        pair = await organizations.insert_organization_pair(conn, name="Acme", tier="standard")
    key = await new_key(pool, pair.sandbox, env="test")
    headers = {"Authorization": f"Bearer {key}", "X-Secret": SECRET, "User-Agent": SECRET}
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=2 * PATIENCE_S) as client:
        yield client


async def final_status(partner: httpx.AsyncClient, location: str) -> str:
    """Return the job's final status."""
    while (status := (await partner.get(location, params={"wait": 30})).json()["status"]) == "running":
        pass
    return str(status)


async def test_collector_gets_one_trace_and_delays_nothing_when_it_hangs(
    settings: Settings, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = OtlpCollector()
    async with listening(collector.take) as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        async with open_fleet(settings, tmp_path) as fleet, open_client(fleet, pool) as partner:
            await fleet.of_product("ingest")
            project = await partner.post("/v1/projects", json={"name": SECRET, "timezone": "UTC"})
            ingests = f"/v1/projects/{project.json()['id']}/ingest/website"
            accepted = await partner.post(ingests, json={"url": f"https://example.test/ok?key={SECRET}"})
            assert await final_status(partner, accepted.headers["Location"]) == "completed"
            trace = await eventually(collector.trace)
            collector.hangs = True
            for _ in range(3):
                accepted = await partner.post(ingests, json={"url": "https://example.test/ok"})
                assert await final_status(partner, accepted.headers["Location"]) == "completed"
            await eventually(collector.is_hanging)
            for process in fleet.processes:
                process.signal(signal.SIGTERM)
            # Each process exits with its own code, although the collector never responded.
            assert [await process.exited() for process in fleet.processes] == [0, 0]
    request, sent, attempt, settled = (trace[name] for name in (ROUTE, SENT, ATTEMPT, SETTLED))
    assert (sent.parent, attempt.parent, settled.parent) == (request.id, sent.id, attempt.id)
    assert (request.service, attempt.service) == ("tenantry-web", "tenantry-ingest")
    assert not any(SECRET.encode() in body for body in collector.bodies)
