"""Usage of an organization with its limits: its own only, and current."""

from typing import Any

from db.pool import Conn
from jobs.kinds import INGEST_GITHUB_KIND
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer
from tests.api.participants import new_project


async def read_usage(caller: ApiCaller) -> dict[str, Any]:
    return read_answer(await caller.http.get("/v1/usage"))


async def test_usage_is_current(acme: ApiCaller, rival: ApiCaller, conn: Conn) -> None:
    before = await read_usage(rival)
    one, other = await new_project(acme), await new_project(acme)
    for project in (one, other):
        path = f"/v1/projects/{project}/ingest/github"
        await acme.http.post(path, json={"repoFullName": "a/b"})
    await seeds.claims(conn, INGEST_GITHUB_KIND, free=2)
    await acme.http.post("/v1/api-keys", json={"name": "CI", "scopes": ["jobs:read"]})
    await acme.http.delete(f"/v1/projects/{other}")
    found = await read_usage(acme)
    pools = {pool["name"]: pool for pool in found["pools"]}
    assert pools["ingest"] == {"name": "ingest", "running": 1, "maxRunning": 5, "queued": 1, "maxQueued": 1000}
    assert (pools["default"]["queued"], pools["default"]["maxRunning"]) == (1, None)
    assert sorted(pools) == ["default", "generate", "ingest", "publish"]
    assert found["apiKeys"] == {"used": 2, "limit": 100}
    assert found["projects"] == {"active": 1, "archived": 1}
    assert found["webhookEndpoints"]["used"] == 0
    assert found["tier"] == "standard"
    assert found["storage"] == (await acme.http.get("/v1/whoami")).json()["storage"]
    assert await read_usage(rival) == before
