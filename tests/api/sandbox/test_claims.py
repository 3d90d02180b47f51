"""Approved claims at the sandbox's time: their ends are shown, compared and reached by its clock."""

from schemas import ids
from tests import seeds
from tests.api.all_objects import CLAIM
from tests.api.conftest import uuid_of
from tests.api.sandbox.conftest import ApiSandbox


async def test_a_claim_ends_by_the_sandboxs_clock(sandbox: ApiSandbox) -> None:
    account = await sandbox.account()
    await sandbox.advance(advance="30d")
    end, path = await sandbox.time_after(days=2), f"/v1/projects/{sandbox.shown_project}/claims"
    past = await sandbox.post(path, CLAIM | {"validUntil": await sandbox.time_after(hours=-1)}, status=422)
    assert past["error"]["code"] == "VALIDATION"
    claim = await sandbox.post(path, CLAIM | {"validUntil": end}, status=201)
    assert (claim["validUntil"], claim["status"]) == (end, "valid")
    async with sandbox.pool.acquire() as conn:
        content = await seeds.content(conn, sandbox.org, sandbox.project_id)
        await conn.execute("update content_item set approved_claim_ids = $1", [uuid_of(claim["claimId"])])
    at = f"/v1/content/{ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content)}/schedule"
    body = {"targets": [{"socialAccountId": account}], "scheduledFor": await sandbox.time_after(days=3)}
    late = await sandbox.post(at, body, status=409)
    expected = {"reason": "CLAIM_EXPIRED", "claimId": claim["claimId"], "validUntil": end}
    assert late["error"]["details"] == expected
    body["scheduledFor"] = await sandbox.time_after(days=1)
    post = await sandbox.post(at, body, status=202)
    await sandbox.advance(advance="3d")
    assert (await sandbox.read_post(post["scheduledPosts"][0]["id"]))["status"] == "published"
    assert await sandbox.get(f"{path}/{claim['claimId']}") == claim | {"status": "expired"}
    assert (await sandbox.get(path, status="valid"))["items"] == []
