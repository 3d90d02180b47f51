"""GitHub's API as recorded by octokit, on octokit's own fixtures server."""

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from domain.values import ssrf_guard
from schemas.errors import SourceError
from tests.waiting import PATIENCE_S
from workers.ingest.github.about import request_repository_by_id_or_name
from workers.ingest.github.client import (
    GITHUB_JSON_RESPONSE_LIMITS,
    GITHUB_RAW_RESPONSE_LIMITS,
    GitHubApi,
    request_github_api,
)
from workers.web.fetch import open_ssrf_guarded_client

pytestmark = pytest.mark.peers

#: Scenarios with another outcome; each has a separate test.
OTHERS = {"rename-repository", "get-archive", "branch-protection"}


def scenario(server: str, name: str) -> str:
    """Load a scenario; return its address, which serves each response once, in order."""
    answer = httpx.post(f"{server}/fixtures", json={"scenario": name}, timeout=PATIENCE_S)
    return str(answer.raise_for_status().json()["url"])


def api_at(client: httpx.AsyncClient, base: str) -> GitHubApi:
    return GitHubApi(client=client, base=base, web="https://github.com", token="ghs_1.2.3")


async def replay(server: str, name: str, exchanges: list[dict[str, Any]]) -> list[str]:
    """Return the outcome of each exchange, except those that only end a redirect."""
    base, outcomes = scenario(server, name), []
    async with open_ssrf_guarded_client(
        allowed=ssrf_guard.build_settings_url_policy(server), contact="https://tenantry.test"
    ) as client:
        for exchange in exchanges:
            kind = exchange["headers"].get("content-type", "")
            try:
                want = GITHUB_RAW_RESPONSE_LIMITS if "vnd.github" in kind else GITHUB_JSON_RESPONSE_LIMITS
                answer = await request_github_api(api_at(client, base), base + exchange["path"], want=want)
                outcomes.append(matches(answer.body, exchange["response"]))
            except SourceError as error:
                outcomes.append(type(error).__name__)
    return outcomes


def matches(body: bytes, response: Any) -> str:
    """Compare only the shape: ids and hosts are the server's own."""
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
async def test_repository_recorded_as_absent_is_not_found(fixtures_server: str, recordings: Path, name: str) -> None:
    """The archive redirects to another GitHub host, which this server plays too."""
    assert await replay(fixtures_server, name, recorded(recordings, name)) == ["SourceNotFound"]


async def test_a_recorded_rename_is_followed(fixtures_server: str) -> None:
    base = scenario(fixtures_server, "rename-repository")
    async with open_ssrf_guarded_client(
        allowed=ssrf_guard.build_settings_url_policy(fixtures_server), contact="https://tenantry.test"
    ) as client:
        about, answer = await request_repository_by_id_or_name(
            api_at(client, base), "octokit-fixture-org/rename-repository", None
        )
    assert about.full_name == "octokit-fixture-org/rename-repository-newname"
    assert answer.url == f"{base}/repositories/1000"
