"""The life of webhook endpoints: created, secret shown once, changed, paused, rotated, deleted."""

import asyncio
import base64
from typing import Any

import pytest

from api.limits import rate_limits
from db.pool import Pool
from domain.webhooks import secrets
from tests import seeds
from tests.api.all_objects import no_change
from tests.api.conftest import ApiCaller, read_answer, uuid_of
from tests.api.participants import new_project
from tests.api.refusals import assert_refused, reason
from tests.workers.net import LEFT_TO_TRIES, VECTORS

ALL = "/v1/webhook-endpoints"
NEW: dict[str, Any] = {"url": "https://Hooks.Example.com/in", "events": ["post.published", "job.failed"]}


async def create_endpoint(caller: ApiCaller, **fields: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post(ALL, json=NEW | fields), 201)


def decode_secret(secret: str) -> bytes:
    assert secret.startswith("whsec_")
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


async def read_signing_keys(pool: Pool, caller: ApiCaller, shown: dict[str, Any]) -> list[bytes]:
    """Return the keys that would sign a delivery."""
    async with pool.acquire() as conn:
        return await secrets.unseal_webhook_keys(
            conn, organization_id=caller.organization_id, endpoint_id=uuid_of(shown["id"]), keyring=seeds.VAULT
        )


async def test_a_new_endpoint_shows_its_secret_once(acme: ApiCaller, pool: Pool) -> None:
    project = await new_project(acme)
    body = NEW | {"projectId": project, "description": "CRM", "metadata": {"a": [1]}}
    answer = await acme.http.post(ALL, json=body)
    shown = answer.json()
    secret = shown.pop("signingSecret")
    assert 24 <= len(decode_secret(secret)) <= 64
    assert await read_signing_keys(pool, acme, shown) == [decode_secret(secret)]
    assert answer.headers["Location"] == f"{ALL}/{shown['id']}"
    assert (shown["url"], shown["status"]) == ("https://hooks.example.com/in", "active")
    assert (shown["consecutiveFailureCount"], shown["projectId"]) == (0, project)
    read = await acme.http.get(answer.headers["Location"])
    assert read.json() == shown
    assert read.headers["ETag"] == answer.headers["ETag"] == '"1"'
    for path in (ALL, f"{ALL}/{shown['id']}", f"{ALL}/{shown['id']}/deliveries", "/v1/audit-log"):
        assert secret[6:] not in (await acme.http.get(path)).text


BAD_URLS = [
    "http://hooks.example.com/",
    "https://user:pass@hooks.example.com/",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/",
    "ftp://hooks.example.com/",
    "https://hooks.example.com/" + "a" * 2048,
    "https://metadata.internal/",
]
#: The same addresses with an endpoint's scheme: each must be refused for its target.
SECURE = [url.replace("http://", "https://") for url in VECTORS]


async def test_an_address_is_public_and_https(acme: ApiCaller, pool: Pool) -> None:
    shown = await create_endpoint(acme)
    async with no_change(pool):
        for url in BAD_URLS:
            assert_refused(await acme.http.post(ALL, json=NEW | {"url": url}), 422, "VALIDATION", "url")
            assert_refused(await acme.http.patch(f"{ALL}/{shown['id']}", json={"url": url}), 422, "VALIDATION", "url")


