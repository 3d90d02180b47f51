"""Leased accounts as operators offer, assign and recall them."""

from litestar import Litestar

from db.pool import Pool
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller
from tests.api.leases.tenants import LeasingOperator, LeasingTenant


async def test_a_request_that_is_rejected_says_why(platform: LeasingOperator, tenant: LeasingTenant) -> None:
    created = (await tenant.request_accounts()).json()
    path = f"/v1/ops/lease-requests/{created['requestId']}/reject"
    answer = await platform.caller.http.post(path, json={"reason": "None left."})
    assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
    read = f"/v1/projects/{tenant.project}/leased-accounts/requests/{created['requestId']}"
    assert (await tenant.http.get(read)).json()["reason"] == "None left."
    late = await platform.assign(created["requestId"], await platform.offer("one"))
    assert (late.status_code, late.json()["error"]["details"]["reason"]) == (409, "ALREADY_DECIDED")


async def test_an_account_of_another_platform_than_was_asked_for_is_refused(
    platform: LeasingOperator, tenant: LeasingTenant
) -> None:
    request = (await tenant.request_accounts(platform="bluesky")).json()["requestId"]
    answer = await platform.assign(request, await platform.offer("one"))
    assert answer.status_code == 409
    assert answer.json()["error"]["details"]["issues"] == [
        {"path": "socialAccountIds[0]", "message": "is of mastodon: the request asks for bluesky"}
    ]


async def test_offers_are_listed_withdrawn_and_recalled(platform: LeasingOperator, tenant: LeasingTenant) -> None:
    ops, account_id = platform.caller.http, await platform.offer("one")
    leased = await platform.lend(tenant, account_id)
    [listed] = (await ops.get("/v1/ops/leasable-accounts")).json()["items"]
    assert (listed["socialAccountId"], listed["handle"], listed["niche"]) == (account_id, "one", "baking")
    assert (listed["lease"]["projectId"], listed["lease"]["socialAccountId"]) == (tenant.project, leased)
    withdraw = f"/v1/ops/leasable-accounts/{account_id}"
    refused = await ops.delete(withdraw)
    assert (refused.status_code, refused.json()["error"]["details"]["reason"]) == (409, "ACCOUNT_LEASED")
    recalled = await ops.post(f"/v1/ops/leases/{leased}/recall")
    assert (recalled.status_code, recalled.json()["status"]) == (200, "disconnected")
    shown = (await tenant.http.get(f"/v1/social-accounts/{leased}")).json()
    assert (shown["status"], shown["disconnectedReason"]) == ("disconnected", "recalled")
    assert (await ops.delete(withdraw)).json()["offeredAt"] is None
    assert (await ops.get("/v1/ops/leasable-accounts")).json()["items"] == []


async def test_only_ones_own_account_can_be_offered(
    pool: Pool, platform: LeasingOperator, tenant: LeasingTenant, acme: ApiCaller
) -> None:
    async with pool.acquire() as conn:
        project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, tenant.project)
        theirs = ids.format_prefixed_id(
            ids.ACCOUNT_ID_PREFIX, await seeds.account(conn, acme.organization_id, project_id)
        )
    leased = await platform.lend(tenant, await platform.offer("one"))
    for account_id in (
        theirs,
        leased,
        ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, ids.new_uuid7()),
        "sa_nonsense",
        "prj_x",
    ):
        body = {"socialAccountId": account_id, "niche": "baking"}
        answer = await platform.caller.http.post("/v1/ops/leasable-accounts", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert (await platform.caller.http.delete(f"/v1/ops/leasable-accounts/{account_id}")).status_code == 404


async def test_a_sandboxs_operator_sees_sandboxes(
    app: Litestar, pool: Pool, platform: LeasingOperator, tenant: LeasingTenant
) -> None:
    request = (await tenant.request_accounts()).json()["requestId"]
    account_id = await platform.offer("one")
    leased = await platform.lend(tenant, account_id)
    scopes = ("ops:read", "ops:write")
    async with open_caller(app, pool, "Platform's", scopes=scopes, env="test") as sandbox:
        for path in ("/v1/ops/lease-requests", "/v1/ops/leasable-accounts"):
            assert (await sandbox.http.get(path)).json()["items"] == []
        tries = [
            sandbox.http.post(f"/v1/ops/lease-requests/{request}/assign", json={"socialAccountIds": [account_id]}),
            sandbox.http.post(f"/v1/ops/lease-requests/{request}/reject", json={"reason": "no"}),
            sandbox.http.post(f"/v1/ops/leases/{leased}/recall"),
        ]
        assert [(await one).status_code for one in tries] == [404] * 3
