"""Fixtures of the peers: third-party servers, independent of our tests."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from db.server import find_free_port
from schemas.settings import Settings
from tests import servers as made
from tests.api.conftest import ApiCaller, acme, app
from tests.peers import mastodon_servers, node
from tests.peers.bluesky_project import BlueskyProject
from tests.peers.chromium import BrowserTab, browsing
from tests.peers.mastodon_account import MastodonAccount, let_in
from tests.peers.mastodon_servers import Instance
from tests.peers.pds import Pds
from tests.peers.pds import serve as served_pds
from tests.peers.processes import running
from tests.workers.conftest import org, workers
from tests.workers.runtime.workers import Workers

__all__ = ["acme", "app", "org", "workers"]


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return octokit's recordings, GETs only, for any caller: the recorded token differs from ours."""
    scenarios = node.install() / "@octokit" / "fixtures" / "scenarios" / "api.github.com"
    folder = tmp_path_factory.mktemp("scenarios")
    for path in sorted(scenarios.glob("*/normalized-fixture.json")):
        gets = [exchange for exchange in json.loads(path.read_text()) if exchange["method"] == "get"]
        kept = [exchange | {"reqheaders": {}} for exchange in gets if "api.github.com" in exchange["scope"]]
        if kept:
            own = folder / "api.github.com" / path.parent.name
            own.mkdir(parents=True)
            (own / path.name).write_text(json.dumps(kept))
    return folder


@pytest.fixture(scope="session")
def fixtures_server(recordings: Path) -> Iterator[str]:
    """Run octokit's server of recorded exchanges; yields its address."""
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    script = node.install() / "@octokit" / "fixtures-server" / "bin" / "server.js"
    options = ["--port", str(port), "--fixtures-url", address, "--log-level", "silent"]
    pattern = str(recordings / "**" / "normalized-fixture.json")
    words = [node.command(), str(script), *options, "--fixtures", pattern]
    with running(words, ready=f"{address}/ping", cwd=node.FOLDER):
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserTab]:
    """Start one browser for the run, and open its first tab."""
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="session")
def pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pds]:
    with served_pds(tmp_path_factory.mktemp("pds")) as served:
        yield served


@pytest.fixture(scope="session")
def snac(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with mastodon_servers.snac(tmp_path_factory.mktemp("snac")) as served:
        yield served


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with mastodon_servers.mock(tmp_path_factory.mktemp("mock")) as served:
        yield served


@pytest.fixture(scope="session", params=["snac", "mock"])
def instance(request: pytest.FixtureRequest) -> Instance:
    found: Instance = request.getfixturevalue(request.param)
    return found


@pytest_asyncio.fixture
async def mastodon(instance: Instance) -> AsyncIterator[MastodonAccount]:
    async with let_in(instance) as found:
        yield found


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return settings that allow connections to the test's PDS, if it has one."""
    has_pds = "pds" in request.fixturenames
    allowed = request.getfixturevalue("pds").base.removeprefix("http://") if has_pds else ""
    media = f"file://{tmp_path / 'media'}"
    return made.settings_for(database_url, redis_url, fetch_allow=allowed, assets_url=media)


@pytest_asyncio.fixture
async def project(acme: ApiCaller, workers: Workers, pds: Pds) -> BlueskyProject:
    project = await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    return BlueskyProject(acme, workers, pds, pds.person(), project.json()["id"])
