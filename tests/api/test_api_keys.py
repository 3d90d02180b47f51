"""The life of API keys: created, shown once, listed, rotated, killed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from litestar import Litestar

from db.pool import Pool
from domain.tenancy.api_keys import MAX_VALID_API_KEYS
from tests.api.conftest import ApiCaller, client_of, list_pages, new_key, open_caller, read_answer
from tests.api.refusals import issue_paths, problem, reason

NEW: dict[str, Any] = {"name": "CI", "scopes": ["projects:read"]}


async def create_key(caller: ApiCaller, **fields: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post("/v1/api-keys", json=NEW | fields), 201)


async def status_with(app: Litestar, key: str) -> int:
    async with client_of(app, key) as client:
        return (await client.get("/v1/projects")).status_code


async def test_new_key_works_and_its_secret_is_shown_once(acme: ApiCaller, app: Litestar, pool: Pool) -> None:
    await pool.execute("update api_key set return_origins = '{https://app.example.com}'")
    answer = await acme.http.post("/v1/api-keys", json=NEW | {"returnOrigins": ["https://app.example.com"]})
    key = answer.json()
    assert answer.headers["Location"] == f"/v1/api-keys/{key['id']}"
    assert key["apiKey"].startswith(f"lp_live_{key['keyId']}_")
    assert key["killSwitch"] is False
    assert await status_with(app, key["apiKey"]) == 200
    read = (await acme.http.get(f"/v1/api-keys/{key['id']}")).json()
    assert read == {name: value for name, value in key.items() if name != "apiKey"}


async def test_keys_are_listed_newest_first_in_pages(acme: ApiCaller) -> None:
    ids = [(await create_key(acme, name=f"key {number}"))["id"] for number in range(4)]
    items = await list_pages(acme.http, "/v1/api-keys", limit="2")
    assert not any("apiKey" in item for item in items)
    seen = [item["id"] for item in items]
    assert seen[:4] == ids[::-1]
    assert len(seen) == 5


async def test_key_grants_at_most_its_own_rights(app: Litestar, pool: Pool) -> None:
    for own, wanted, refused in (
        (("keys:write", "projects:read"), ["projects:read"], None),
        (("keys:write", "projects:read"), ["jobs:read"], "jobs:read"),
        (("keys:write", "projects:read"), ["*"], "*"),
        (("*",), ["*", "jobs:read"], None),
        (("*",), ["ops:read"], "ops:read"),
        (("*", "ops:read"), ["ops:read"], None),
        (("*", "ops:read"), ["ops:write"], "ops:write"),
    ):
        async with open_caller(app, pool, "Acme", scopes=own) as caller:
            answer = await caller.http.post("/v1/api-keys", json=NEW | {"scopes": wanted})
        if refused is None:
            assert answer.status_code == 201
        else:
            assert answer.status_code == 403
            assert answer.json()["error"]["details"] == {"requiredScope": refused}


async def test_rotation_ends_the_old_secret_at_once_or_after_an_overlap(
    acme: ApiCaller, app: Litestar, pool: Pool
) -> None:
    first = await create_key(acme)
    old = (await acme.http.post(f"/v1/api-keys/{first['id']}/rotate")).json()
    assert (old["id"], old["keyId"], old["scopes"]) == (first["id"], first["keyId"], first["scopes"])
    assert old["overlapUntil"] is None
    assert [await status_with(app, key["apiKey"]) for key in (first, old)] == [401, 200]
    new = (await acme.http.post(f"/v1/api-keys/{old['id']}/rotate", json={"overlapHours": 24})).json()
    until = datetime.fromisoformat(new["overlapUntil"]) - datetime.now(UTC)
    assert timedelta(hours=23) < until < timedelta(hours=25)
    assert [await status_with(app, key["apiKey"]) for key in (old, new)] == [200, 200]
    await pool.execute("update api_key set overlap_until = now() - interval '1 s' where old_secret_hash is not null")
    assert [await status_with(app, key["apiKey"]) for key in (old, new)] == [401, 200]


async def test_refusal_names_the_missing_scope(app: Litestar, pool: Pool) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    async with open_caller(app, pool, "Acme") as caller:
        await pool.execute("update api_key set expires_at = now() + interval '1 day'")
        for asked in ({"returnOrigins": ["https://app.example.com"]}, {"expiresAt": later}):
            answer = await caller.http.post("/v1/api-keys", json=NEW | asked)
            assert (answer.status_code, issue_paths(answer)) == (422, list(asked))
        stronger = await create_key_as_operator(pool, caller)
        for verb in ("rotate", "kill"):
            answer = await caller.http.post(f"/v1/api-keys/{stronger}/{verb}")
            assert reason(answer) == (409, "CONFLICT", "KEY_STRONGER")


async def create_key_as_operator(pool: Pool, caller: ApiCaller) -> str:
    await new_key(pool, caller.organization_id)
    return str(await pool.fetchval("select 'key_' || id from api_key order by id desc limit 1"))


async def test_a_killed_key_is_refused_from_its_next_request_on(acme: ApiCaller, app: Litestar) -> None:
    key = await create_key(acme)
    assert await status_with(app, key["apiKey"]) == 200
    killed = await acme.http.post(f"/v1/api-keys/{key['id']}/kill")
    assert (killed.status_code, killed.json()["killSwitch"]) == (200, True)
    assert (await acme.http.post(f"/v1/api-keys/{key['id']}/kill")).json() == killed.json()
    rotated = await acme.http.post(f"/v1/api-keys/{key['id']}/rotate")
    assert problem(rotated) == (409, "CONFLICT", {"reason": "KEY_KILLED"})
    async with client_of(app, key["apiKey"]) as client:
        answer = await client.get("/v1/whoami")
    assert problem(answer) == (503, "KILL_SWITCH", {"scope": "key"})
    wrong = key["apiKey"][:-1] + ("A" if key["apiKey"][-1] != "A" else "B")
    assert await status_with(app, wrong) == 401


async def test_a_key_expires(acme: ApiCaller, app: Litestar, pool: Pool) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    key = await create_key(acme, expiresAt=soon)
    assert await status_with(app, key["apiKey"]) == 200
    await pool.execute("update api_key set expires_at = now() where expires_at is not null")
    assert await status_with(app, key["apiKey"]) == 401


async def test_each_change_is_in_the_audit_log(acme: ApiCaller) -> None:
    key = await create_key(acme)
    await acme.http.post(f"/v1/api-keys/{key['id']}/rotate")
    await acme.http.post(f"/v1/api-keys/{key['id']}/kill")
    entries = (await acme.http.get("/v1/audit-log")).json()["items"]
    assert [(entry["action"], entry["subject"]) for entry in entries[:3]] == [
        ("api_key.killed", key["id"]),
        ("api_key.rotated", key["id"]),
        ("api_key.created", key["id"]),
    ]
    own = (await acme.http.get("/v1/whoami")).json()["apiKeyId"]
    assert {entry["apiKeyId"] for entry in entries[:3]} == {own}
    only = (await acme.http.get("/v1/audit-log", params={"action": "api_key.killed"})).json()["items"]
    assert [entry["id"] for entry in only] == [entries[0]["id"]]


async def test_neither_the_database_nor_a_later_answer_has_a_secret(
    acme: ApiCaller, anonymous: httpx.AsyncClient, pool: Pool
) -> None:
    key = await create_key(acme)
    secret = key["apiKey"].split("_", 3)[3]
    rows = await pool.fetch("select k::text as text from api_key k union all select a::text from audit_log a")
    assert not any(secret in row["text"] or secret.encode().hex() in row["text"] for row in rows)
    for path in ("/v1/api-keys", f"/v1/api-keys/{key['id']}", "/v1/audit-log"):
        assert secret not in (await acme.http.get(path)).text
    assert secret not in (await anonymous.get("/metrics")).text


async def test_an_organization_has_a_hundred_live_keys(app: Litestar, pool: Pool) -> None:
    """Holds for concurrent creates; a killed or expired key makes room."""
    async with open_caller(app, pool, "Acme", tier="partner") as acme:
        for _ in range(MAX_VALID_API_KEYS - 3):
            await new_key(pool, acme.organization_id)
        racing = [acme.http.post("/v1/api-keys", json=NEW) for _ in range(6)]
        answers = await asyncio.gather(*racing)
        assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert problem(refused) == (409, "CONFLICT", {"reason": "TOO_MANY_KEYS", "limit": MAX_VALID_API_KEYS})
        created = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
        await acme.http.post(f"/v1/api-keys/{created}/kill")
        assert (await acme.http.post("/v1/api-keys", json=NEW)).status_code == 201
        assert (await acme.http.post("/v1/api-keys", json=NEW)).status_code == 409
        await pool.execute("update api_key set expires_at = now() where name = 'CI'")
        assert (await acme.http.post("/v1/api-keys", json=NEW)).status_code == 201
