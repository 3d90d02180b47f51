"""Leased accounts as partners request, use and release them."""

from litestar import Litestar

from db.pool import Pool
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, client_of, list_pages, new_key
from tests.api.leases.tenants import ASKED, LeasingOperator, LeasingTenant


async def test_a_request_is_made_read_and_answered(platform: LeasingOperator, tenant: LeasingTenant) -> None:
    answer = await tenant.request_accounts()
    created = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == (
        f"/v1/projects/{tenant.project}/leased-accounts/requests/{created['requestId']}"
    )
    assert created == ASKED | {
        "requestId": created["requestId"],
        "projectId": tenant.project,
        "status": "requested",
        "assignedSocialAccountIds": [],
        "submittedAt": created["submittedAt"],
        "assignedAt": None,
        "reason": None,
    }
    assert created["requestId"].startswith("lreq_")
    path = "/v1/ops/lease-requests?status"
    assert (await platform.caller.http.get(f"{path}=partial,assigned")).json()["items"] == []
    [listed] = (await platform.caller.http.get(f"{path}=requested,partial")).json()["items"]
    assert {name: listed[name] for name in created} == created
    first = (await platform.assign(created["requestId"], await platform.offer("one"))).json()
    assert (first["status"], len(first["assignedSocialAccountIds"])) == ("partial", 1)
    second = (await platform.assign(created["requestId"], await platform.offer("two"))).json()
    read = (await tenant.http.get(answer.headers["Location"])).json()
    assert (read["status"], read["assignedAt"]) == ("assigned", second["assignedAt"])
    assert read["assignedSocialAccountIds"] == second["assignedSocialAccountIds"]
    accounts = (await tenant.http.get(f"/v1/projects/{tenant.project}/social-accounts")).json()["items"]
    assert [account["socialAccountId"] for account in accounts] == read["assignedSocialAccountIds"][::-1]
    assert {account["leased"] for account in accounts} == {True}


async def test_a_projects_requests_are_listed_newest_first(tenant: LeasingTenant) -> None:
    created = [(await tenant.request_accounts()).json() for _ in range(3)]
    path = f"/v1/projects/{tenant.project}/leased-accounts/requests"
    assert await list_pages(tenant.http, path, limit="2") == created[::-1]


async def test_a_lease_is_listed_released_and_told_why(platform: LeasingOperator, tenant: LeasingTenant) -> None:
    account_id = await platform.lend(tenant, await platform.offer("one"))
    await tenant.schedule(account_id, "Bread.")
    path = f"/v1/projects/{tenant.project}/leased-accounts"
    [lease] = (await tenant.http.get(path)).json()["items"]
    assert (lease["socialAccountId"], lease["status"], lease["endedAt"]) == (account_id, "connected", None)
    refused = await tenant.http.delete(f"/v1/social-accounts/{account_id}")
    assert (refused.status_code, refused.json()["error"]["details"]["reason"]) == (409, "ACCOUNT_LEASED")
    assert "/v1/leased-accounts/" in refused.json()["error"]["message"]
    answer = await tenant.release(account_id)
    assert answer.json() == {"socialAccountId": account_id, "status": "disconnected", "canceledScheduledPosts": 1}
    assert (await tenant.release(account_id)).json() == answer.json()
    [ended] = (await tenant.http.get(path)).json()["items"]
    assert (ended["status"], ended["disconnectedReason"]) == ("disconnected", "released")
    assert ended["endedAt"] > ended["leasedAt"]
    await platform.lend(tenant, await platform.offer("two"))
    newest, *rest = await list_pages(tenant.http, path, limit="1")
    assert (newest["handle"], rest) == ("two", [ended])


async def test_own_account_is_disconnected_by_another_route(pool: Pool, tenant: LeasingTenant, acme: ApiCaller) -> None:
    async with pool.acquire() as conn:
        project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, tenant.project)
        own = ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, await seeds.account(conn, acme.organization_id, project_id))
    for account_id in (own, ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, ids.new_uuid7())):
        answer = await tenant.release(account_id)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert "/v1/social-accounts/" in answer.json()["error"]["message"]


async def test_tenant_cannot_reconnect_a_leased_account(
    app: Litestar, pool: Pool, platform: LeasingOperator, tenant: LeasingTenant, acme: ApiCaller
) -> None:
    account_id = await platform.lend(tenant, await platform.offer("one"))
    body = {"socialAccountId": account_id, "returnUrl": "https://app.example.com/"}
    async with client_of(app, await new_key(pool, acme.organization_id)) as client:
        await pool.execute("update api_key set return_origins = '{https://app.example.com}'")
        answer = await client.post(f"/v1/projects/{tenant.project}/social/reauth-url", json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["reason"]) == (409, "ACCOUNT_LEASED")
