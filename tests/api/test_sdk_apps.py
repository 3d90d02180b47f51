"""The life of SDK apps: created, key shown once, listed, changed, rotated, deleted."""

from typing import Any

import httpx
import pytest_asyncio

from db.pool import Pool
from domain.apps import app_keys
from tests.api.conftest import PEPPERS, ApiCaller, list_pages, read_answer
from tests.api.participants import new_project
from tests.api.refusals import assert_refused, issue_paths, reason

NEW: dict[str, Any] = {"name": "Shop", "platform": "web", "webDomain": "Shop.Example"}
PHONES = {"name": "Shop", "bundleId": "com.example.shop", "androidPackage": "com.example.shop"}


@pytest_asyncio.fixture
async def at(acme: ApiCaller) -> str:
    """Return the path of a project's apps."""
    return f"/v1/projects/{await new_project(acme)}/sdk-apps"


async def create_app(caller: ApiCaller, at: str, **fields: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post(at, json=NEW | fields), 201)


async def key_works(pool: Pool, key: str) -> bool:
    async with pool.acquire() as conn:
        return await app_keys.authenticate_sdk_app_keys(conn, keys=[key], peppers=PEPPERS) != [None]


async def test_a_new_app_shows_its_key_once(acme: ApiCaller, at: str, pool: Pool) -> None:
    answer = await acme.http.post(at, json=NEW)
    app = answer.json()
    assert answer.headers["Location"] == f"{at}/{app['appId']}"
    assert (app["platform"], app["webDomain"], app["bundleId"]) == ("web", "shop.example", None)
    assert (app["lastEventAt"], app["lastRotatedAt"]) == (None, None)
    assert app["ingestEndpoint"] == f"http://127.0.0.1:8000/v1/apps/{app['appId']}/events"
    assert await key_works(pool, app["apiKey"])
    read = (await acme.http.get(answer.headers["Location"])).json()
    assert read == {name: value for name, value in app.items() if name != "apiKey"}
    for path in (at, f"{at}/{app['appId']}", "/v1/audit-log"):
        assert app["apiKey"][-43:] not in (await acme.http.get(path)).text


async def test_apps_are_listed_newest_first_in_pages(acme: ApiCaller, at: str) -> None:
    names = [f"n{number}.example" for number in range(5)]
    created = [(await create_app(acme, at, webDomain=name))["appId"] for name in names]
    await acme.http.delete(f"{at}/{created[2]}")
    seen = [item["appId"] for item in await list_pages(acme.http, at, limit="2")]
    assert seen == [created[number] for number in (4, 3, 1, 0)]


async def test_there_is_one_app_for_each_platform_and_identifier(acme: ApiCaller, at: str) -> None:
    first = await create_app(acme, at)
    answer = await acme.http.post(at, json=NEW | {"name": "Other", "webDomain": "shop.example"})
    assert answer.json()["error"]["details"] == {"reason": "APP_EXISTS", "appId": first["appId"]}
    await create_app(acme, at, platform="vite")
    other = f"/v1/projects/{await new_project(acme)}/sdk-apps"
    await create_app(acme, other)
    await acme.http.delete(f"{at}/{first['appId']}")
    again = await create_app(acme, at)
    assert again["appId"] != first["appId"]
    assert_refused(await acme.http.get(f"{at}/{first['appId']}"), 404, "NOT_FOUND")


async def test_cross_platform_app_has_one_or_both_identifiers(acme: ApiCaller, at: str) -> None:
    for platform in ("react-native", "flutter", "expo"):
        both = PHONES | {"platform": platform}
        app = (await acme.http.post(at, json=both)).json()
        where = f"{at}/{app['appId']}"
        for taken in ("bundleId", "androidPackage"):
            one = {name: both[name] for name in ("name", "platform", taken)}
            assert reason(await acme.http.post(at, json=one)) == (409, "CONFLICT", "APP_EXISTS")
        dropped = (await acme.http.patch(where, json={"bundleId": None})).json()
        assert (dropped["bundleId"], dropped["androidPackage"]) == (None, "com.example.shop")
        last = await acme.http.patch(where, json={"androidPackage": None})
        assert_refused(last, 422, "VALIDATION", "bundleId")
        foreign = {"name": "Shop", "platform": platform, "webDomain": "shop.example"}
        assert issue_paths(await acme.http.post(at, json=foreign)) == ["webDomain", "bundleId"]


async def test_a_patch_changes_what_it_names(acme: ApiCaller, at: str) -> None:
    app = await create_app(acme, at)
    where = f"{at}/{app['appId']}"
    same = await acme.http.patch(where, json={})
    assert same.json() == app | {"apiKey": None}
    renamed = (await acme.http.patch(where, json={"name": "Inn", "webDomain": "inn.example"})).json()
    assert renamed == app | {"apiKey": None, "name": "Inn", "webDomain": "inn.example"}
    entries = (await acme.http.get("/v1/audit-log")).json()["items"]
    assert [(one["action"], one["details"]) for one in entries[:2]] == [
        ("sdk_app.updated", {"fields": ["name", "webDomain"]}),
        ("sdk_app.created", {"name": "Shop", "platform": "web"}),
    ]
    assert entries[0]["subject"] == app["appId"]


async def test_a_rotation_is_repeated_with_the_same_key(acme: ApiCaller, at: str, pool: Pool) -> None:
    """So is a create; the stored answers of both are sealed."""
    twice = [await acme.http.post(at, json=NEW, headers={"Idempotency-Key": "make"}) for _ in range(2)]
    assert twice[0].content == twice[1].content
    app = twice[0].json()
    body = {"rotateKey": True, "overlapHours": 1}
    where, headers = f"{at}/{app['appId']}", {"Idempotency-Key": "rotate"}
    rotated = [await acme.http.patch(where, json=body, headers=headers) for _ in range(2)]
    assert rotated[0].content == rotated[1].content
    assert rotated[1].headers["Idempotent-Replayed"] == "true"
    assert await key_works(pool, app["apiKey"])
    assert await key_works(pool, rotated[0].json()["apiKey"])
    kept = await pool.fetch("select body, vault_key_id from idempotency_key")
    assert {row["vault_key_id"] for row in kept} == {"test"}
    assert not any(b"lpa_" in row["body"] for row in kept)


async def test_archived_project_refuses_new_apps_but_allows_deletes(acme: ApiCaller, at: str, pool: Pool) -> None:
    app = await create_app(acme, at)
    where = f"{at}/{app['appId']}"
    await acme.http.delete(at.removesuffix("/sdk-apps"))
    assert reason(await acme.http.post(at, json=NEW)) == (409, "CONFLICT", "PROJECT_ARCHIVED")
    assert (await acme.http.get(where)).json()["appId"] == app["appId"]
    assert [item["appId"] for item in (await acme.http.get(at)).json()["items"]] == [app["appId"]]
    rotated = await acme.http.patch(where, json={"rotateKey": True})
    assert not await key_works(pool, app["apiKey"])
    assert (await acme.http.delete(where)).status_code == 200
    assert not await key_works(pool, rotated.json()["apiKey"])


async def test_app_key_works_on_no_other_route(acme: ApiCaller, at: str, anonymous: httpx.AsyncClient) -> None:
    """The key is shipped in clients, where everyone can read it."""
    key = (await create_app(acme, at))["apiKey"]
    for path in ("/v1/whoami", at, "/v1/projects"):
        answer = await anonymous.get(path, headers={"Authorization": f"Bearer {key}"})
        assert_refused(answer, 401, "UNAUTHENTICATED")
