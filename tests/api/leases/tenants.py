"""An operator and tenants, acting over the API."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from db.pool import Pool
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer

ASKED = {"count": 2, "niche": "home baking", "platform": "mastodon", "note": "In German, please."}


class LeasingOperator(NamedTuple):
    """An operator with offered accounts."""

    caller: ApiCaller
    pool: Pool
    project_id: str

    async def account(self, handle: str) -> str:
        """Connect an account without offering it."""
        project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, self.project_id)
        async with self.pool.acquire() as conn:
            account_id = await seeds.account(conn, self.caller.organization_id, project_id, handle=handle)
        return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id)

    async def offer(self, handle: str) -> str:
        account_id = await self.account(handle)
        body = {"socialAccountId": account_id, "niche": "baking"}
        read_answer(await self.caller.http.post("/v1/ops/leasable-accounts", json=body), 201)
        return account_id

    async def assign(self, request_id: str, *account_ids: str) -> httpx.Response:
        path = f"/v1/ops/lease-requests/{request_id}/assign"
        return await self.caller.http.post(path, json={"socialAccountIds": account_ids})

    async def lend(self, tenant: "LeasingTenant", account_id: str) -> str:
        """Lend an account, and return its id for the tenant."""
        request = (await tenant.request_accounts(count=1)).json()["requestId"]
        return str(read_answer(await self.assign(request, account_id))["assignedSocialAccountIds"][0])


class LeasingTenant(NamedTuple):
    http: httpx.AsyncClient
    project: str

    async def request_accounts(self, **asked: Any) -> httpx.Response:
        path = f"/v1/projects/{self.project}/leased-accounts/request"
        return await self.http.post(path, json=ASKED | asked)

    async def schedule(self, account_id: str, caption: str) -> str:
        path = f"/v1/projects/{self.project}/content/upload"
        content = (await self.http.post(path, files={"caption": (None, caption)})).json()["id"]
        at = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        body = {"targets": [{"socialAccountId": account_id}], "scheduledFor": at}
        accepted = read_answer(await self.http.post(f"/v1/content/{content}/schedule", json=body), 202)
        return str(accepted["scheduledPosts"][0]["id"])

    async def release(self, account_id: str) -> httpx.Response:
        return await self.http.delete(f"/v1/leased-accounts/{account_id}")
