"""Conversion destinations of an app: set by PATCH, read without the token, listed deliveries."""

from typing import Any

import pytest_asyncio

from db.pool import Pool
from tests.api.conftest import ApiCaller, read_answer
from tests.api.events.sender import sender
from tests.api.refusals import assert_refused, issue_paths

TOKEN = "the-token-of-the-pixel"
META = {"enabled": True, "pixelId": "1234567890", "accessToken": TOKEN}


@pytest_asyncio.fixture
async def at(acme: ApiCaller) -> str:
    """Create an app, and return its path."""
    return (await sender(acme, acme.http)).where


async def patch_capi(caller: ApiCaller, at: str, **capi: Any) -> dict[str, Any]:
    changed: dict[str, Any] = read_answer(await caller.http.patch(at, json={"capi": capi}))["capi"]
    return changed


async def test_a_destination_is_read_back_without_its_token(acme: ApiCaller, at: str, pool: Pool) -> None:
    assert (await acme.http.get(at)).json()["capi"] == {"meta": None, "tiktok": None}
    capi = await patch_capi(acme, at, meta=META)
    assert capi["tiktok"] is None
    assert capi["meta"] | {"eventMap": None} == {
        "enabled": True, "pixelId": "1234567890", "hasAccessToken": True, "testEventCode": None,
        "eventMap": None, "lastForwardAt": None, "lastError": None,
    }  # fmt: skip
    assert capi["meta"]["eventMap"]["purchase_success"] == "Purchase"
    listed = await acme.http.get(at.rpartition("/")[0])
    assert listed.json()["items"][0]["capi"] == capi
    log = await acme.http.get("/v1/audit-log")
    assert log.json()["items"][0]["details"] == {
        "fields": ["capi.meta.enabled", "capi.meta.pixelId", "capi.meta.accessToken"]
    }
    kept = str([dict(row) for row in await pool.fetch("select * from conversion_destination")])
    assert TOKEN not in listed.text + log.text + kept


async def test_omitted_fields_stay_and_null_removes(acme: ApiCaller, at: str, pool: Pool) -> None:
    await patch_capi(acme, at, meta=META, tiktok={"pixelId": "C4", "eventMap": {"x": "Purchase"}})
    capi = await patch_capi(acme, at, meta={"testEventCode": "TEST1"})
    assert (capi["meta"]["pixelId"], capi["meta"]["testEventCode"]) == ("1234567890", "TEST1")
    assert (capi["tiktok"]["enabled"], capi["tiktok"]["eventMap"]) == (False, {"x": "Purchase"})
    capi = await patch_capi(acme, at, tiktok={"eventMap": None}, meta=None)
    assert capi["meta"] is None
    assert capi["tiktok"]["eventMap"]["trial_start"] == "Purchase"
    await acme.http.delete(at)
    assert await pool.fetchval("select count(*) from conversion_destination") == 0


async def test_enabled_destination_needs_pixel_and_token(acme: ApiCaller, at: str) -> None:
    enabled = {"enabled": True}
    answer = await acme.http.patch(at, json={"capi": {"tiktok": enabled}})
    assert issue_paths(answer) == ["capi.tiktok.pixelId", "capi.tiktok.accessToken"]
    assert_refused(
        await acme.http.patch(at, json={"capi": {"meta": enabled | {"pixelId": "1"}}}),
        422, "VALIDATION", "capi.meta.accessToken",
    )  # fmt: skip
    await patch_capi(acme, at, meta=META)
    without = await acme.http.patch(at, json={"capi": {"meta": {"accessToken": None}}})
    assert_refused(without, 422, "VALIDATION", "capi.meta.accessToken")
    assert (await patch_capi(acme, at, meta={"enabled": False, "accessToken": None}))["meta"]["enabled"] is False


async def test_conversions_are_listed_by_destination_state_and_app(acme: ApiCaller, at: str, pool: Pool) -> None:
    await patch_capi(acme, at, meta=META)
    project = at.split("/")[3]
    for number, (destination, state) in enumerate(
        [("meta", "pending"), ("tiktok", "delivered"), ("meta", "skipped"), ("meta", "failed")]
    ):
        await pool.execute(
            """insert into event_conversion (project_id, app_no, destination, event_key, id, name, event_name,
                                             occurred_at, state, error_code)
               values ($1, 1, $2, gen_random_uuid(), $3, 'sign_up', 'Register', now(), $4, $5)""",
            project.removeprefix("prj_"),
            destination,
            f"00000000-0000-7000-8000-00000000000{number}",
            state,
            None if state == "delivered" else "WHY",
        )
    deliveries = f"/v1/projects/{project}/conversions/deliveries"

    async def states(**params: Any) -> list[str]:
        page = read_answer(await acme.http.get(deliveries, params=params))
        return [item["state"] for item in page["items"]]

    assert await states() == ["failed", "skipped", "delivered", "pending"]
    assert await states(destination="tiktok") == ["delivered"]
    assert await states(state="pending,failed", destination="meta") == ["failed", "pending"]
    assert await states(appId=at.rpartition("/")[2]) == await states()
    page = (await acme.http.get(deliveries, params={"limit": 3})).json()
    assert page["items"][0]["error"] == {"code": "WHY", "message": ""}
    assert await states(cursor=page["nextCursor"]) == ["pending"]
    await acme.http.delete(f"/v1/projects/{project}")
    assert len(await states()) == 4