async def test_private_address_is_refused(acme: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other addresses are names, which are checked at each attempt."""
    # Any tier allows fewer requests in a minute.
    monkeypatch.setattr(
        rate_limits,
        "REQUEST_RATE_LIMITS_BY_TIER",
        dict.fromkeys(rate_limits.REQUEST_RATE_LIMITS_BY_TIER, rate_limits.REQUEST_RATE_LIMITS_BY_TIER["partner"]),
    )
    shown = await create_endpoint(acme)
    taken = []
    for url in SECURE:
        answers = [
            await acme.http.post(ALL, json=NEW | {"url": url}),
            await acme.http.patch(f"{ALL}/{shown['id']}", json={"url": url}),
        ]
        if answers[0].is_success:
            assert answers[1].is_success, url
            taken.append(url)
            await acme.http.delete(answers[0].headers["Location"])
        else:
            for answer in answers:
                assert_refused(answer, 422, "VALIDATION", "url")
    assert taken == [f"https://{name}/" for name in LEFT_TO_TRIES]


async def test_unknown_types_are_refused(acme: ApiCaller) -> None:
    for events in ([], ["job.started"], ["*"] * 51):
        assert (await acme.http.post(ALL, json=NEW | {"events": events})).status_code == 422
    twice = await create_endpoint(acme, events=["job.failed", "*", "job.failed"])
    assert twice["events"] == ["job.failed", "*"]


async def test_endpoint_limit_holds_for_concurrent_creates(acme: ApiCaller, pool: Pool) -> None:
    for _ in range(18):
        await create_endpoint(acme)
    answers = await asyncio.gather(*(acme.http.post(ALL, json=NEW) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    last = next(answer for answer in answers if answer.status_code == 409)
    assert reason(last) == (409, "CONFLICT", "TOO_MANY_ENDPOINTS")
    gone = next(answer for answer in answers if answer.status_code == 201).json()["id"]
    await acme.http.delete(f"{ALL}/{gone}")
    await create_endpoint(acme)


async def test_a_patch_changes_what_it_names_at_the_version_that_was_read(acme: ApiCaller) -> None:
    shown = await create_endpoint(acme)
    del shown["signingSecret"]
    where = f"{ALL}/{shown['id']}"
    same = await acme.http.patch(where, json={"events": shown["events"]})
    assert (same.json(), same.headers["ETag"]) == (shown, '"1"')
    paused = await acme.http.patch(where, json={"status": "paused"}, headers={"If-Match": '"1"'})
    assert paused.json()["status"] == "paused"
    assert paused.headers["ETag"] == '"2"'
    late = await acme.http.patch(where, json={"status": "active"}, headers={"If-Match": '"1"'})
    assert_refused(late, 412, "PRECONDITION_FAILED")
    assert_refused(await acme.http.delete(where, headers={"If-Match": '"1"'}), 412, "PRECONDITION_FAILED")
    assert (await acme.http.patch(where, json={"status": "disabled"})).status_code == 422
    active = (await acme.http.patch(where, json={"status": "active", "description": "x"})).json()
    assert active | {"updatedAt": ""} == shown | {"description": "x", "updatedAt": ""}
    entries = (await acme.http.get("/v1/audit-log")).json()["items"]
    assert [one["action"] for one in entries[:3]] == [
        "webhook_endpoint.updated", "webhook_endpoint.updated", "webhook_endpoint.created"
    ]  # fmt: skip


async def test_reactivated_endpoint_starts_without_failures(acme: ApiCaller, pool: Pool) -> None:
    where = f"{ALL}/{(await create_endpoint(acme))['id']}"
    await pool.execute(
        """update webhook_endpoint
              set status = 'disabled', disabled_reason = 'FAILING', consecutive_failures = 9,
                  failing_since = now()"""
    )
    disabled = (await acme.http.get(where)).json()
    assert (disabled["disabledReason"], disabled["consecutiveFailureCount"]) == ("FAILING", 9)
    assert (await acme.http.patch(where, json={"description": "y"})).json()["status"] == "disabled"
    active = (await acme.http.patch(where, json={"status": "active"})).json()
    assert (active["disabledReason"], active["consecutiveFailureCount"]) == (None, 0)
    assert active["failingSince"] is None


async def test_for_a_day_after_a_rotation_both_secrets_sign(acme: ApiCaller, pool: Pool) -> None:
    shown = await create_endpoint(acme)
    where = f"{ALL}/{shown['id']}"
    first = decode_secret(shown["signingSecret"])
    assert (await acme.http.get(where)).json()["secretOverlapUntil"] is None
    second, third = [(await acme.http.post(f"{where}/rotate-secret")).json() for _ in range(2)]
    keys = [decode_secret(one["signingSecret"]) for one in (second, third)]
    assert await read_signing_keys(pool, acme, shown) == [keys[1], keys[0]]
    assert first not in keys
    assert third["secretOverlapUntil"] is not None
    await pool.execute("update webhook_secret set expires_at = now() where expires_at is not null")
    assert await read_signing_keys(pool, acme, shown) == [keys[1]]
    assert (await acme.http.get(where)).json()["secretOverlapUntil"] is None


async def test_a_deleted_endpoint_is_gone_with_its_secrets(acme: ApiCaller, pool: Pool) -> None:
    shown = await create_endpoint(acme)
    where = f"{ALL}/{shown['id']}"
    ping = (await acme.http.post(f"{where}/test")).json()
    deleted = await acme.http.delete(where)
    assert deleted.json()["id"] == shown["id"]
    for method, path in (
        ("GET", where), ("PATCH", where), ("DELETE", where), ("POST", f"{where}/test"),
        ("GET", f"{where}/deliveries"), ("GET", f"/v1/webhook-deliveries/{ping['id']}"),
        ("POST", f"/v1/webhook-deliveries/{ping['id']}/replay"), ("POST", f"{where}/rotate-secret"),
    ):  # fmt: skip
        body: dict[str, str] | None = {} if method == "PATCH" else None
        assert_refused(await acme.http.request(method, path, json=body), 404, "NOT_FOUND")
    assert (await acme.http.get(ALL)).json()["items"] == []
    assert await pool.fetchval("select count(*) from webhook_secret") == 0


async def test_audit_log_has_only_the_origin_of_a_url(acme: ApiCaller) -> None:
    shown = await create_endpoint(acme, url="https://hooks.example.com/services/T0/hush?token=hush#hush")
    where = f"{ALL}/{shown['id']}"
    await acme.http.patch(where, json={"url": "https://hooks.example.com/hush"})
    await acme.http.delete(where)
    answer = await acme.http.get("/v1/audit-log")
    assert "hush" not in answer.text
    deleted, updated, created = answer.json()["items"][:3]
    assert updated["details"] == {"fields": ["url"]}
    assert deleted["details"] == {"url": "https://hooks.example.com"}
    assert created["details"] == deleted["details"] | {"events": NEW["events"]}


async def test_a_refused_body_waits_for_no_lock(acme: ApiCaller, pool: Pool) -> None:
    """While another request locks the organization, an invalid endpoint is refused."""
    shown = await create_endpoint(acme)
    wrong: dict[str, Any] = {"metadata": {"a": [[]] * 5_000}}
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("select from organization where id = $1 for update", acme.organization_id)
        await conn.execute("select from webhook_endpoint for update")
        assert_refused(await acme.http.post(ALL, json=NEW | wrong), 422, "VALIDATION", "metadata")
        assert_refused(await acme.http.patch(f"{ALL}/{shown['id']}", json=wrong), 422, "VALIDATION", "metadata")
