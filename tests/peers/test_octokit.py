"""GitHub as octokit recorded it, on octokit's own server of recordings."""

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from domain.values import urls
from schemas.errors import SourceError
from tests.waiting import PATIENCE_S
from workers.ingest.github.about import look
from workers.ingest.github.client import JSON, RAW, Api, get
from workers.web.fetch import open_client

pytestmark = pytest.mark.peers

#: Scenarios that end in something else than what was asked for; each has a test of its own.
OTHERS = {"rename-repository", "get-archive", "branch-protection"}


def scenario(server: str, name: str) -> str:
    """The address at which a scenario's answers come, each once and in its order."""
    answer = httpx.post(f"{server}/fixtures", json={"scenario": name}, timeout=PATIENCE_S)
    return str(answer.raise_for_status().json()["url"])


def api_at(client: httpx.AsyncClient, base: str) -> Api:
    return Api(client=client, base=base, web="https://github.com", token="ghs_1.2.3")


async def replay(server: str, name: str, exchanges: list[dict[str, Any]]) -> list[str]:
    """The outcome of each exchange that isn't only a redirect's end."""
    base, outcomes = scenario(server, name), []
    async with open_client(allowed=urls.operated(server), contact="https://tenantry.test") as client:
        for exchange in exchanges:
            kind = exchange["headers"].get("content-type", "")
            try:
                want = RAW if "vnd.github" in kind else JSON
                answer = await get(api_at(client, base), base + exchange["path"], want=want)
                outcomes.append(matches(answer.body, exchange["response"]))
            except SourceError as error:
                outcomes.append(type(error).__name__)
    return outcomes


def matches(body: bytes, response: Any) -> str:
    """Ids and hosts are the server's own: the shape has to be the recording's."""
    if isinstance(response, str):
        return "read" if body.decode() == response else "other text"
    found = msgspec.json.decode(body)
    return "read" if type(found) is type(response) and len(found) == len(response) else "other JSON"


def names(recordings: Path) -> list[str]:
    return sorted(path.name for path in (recordings / "api.github.com").iterdir() if path.name not in OTHERS)


def recorded(recordings: Path, name: str) -> list[dict[str, Any]]:
    text = (recordings / "api.github.com" / name / "normalized-fixture.json").read_text()
    return list(json.loads(text))


async def test_every_recorded_scenario_is_read(fixtures_server: str, recordings: Path) -> None:
    read = 0
    for name in names(recordings):
        exchanges = recorded(recordings, name)
        assert await replay(fixtures_server, name, exchanges) == ["read"] * len(exchanges), name
        read += len(exchanges)
    assert read >= 20


@pytest.mark.parametrize("name", ["branch-protection", "get-archive"])
async def test_what_was_recorded_absent_is_not_found(
    fixtures_server: str, recordings: Path, name: str
) -> None:
    """The archive's redirect leads to another host of GitHub's, which this server plays too."""
    assert await replay(fixtures_server, name, recorded(recordings, name)) == ["SourceNotFound"]


async def test_a_recorded_rename_is_followed(fixtures_server: str) -> None:
    base = scenario(fixtures_server, "rename-repository")
    async with open_client(allowed=urls.operated(fixtures_server), contact="https://tenantry.test") as client:
        about, answer = await look(api_at(client, base), "octokit-fixture-org/rename-repository", None)
    assert about.full_name == "octokit-fixture-org/rename-repository-newname"
    assert answer.url == f"{base}/repositories/1000"
