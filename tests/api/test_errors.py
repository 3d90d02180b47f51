"""One envelope for all errors, in the contract's order, without internal details."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
from litestar import Litestar
from msgspec.structs import replace
from structlog.testing import capture_logs

from api.app import set_api_settings_and_clock
from api.http.errors import ERROR_CODES
from db.pool import Pool
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, built_app, client_of, hold_context, open_caller
from tests.api.disconnecting import call_and_disconnect
from tests.servers import ServerPair


def read_error(answer: httpx.Response) -> dict[str, Any]:
    """Check the form of the error, and return it."""
    body = answer.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) <= {"code", "message", "requestId", "details"}
    assert error["requestId"] == answer.headers["X-Request-Id"]
    assert error["requestId"].startswith("req_")
    assert ERROR_CODES[error["code"]].status == answer.status_code
    assert answer.headers["Content-Type"] == "application/json"
    return error


async def test_framework_errors_use_the_envelope(anonymous: httpx.AsyncClient) -> None:
    """Without a key: 404 and 405 of the router come before 401."""
    for method, path, code in (
        ("GET", "/v1/nothing", "NOT_FOUND"),
        ("GET", "/", "NOT_FOUND"),
        ("GET", "/v1/projects/%00", "NOT_FOUND"),
        ("DELETE", "/v1/whoami", "METHOD_NOT_ALLOWED"),
        ("PUT", "/v1/projects", "METHOD_NOT_ALLOWED"),
        ("POST", "/healthz", "METHOD_NOT_ALLOWED"),
    ):
        answer = await anonymous.request(method, path)
        assert read_error(answer)["code"] == code
        assert ("Allow" in answer.headers) == (answer.status_code == 405)


async def test_invalid_content_length_is_a_400(acme: ApiCaller) -> None:
    """A server error would be a 500; a proxy may pass on a length that our server refuses."""
    for length in ("many", "-1", "1" * 5000):
        answer = await acme.http.post("/v1/projects", content=b"{}", headers={"Content-Length": length})
        assert read_error(answer)["code"] == "BAD_REQUEST"


async def test_every_answer_has_an_id_of_its_own(acme: ApiCaller, anonymous: httpx.AsyncClient) -> None:
    answers = [
        await acme.http.get("/v1/whoami", headers={"X-Request-Id": "mine"}),
        await acme.http.get("/v1/whoami", headers={"X-Request-Id": "mine"}),
        await anonymous.get("/healthz"),
        await anonymous.get("/nothing"),
    ]
    ids = {answer.headers["X-Request-Id"] for answer in answers}
    assert len(ids) == 4
    assert all(one.startswith("req_") for one in ids)


async def test_server_error_reveals_no_internals(acme: ApiCaller, pool: Pool) -> None:
    await pool.execute("alter table project rename to gone")
    with capture_logs() as logged:
        answer = await acme.http.get("/v1/projects")
    error = read_error(answer)
    assert (answer.status_code, error["code"]) == (500, "INTERNAL")
    assert "details" not in error
    assert not any(word in answer.text for word in ("project", "relation", "asyncpg", "Traceback"))
    (fault,) = [line for line in logged if line["log_level"] == "error"]
    assert fault["request_id"] == error["requestId"]
    assert isinstance(fault["exc_info"], asyncpg.UndefinedTableError)


async def test_a_request_is_one_line_that_holds_no_secret(acme: ApiCaller) -> None:
    with capture_logs() as logged:
        answer = await acme.http.get("/v1/projects", params={"search": "Shoe"})
    (line,) = logged
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/projects", 200)
    assert line["organization_id"] == f"org_{acme.organization_id}"
    assert line["key_id"] in acme.key
    assert acme.key.split("_", 3)[3] not in str(line)


async def test_the_checks_come_in_the_contracts_order(app: Litestar, pool: Pool) -> None:
    """Each request breaks all rules after the one that is reported."""
    async with open_caller(app, pool, "Weak", scopes=("jobs:read",)) as weak:
        head = {"Content-Type": "text/plain", "Idempotency-Key": ""}
        broken: dict[str, Any] = {"content": "{", "headers": head}
        path = "/v1/api-keys/key_no/rotate?x=1"
        async with client_of(app) as stranger:
            assert read_error(await stranger.request("PUT", path, **broken))["code"] == "METHOD_NOT_ALLOWED"
            assert read_error(await stranger.post(path, **broken))["code"] == "UNAUTHENTICATED"
        assert read_error(await weak.http.post(path, **broken))["code"] == "FORBIDDEN_SCOPE"
        await pool.execute("update api_key set scopes = '{*}'")
        assert read_error(await weak.http.post(path, **broken))["code"] == "VALIDATION"
        path = path.removesuffix("?x=1")
        assert read_error(await weak.http.post(path, **broken))["code"] == "UNSUPPORTED_MEDIA_TYPE"
        head["Content-Type"] = "application/json; charset=utf-8"
        assert read_error(await weak.http.post(path, **broken))["code"] == "BAD_REQUEST"
        broken["content"] = '{"unknown": 1}'
        assert read_error(await weak.http.post(path, **broken))["code"] == "VALIDATION"
        broken["content"] = "{}"
        (issue,) = read_error(await weak.http.post(path, **broken))["details"]["issues"]
        assert issue["path"] == "Idempotency-Key"
        del head["Idempotency-Key"]
        assert read_error(await weak.http.post(path, **broken))["code"] == "NOT_FOUND"
        await pool.execute("update api_key set killed_at = now()")
        assert read_error(await weak.http.post(path, **broken))["code"] == "KILL_SWITCH"


async def yield_megabytes(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 1024 * 1024


async def test_a_body_is_read_up_to_the_limit(acme: ApiCaller) -> None:
    for announced in ({"Content-Length": str(10 * 1024 * 1024)}, {}):
        headers = {"Content-Type": "application/json", **announced}
        answer = await acme.http.post("/v1/projects", content=yield_megabytes(10), headers=headers)
        assert read_error(answer)["code"] == "PAYLOAD_TOO_LARGE"


async def test_postgres_outage_is_503_until_it_returns(own_servers: ServerPair, acme_apart: ApiCaller) -> None:
    own_servers.postgres.stop()
    answer = await acme_apart.http.get("/v1/whoami")
    assert read_error(answer)["code"] == "UNAVAILABLE"
    assert answer.headers["Retry-After"] == "1"
    assert (await acme_apart.http.get("/readyz")).status_code == 503
    assert (await acme_apart.http.get("/healthz")).status_code == 200
    own_servers.postgres.start_and_wait_until_ready()
    assert (await acme_apart.http.get("/v1/whoami")).status_code == 200
    assert (await acme_apart.http.get("/readyz")).json() == {"postgres": "ok", "redis": "ok"}
    own_servers.valkey.stop()
    degraded = await acme_apart.http.get("/readyz")
    assert (degraded.status_code, degraded.json()) == (200, {"postgres": "ok", "redis": "degraded"})


async def test_long_lock_is_a_503(acme: ApiCaller, pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("select from api_key for update")
        own = (await acme.http.get("/v1/whoami")).json()["apiKeyId"]
        answer = await acme.http.post(f"/v1/api-keys/{own}/kill")
    assert read_error(answer)["code"] == "UNAVAILABLE"
    assert answer.headers["Retry-After"] == "1"
    assert (await acme.http.get("/v1/whoami")).status_code == 200


async def test_client_disconnect_is_no_server_error(app: Litestar, acme: ApiCaller) -> None:
    headers = {"X-Api-Key": acme.key, "Content-Type": "application/json"}
    with capture_logs() as lines:
        await call_and_disconnect(app, "POST", "/v1/projects", headers=headers, body=b'{"name": ')
    assert [(line["event"], line["code"]) for line in lines] == [("request", "BAD_REQUEST")]


async def test_requests_log_at_the_level_of_the_setting_and_our_faults_at_info(settings: Settings, pool: Pool) -> None:
    app = set_api_settings_and_clock(built_app(), replace(settings, request_log_level="debug"))
    async with hold_context(app.lifespan()), open_caller(app, pool, "Acme") as acme:
        with capture_logs() as lines:
            assert (await acme.http.get("/v1/projects")).status_code == 200
            await pool.execute("alter table project rename to gone")
            assert (await acme.http.get("/v1/projects")).status_code == 500
    assert [line["log_level"] for line in lines if line["event"] == "request"] == ["debug", "info"]
