"""The peers: servers of other people's, that know nothing of our tests."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from db.server import free_port
from tests.peers import node
from tests.waiting import until


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's own recordings, their GETs alone, for any caller: theirs had another token than ours."""
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
    """octokit's server of recorded exchanges, at its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    script = node.install() / "@octokit" / "fixtures-server" / "bin" / "server.js"
    options = ["--port", str(port), "--fixtures-url", address, "--log-level", "silent"]
    pattern = str(recordings / "**" / "normalized-fixture.json")
    with subprocess.Popen(
        [node.command()[0], str(script), *options, "--fixtures", pattern],
        cwd=node.FOLDER,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            until(lambda: process.poll() is not None or answers(address), within=30)
            assert process.poll() is None, "the fixtures server ended at its start"
            yield address
        finally:
            process.terminate()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/ping").is_success
    except httpx.TransportError:
        return False
