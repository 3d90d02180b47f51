"""A write may be repeated: one effect, one answer, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import Litestar

from api.http import idempotency as api_idempotency
from db.pool import Pool
from domain.tenancy import idempotency
from domain.tenancy.idempotency import IdempotencyKeyUse
from tests.api.all_objects import AllRightsCaller
from tests.api.conftest import ApiCaller, client_of
from tests.waiting import eventually


class Write(NamedTuple):
    """A route that creates a row of `table`: one with the record in the same statement, and one without."""

    path: str
    table: str
    body: dict[str, Any]
    other: dict[str, Any]


PROJECT = Write("/v1/projects", "project", {"name": "Shop", "timezone": "UTC"}, {"name": "Bar", "timezone": "UTC"})
KEY = Write("/v1/api-keys", "api_key", {"name": "a", "scopes": ["*"]}, {"name": "b", "scopes": ["*"]})

both = pytest.mark.parametrize("write", [PROJECT, KEY], ids=["one statement", "transaction"])


async def post_write(caller: ApiCaller, write: Write, key: str = "k", **given: Any) -> httpx.Response:
    given = {"json": write.body} | given
    return await caller.http.post(write.path, headers={"Idempotency-Key": key}, **given)


async def count_rows(pool: Pool, write: Write) -> int:
    """Count the rows created by the test's requests, without its own key."""
    count = await pool.fetchval(f"select count(*) from {write.table}")
    return int(count) - (write is KEY)


@both
async def test_a_repeat_gets_the_first_answer_for_a_day(acme: ApiCaller, pool: Pool, write: Write) -> None:
    first, second = await post_write(acme, write), await post_write(acme, write)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers.get("ETag") == second.headers.get("ETag")
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    other = await post_write(acme, write, json=write.other)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert "Retry-After" not in other.headers
    assert await count_rows(pool, write) == 1
    await pool.execute("update idempotency_key set created_at = now() - interval '24 hours'")
    later = await post_write(acme, write, json=write.other)
    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]
    assert (await post_write(acme, write, json=write.other)).content == later.content


@both
async def test_without_a_key_each_request_counts(acme: ApiCaller, pool: Pool, write: Write) -> None:
    """And a refused request leaves its key free."""
    for _ in range(2):
        assert (await acme.http.post(write.path, json=write.body)).status_code == 201
    assert await count_rows(pool, write) == 2
    assert await pool.fetchval("select count(*) from idempotency_key") == 0
    assert (await post_write(acme, write, json=write.body | {"name": ""})).status_code == 422
    assert (await post_write(acme, write)).status_code == 201
    assert await count_rows(pool, write) == 3


async def test_another_path_or_an_explicit_default_makes_another_request(acme: ApiCaller) -> None:
    """Neither white space nor the order of fields does."""
    first = await post_write(acme, PROJECT)
    second = await post_write(acme, PROJECT, json=None, content='{ "timezone":"UTC",\n "name":"Sh\\u006fp" }')
    assert second.content == first.content
    assert (await post_write(acme, PROJECT, json=PROJECT.body | {"primaryLanguage": "en"})).status_code == 409
    assert (await post_write(acme, KEY)).status_code == 409


@both
async def test_the_key_belongs_to_the_api_key(acme: ApiCaller, rival: ApiCaller, pool: Pool, write: Write) -> None:
    first, second = await post_write(acme, write), await post_write(rival, write)
    assert first.json()["id"] != second.json()["id"]
    assert second.status_code == 201
    assert "Idempotent-Replayed" not in second.headers


async def test_rotation_keeps_idempotency_records(acme: ApiCaller, app: Litestar) -> None:
    first = await post_write(acme, PROJECT)
    own = (await acme.http.get("/v1/whoami")).json()["apiKeyId"]
    rotated = (await acme.http.post(f"/v1/api-keys/{own}/rotate")).json()
    async with client_of(app, rotated["apiKey"]) as client:
        second = await post_write(acme._replace(http=client), PROJECT)
    assert second.content == first.content


