"""nginx with the configuration of deploy/, in front of a process of the API."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from domain.tenancy import organizations
from schemas.settings import Settings
from tests.api.conftest import new_key
from tests.api_process import serving
from tests.deploy.nginx import HOST_NAME, create_certificate, open_tls_client, running_nginx
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.peers


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "api.log"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a folder with a certificate that only this test trusts."""
    return create_certificate(tmp_path)


@pytest.fixture
def proxied(settings: Settings, certificate: Path, log: Path) -> Iterator[tuple[int, int]]:
    """Yield the ports of nginx: plain and TLS."""
    with (
        serving(msgspec.structs.replace(settings, proxy_hops=1, public_url=f"https://{HOST_NAME}"), log) as api,
        running_nginx("tenantry.conf", certificate, {"127.0.0.1:8000": api.url.removeprefix("http://")}) as ports,
    ):
        yield ports


@pytest_asyncio.fixture
async def partner(proxied: tuple[int, int], pool: Pool, certificate: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a TLS client that forges an `X-Forwarded-For` address."""
    async with pool.acquire() as conn:
        pair = await organizations.insert_organization_pair(conn, name="Acme", tier="standard")
    key = await new_key(pool, pair.live)
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.9"}
    async with open_tls_client(proxied[1], certificate, headers) as client:
        yield client


async def test_forged_addresses_odd_paths_and_metrics_are_blocked(partner: httpx.AsyncClient, log: Path) -> None:
    created = await partner.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    assert (created.status_code, "Strict-Transport-Security" in created.headers) == (201, True)
    assert "203.0.113.9" not in await asyncio.to_thread(log.read_text)
    for path in ("/v1//projects", "/v1/%70rojects", "/v1/x/%2e%2e/projects", "/metrics"):
        request = partner.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        assert (await partner.send(request)).status_code == 404, path


async def test_streams_and_large_bodies_pass(partner: httpx.AsyncClient) -> None:
    """Read an open job's state from a stream; send 3 MiB, and get the refusal of the API itself."""
    project = (await partner.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})).json()["id"]
    started = await partner.post(f"/v1/projects/{project}/ingest/website", json={"url": "https://a.example"})
    async with partner.stream("GET", f"/v1/jobs/{started.json()['jobId']}/events") as stream:
        lines = (line async for line in stream.aiter_lines() if line.startswith("data:"))
        assert json.loads((await anext(lines)).removeprefix("data:"))["finishedAt"] is None
    files = {"files": ("a.png", bytes(3 << 20), "image/png")}
    refused = await partner.post(f"/v1/projects/{project}/content/upload", files=files)
    assert refused.is_client_error
    assert refused.json()["error"]["code"]


def test_plain_http_redirects_to_tls(proxied: tuple[int, int]) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{proxied[0]}/v1/projects?limit=1", headers={"Host": HOST_NAME}, timeout=PATIENCE_S
    )
    assert answer.headers["Location"] == f"https://{HOST_NAME}/v1/projects?limit=1"
