"""nginx with the configuration of deploy/, in front of a process of the API."""

import asyncio
import json
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from db.server import build_parent_death_signal_prefix, find_free_port
from domain.tenancy import organizations
from schemas.settings import Settings
from tests.api.conftest import new_key
from tests.api_process import serving
from tests.deploy.forms import DEPLOY
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.peers

HOST_NAME = "api.example.com"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "api.log"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a folder with a certificate that only this test trusts."""
    subject: list[str] = ["-subj", f"/CN={HOST_NAME}", "-addext", f"subjectAltName=DNS:{HOST_NAME}"]
    outputs = ["-keyout", f"{tmp_path}/key.pem", "-out", f"{tmp_path}/fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*command, *subject, *outputs], check=True, capture_output=True)
    return tmp_path


@pytest.fixture
def proxied(settings: Settings, certificate: Path, log: Path) -> Iterator[tuple[int, int]]:
    """Yield the ports of nginx: plain and TLS."""
    http_port, tls_port = find_free_port(), find_free_port()
    with serving(msgspec.structs.replace(settings, proxy_hops=1, public_url=f"https://{HOST_NAME}"), log) as api:
        config = certificate / "nginx.conf"
        config.write_text(complete_config(http_port, tls_port, api.url.removeprefix("http://"), certificate))
        words = ["nginx", "-e", "stderr", "-p", str(certificate), "-c", str(config)]
        subprocess.run([*words, "-t"], check=True, capture_output=True)
        with subprocess.Popen(
            [*build_parent_death_signal_prefix(signal.SIGTERM), *words], stderr=subprocess.DEVNULL
        ) as nginx:
            try:
                until(lambda: is_up(http_port))
                yield http_port, tls_port
            finally:
                nginx.terminate()
                nginx.wait(PATIENCE_S)


def complete_config(http_port: int, tls_port: int, api: str, folder: Path) -> str:
    """Return a complete configuration: the file of deploy/ with the ports and paths of this test."""
    config = (DEPLOY / "nginx" / "tenantry.conf").read_text()
    for default, replacement in {
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{tls_port} ssl;",
        "127.0.0.1:8000": api,
        "/etc/ssl/tenantry/": f"{folder}/",
    }.items():
        assert default in config
        config = config.replace(default, replacement)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{config}\n}}\n"


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S).status_code == 301
    except httpx.TransportError:
        return False


@pytest_asyncio.fixture
async def partner(proxied: tuple[int, int], pool: Pool, certificate: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a TLS client that forges an `X-Forwarded-For` address."""
    async with pool.acquire() as conn:
        pair = await organizations.insert_organization_pair(conn, name="Acme", tier="standard")
    key = await new_key(pool, pair.live)
    trusted = ssl.create_default_context(cafile=certificate / "fullchain.pem")
    headers = {"Authorization": f"Bearer {key}", "Host": HOST_NAME, "X-Forwarded-For": "203.0.113.9"}
    base = f"https://127.0.0.1:{proxied[1]}"
    trusted.check_hostname = False
    async with httpx.AsyncClient(base_url=base, headers=headers, verify=trusted, timeout=PATIENCE_S) as client:
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