@both
async def test_concurrent_repeats_have_one_effect_and_answer(acme: ApiCaller, pool: Pool, write: Write) -> None:
    answers = await asyncio.gather(*(post_write(acme, write) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 19
    assert await count_rows(pool, write) == 1


async def test_a_refusal_by_the_verb_is_not_kept(acme: ApiCaller, pool: Pool) -> None:
    """The rollback also removes the record."""
    refused = await post_write(acme, KEY, json=KEY.body | {"scopes": ["ops:read"]})
    assert refused.status_code == 403
    assert (await post_write(acme, KEY)).status_code == 201
    assert await count_rows(pool, KEY) == 1


@asynccontextmanager
async def hold_record(pool: Pool, caller: ApiCaller) -> AsyncIterator[None]:
    """Hold the record of key `k` in an open transaction."""
    key = await pool.fetchval("select id from api_key where organization_id = $1", caller.organization_id)
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        assert await idempotency.try_to_claim_idempotency_key(
            conn, IdempotencyKeyUse(caller.organization_id, key, "k", b"")
        )
        yield
        await transaction.rollback()


@both
async def test_repeat_waits_for_the_running_request(
    acme: ApiCaller, pool: Pool, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_idempotency, "MAX_IDEMPOTENCY_CLAIM_ATTEMPTS", 4)
    async with hold_record(pool, acme):
        answer = await post_write(acme, write)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert answer.json()["error"]["details"] == {"reason": "IN_FLIGHT"}
    assert answer.headers["Retry-After"] == "1"
    assert (await post_write(acme, write)).status_code == 201


@both
async def test_a_connection_that_dies_leaves_nothing(acme: ApiCaller, pool: Pool, write: Write) -> None:
    """The connection is cut while the write waits for a lock: the key isn't blocked, and nothing was done."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("lock table audit_log in access exclusive mode")
        request = asyncio.create_task(post_write(acme, write))
        await eventually(lambda: _cut_connections(pool))
        answer = await request
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert await count_rows(pool, write) == 0
    again = await post_write(acme, write)
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert await count_rows(pool, write) == 1


async def _cut_connections(pool: Pool) -> bool:
    """End every connection of the API that waits for a lock; return whether there was one."""
    rows = await pool.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name = 'tenantry-web'"
        " and wait_event_type = 'Lock'"
    )
    return bool(rows)


async def test_a_sealed_answer_opens_in_its_own_row_only(acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    await post_write(acme, KEY)
    await post_write(rival, KEY)
    await pool.execute(
        "update idempotency_key set body = (select body from idempotency_key where organization_id = $1)"
        " where organization_id = $2",
        acme.organization_id,
        rival.organization_id,
    )
    assert (await post_write(rival, KEY)).status_code == 500


async def test_a_key_is_1_to_255_printable_characters(acme: ApiCaller, pool: Pool) -> None:
    for key in ("", "x" * 256, "a\tb", "ü", "\x7f"):
        headers = [(b"Idempotency-Key", key.encode("latin-1"))]
        answer = await acme.http.post("/v1/projects", json=PROJECT.body, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["issues"][0]["path"] == "Idempotency-Key"
        assert await count_rows(pool, PROJECT) == 0


async def test_patch_and_delete_are_replayed_too(acme: ApiCaller) -> None:
    """A replay has no effect and its own version, and works on an object that was archived since."""
    path = (await post_write(acme, PROJECT)).headers["Location"]
    headers = {"Idempotency-Key": "patch"}
    patched = await acme.http.patch(path, json={"name": "New"}, headers=headers)
    await acme.http.patch(path, json={"name": "Newer"})
    assert (await acme.http.get(path)).headers["ETag"] == '"3"'
    archived = await acme.http.delete(path, headers={"Idempotency-Key": "delete"})
    again = await acme.http.patch(path, json={"name": "New"}, headers=headers)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (patched.content, "true")
    assert patched.headers["ETag"] == again.headers["ETag"] == '"2"'
    assert (await acme.http.delete(path, headers={"Idempotency-Key": "delete"})).content == archived.content
    assert (await acme.http.get(path)).json()["name"] == "Newer"
    assert (await post_write(acme, PROJECT)).json()["status"] == "active"


async def test_every_write_that_is_done_is_replayed(operator: AllRightsCaller, pool: Pool) -> None:
    """Creates come before ends; a route with a refused sample isn't counted. Secrets are kept sealed."""
    await pool.execute("update api_key set return_origins = '{https://app.example.com}'")
    replayed = set()
    for route in sorted(operator.writes, key=lambda one: (one.method == "DELETE", one.id == "kill_api_key")):
        sent = {**route.sent, "headers": {"Idempotency-Key": route.id}}
        first, again = [await operator.send(route, **sent) for _ in range(2)]
        if first.is_success:
            assert (again.status_code, again.content) == (first.status_code, first.content), route.id
            assert again.headers["Idempotent-Replayed"] == "true"
            replayed.add(route.id)
    assert len(replayed) > 20, sorted(replayed)
    assert {"create_api_key", "create_webhook_endpoint"} <= replayed
    for row in await pool.fetch("select body from idempotency_key where body is not null"):
        assert not any(secret in row["body"] for secret in (b"lp_live_", b"lpa_", b"whsec_"))
