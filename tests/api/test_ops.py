"""The operators' view of all organizations, closed to partners' keys."""

from typing import Any

import pytest

from db.pool import Conn
from domain.operations.pools import compute_desired_worker_count
from jobs.kinds import INGEST_WEBSITE_KIND
from tests import seeds
from tests.api.conftest import ApiCaller


async def read_pool(ops_caller: ApiCaller, name: str) -> dict[str, Any]:
    pools = (await ops_caller.http.get("/v1/ops/pools")).json()["items"]
    return next(pool for pool in pools if pool["name"] == name)


async def test_pool_shows_waiting_jobs_of_all_organizations(ops_caller: ApiCaller, acme: ApiCaller, conn: Conn) -> None:
    idle = {
        "name": "ingest",
        "queued": 0,
        "running": 0,
        "capacity": 0,
        "oldestDueSeconds": None,
        "desiredWorkers": 0,
        "paused": False,
    }
    assert await read_pool(ops_caller, "ingest") == idle
    for _ in range(3):
        project = await seeds.project(conn, acme.organization_id)
        await acme.http.post(f"/v1/projects/{project}/ingest/website", json={"url": "https://example.com"})
    waiting = await read_pool(ops_caller, "ingest")
    assert waiting == idle | {"queued": 3, "desiredWorkers": 1, "oldestDueSeconds": waiting["oldestDueSeconds"]}
    assert waiting["oldestDueSeconds"] > 0
    assert len(await seeds.claims(conn, INGEST_WEBSITE_KIND, free=4)) == 2
    busy = await read_pool(ops_caller, "ingest")
    assert (busy["queued"], busy["running"], busy["capacity"], busy["desiredWorkers"]) == (1, 2, 4, 1)
    (worker,) = (await ops_caller.http.get("/v1/ops/workers")).json()["items"]
    assert worker["workerId"].startswith("wrk_")
    assert (worker["pool"], worker["slots"], worker["running"], worker["state"]) == ("ingest", 4, 2, "active")


@pytest.mark.parametrize(
    ("running", "due", "mean_run_s", "slots", "workers"),
    [
        (0, 0, None, 10, 0),
        (1, 0, 3.0, 10, 1),
        (0, 100, 1.0, 10, 1),
        (0, 101, 1.0, 10, 2),
        (10, 100, 10.0, 10, 11),
        (10, 100, 600.0, 10, 11),
        (0, 25, None, 10, 3),
        (3, 1, 60.0, 2, 2),
    ],
)
def test_short_jobs_share_a_slot(running: int, due: int, mean_run_s: float | None, slots: float, workers: int) -> None:
    assert compute_desired_worker_count(running=running, due=due, mean_run_s=mean_run_s, slots=slots) == workers


async def test_a_paused_pool_gives_out_nothing_until_it_is_resumed(
    ops_caller: ApiCaller, acme: ApiCaller, conn: Conn
) -> None:
    project = await seeds.project(conn, acme.organization_id)
    await acme.http.post(f"/v1/projects/{project}/ingest/website", json={"url": "https://example.com"})
    paused = await ops_caller.http.post("/v1/ops/pools/ingest/pause")
    assert (paused.status_code, paused.json()["paused"]) == (200, True)
    assert (paused.json()["queued"], paused.json()["desiredWorkers"]) == (1, 0)
    assert await seeds.claims(conn, INGEST_WEBSITE_KIND) == []
    assert (await ops_caller.http.post("/v1/ops/pools/ingest/pause")).json()["paused"] is True
    resumed = (await ops_caller.http.post("/v1/ops/pools/ingest/resume")).json()
    assert (resumed["paused"], resumed["desiredWorkers"]) == (False, 1)
    assert len(await seeds.claims(conn, INGEST_WEBSITE_KIND)) == 1
    actions = [row["action"] for row in await conn.fetch("select action from audit_log where subject = 'ingest'")]
    assert sorted(actions) == ["pool.paused", "pool.resumed"]
