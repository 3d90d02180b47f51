"""Organizations: created, changed and suspended by operators, and the effects of a suspension."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from litestar import Litestar
from prometheus_client import REGISTRY

from db.pool import Conn, Pool
from domain.operations import pools
from domain.tenancy import organizations
from jobs.kinds import ARCHIVE_PROJECT_KIND, INGEST_WEBSITE_KIND
from schemas import ids
from schemas.ops import PoolCap
from tests import seeds
from tests.api.all_objects import no_change
from tests.api.conftest import EVERYTHING, ApiCaller, client_of, new_key, open_caller, read_answer
from tests.api.refusals import assert_refused, problem, reason

PATH = "/v1/ops/organizations"


@pytest_asyncio.fixture
async def operator(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    async with open_caller(app, pool, "Platform", scopes=EVERYTHING) as caller:
        yield caller


def shown_id(caller: ApiCaller) -> str:
    return ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, caller.organization_id)


async def patch_organization(operator: ApiCaller, organization: str, **body: Any) -> dict[str, Any]:
    return read_answer(await operator.http.patch(f"{PATH}/{organization}", json=body))


async def test_organization_is_created_listed_and_changed(operator: ApiCaller) -> None:
    created = (await operator.http.post(PATH, json={"name": "Acme", "tier": "pilot"})).json()
    assert (created["name"], created["tier"], created["suspended"]) == ("Acme", "pilot", False)
    listed = (await operator.http.get(PATH, params={"limit": 1})).json()
    assert listed["items"] == [created]
    assert listed["nextCursor"]
    assert await patch_organization(operator, created["id"]) == created
    assert await patch_organization(operator, created["id"], tier="partner") == created | {"tier": "partner"}
    assert await patch_organization(operator, created["id"], suspended=True) == created | {
        "tier": "partner",
        "suspended": True,
    }
    assert await patch_organization(operator, created["id"], tier="standard") == created | {
        "tier": "standard",
        "suspended": True,
    }
    assert await patch_organization(operator, created["sandboxId"], suspended=False) == created | {"tier": "standard"}
    for organization in (ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, ids.new_uuid7()), "prj_1"):
        answer = await operator.http.patch(f"{PATH}/{organization}", json={"suspended": True})
        assert_refused(answer, 404, "NOT_FOUND")


async def test_operators_actions_are_in_both_audit_logs(operator: ApiCaller, acme: ApiCaller) -> None:
    await patch_organization(operator, shown_id(acme), suspended=True)
    await patch_organization(operator, shown_id(acme), suspended=True)
    await patch_organization(operator, shown_id(acme), suspended=False)
    for caller, key in ((acme, False), (operator, True)):
        entries = (await caller.http.get("/v1/audit-log", params={"action": "organization.changed"})).json()
        assert [entry["details"]["suspended"] for entry in entries["items"]] == [False, True]
        assert [entry["subject"] for entry in entries["items"]] == [shown_id(acme)] * 2
        assert all((entry["apiKeyId"] is not None) is key for entry in entries["items"])


async def test_suspended_organizations_keys_are_refused(
    operator: ApiCaller, acme: ApiCaller, rival: ApiCaller, app: Litestar, pool: Pool
) -> None:
    sandbox = await pool.fetchval("select id from organization where live_organization_id = $1", acme.organization_id)
    test = await new_key(pool, sandbox, env="test")
    await patch_organization(operator, shown_id(acme), suspended=True)
    before = count_killed()
    for key in (acme.key, test):
        async with client_of(app, key) as client:
            assert problem(await client.get("/v1/whoami")) == (503, "KILL_SWITCH", {"scope": "organization"})
        wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
        async with client_of(app, wrong) as client:
            assert (await client.get("/v1/whoami")).status_code == 401
    assert (await rival.http.get("/v1/whoami")).status_code == 200
    # Its metric: these refusals raise no alert, unlike other answers with 503.
    assert count_killed() - before == 2
    await patch_organization(operator, shown_id(acme), suspended=False)
    body = (await acme.http.get("/v1/whoami")).json()
    assert (body["tier"], body["organizationName"]) == ("standard", "Acme")
    async with client_of(app, test) as client:
        assert (await client.get("/v1/whoami")).json()["tier"] == "sandbox"


def count_killed() -> float:
    return REGISTRY.get_sample_value("http_requests_killed_total") or 0.0


async def test_only_suspended_organizations_jobs_wait(
    operator: ApiCaller, acme: ApiCaller, rival: ApiCaller, conn: Conn
) -> None:
    started = {}
    for caller in (acme, rival):
        project = await seeds.project(conn, caller.organization_id)
        path = f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project)}/ingest/website"
        answer = await caller.http.post(path, json={"url": "https://example.com"})
        started[caller.organization_id] = ids.parse_prefixed_id(ids.JOB_ID_PREFIX, answer.json()["jobId"])
    await patch_organization(operator, shown_id(acme), suspended=True)
    pulled = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    assert [claim.id for claim in pulled] == [started[rival.organization_id]]
    await patch_organization(operator, shown_id(acme), suspended=False)
    pulled = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    assert [claim.id for claim in pulled] == [started[acme.organization_id]]


async def test_archive_runs_despite_a_suspension(operator: ApiCaller, acme: ApiCaller, conn: Conn) -> None:
    """An archive only ends work, and runs in the only pool that doesn't hold back suspended organizations."""
    project = await seeds.project(conn, acme.organization_id)
    answer = await acme.http.delete(f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project)}")
    assert answer.status_code == 200
    await patch_organization(operator, shown_id(acme), suspended=True)
    assert [claim.project_id for claim in await seeds.claims(conn, ARCHIVE_PROJECT_KIND)] == [project]


