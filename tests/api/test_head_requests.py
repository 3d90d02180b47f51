"""HEAD: the headers of GET, without its body."""

from pathlib import Path

import httpx

from schemas.settings import Settings
from tests.api.all_objects import AllRightsCaller
from tests.api.conftest import ApiCaller
from tests.api_process import serving
from tests.waiting import PATIENCE_S

#: Headers that differ between any two answers.
OWN = {"x-request-id", "ratelimit", "date"}


#: Reads with a length that changes from moment to moment.
MOVING = {"list_pools", "list_workers", "get_usage", "get_organization_usage"}


def comparable_headers(answer: httpx.Response, *also: str) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OWN | set(also)}


async def test_every_route_that_has_get_has_head(operator: AllRightsCaller) -> None:
    reads = [route for route in operator.routes if route.method == "GET" and not route.streams]
    assert len(reads) > 20
    for route in reads:
        where = route.at(operator.ids)
        got, head = await operator.http.get(where), await operator.http.head(where)
        assert (head.status_code, head.content) == (got.status_code, b""), route
        own = ["content-length"] if route.id in MOVING else []
        assert comparable_headers(head, *own) == comparable_headers(got, *own), route
    # A stream ends behind its head.
    for path in (f"/v1/jobs/{operator.ids['jobId']}/events", "/v1/webhook-events/stream"):
        answer = await operator.http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"].startswith("text/event-stream")


async def test_head_is_a_read_for_the_limits_and_consumes_no_callback(acme: ApiCaller) -> None:
    for path in ("/v1/social/callback/bluesky", "/v1/github/callback"):
        answer = await acme.http.head(path, params={"state": "x" * 43, "code": "c"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, OPTIONS")
    answer = await acme.http.head("/v1/whoami")
    assert answer.headers["X-RateLimit-Endpoint-Class"] == "read-light"
    for answer, status in (
        (await acme.http.options("/v1/projects"), 204),
        (await acme.http.delete("/v1/projects"), 405),
    ):
        assert (answer.status_code, answer.headers["Allow"]) == (status, "GET, HEAD, OPTIONS, POST")
    assert (await acme.http.head("/v1/api-keys/x/kill")).status_code == 405


def test_connection_continues_after_head(settings: Settings, tmp_path: Path) -> None:
    """With the real server, on one connection."""
    with serving(settings, tmp_path / "log") as served, httpx.Client(base_url=served.url, timeout=PATIENCE_S) as client:
        for path in ("/healthz", "/v1/openapi.json", "/docs", "/console", "/v1/whoami"):
            got, head, again = client.get(path), client.head(path), client.get(path)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.headers["Content-Length"] == got.headers["Content-Length"], path
            assert again.status_code == got.status_code, path