async def test_capped_pool_runs_no_suspended_jobs(conn: Conn) -> None:
    """Only `default` has no caps and runs all jobs."""
    cap = PoolCap(tier="standard", max_running=5, max_queued=10)
    assert await pools.set_pool_tier_job_caps(conn, name="default", cap=cap) == [cap]
    row = await conn.fetchrow("select * from pool_cap where tier = 'suspended' and pool = 'default'")
    assert row is not None
    assert row["max_running"] == 0


async def test_sandbox_operator_sees_no_live_organization(
    app: Litestar, pool: Pool, acme: ApiCaller, operator: ApiCaller
) -> None:
    project = (await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})).json()["id"]
    async with open_caller(app, pool, "Platform", env="test", scopes=EVERYTHING) as sandbox, no_change(pool):
        answers = []
        for organization in (shown_id(acme), ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, ids.new_uuid7())):
            answers += [
                await sandbox.http.get(PATH),
                await sandbox.http.post(PATH, json={"name": "Mine"}),
                await sandbox.http.patch(f"{PATH}/{organization}", json={"suspended": True}),
            ]
        answers += [await sandbox.http.get(path) for path in ("/v1/ops/stats", "/v1/ops/jobs", "/v1/ops/jobs/counts")]
        answers += [
            *[await sandbox.http.post(f"/v1/ops/pools/ingest/{change}") for change in ("pause", "resume")],
            *[await sandbox.http.post(f"/v1/ops/jobs/{verb}", json={}) for verb in ("retry", "cancel")],
        ]
        assert {reason(answer) for answer in answers} == {(409, "CONFLICT", "SANDBOX_KEY")}
        purge = await sandbox.http.post(f"/v1/ops/projects/{project}/purge", json={"name": "Shop"})
        assert_refused(purge, 404, "NOT_FOUND")


async def test_local_operator_is_audited_without_a_key(pool: Pool, acme: ApiCaller) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await organizations.change_organization_tier_and_suspension(
            conn, organization_id=acme.organization_id, tier="partner", suspended=None, actor=None
        )
    [row] = await pool.fetch("select * from audit_log where action = 'organization.changed'")
    assert (row["organization_id"], row["api_key_id"]) == (acme.organization_id, None)


async def test_operator_sees_the_organizations_own_usage(
    operator: ApiCaller, acme: ApiCaller, rival: ApiCaller
) -> None:
    """Also while it is suspended and can't read its own usage."""
    await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    own = await read_usage(acme, "/v1/usage")
    path = f"{PATH}/{shown_id(acme)}/usage"
    assert await read_usage(operator, path) == own
    assert own["projects"]["active"] == 1
    await patch_organization(operator, shown_id(acme), suspended=True)
    assert await read_usage(operator, path) == own
    assert_refused(await rival.http.get(path), 403, "FORBIDDEN_SCOPE")
    sandbox = (await operator.http.get(PATH)).json()["items"][0]["sandboxId"]
    assert (await operator.http.get(f"{PATH}/{sandbox}/usage")).json()["tier"] == "sandbox"


async def read_usage(caller: ApiCaller, path: str) -> dict[str, Any]:
    """Return the usage without the amounts left of budgets, which refill continuously."""
    body: dict[str, Any] = (await caller.http.get(path)).json()
    for budget in body["budgets"]:
        del budget["available"]
    return body
