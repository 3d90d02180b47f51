"""Paths with escapes or double slashes match no route, for any caller."""

from urllib.parse import unquote

import httpx
from litestar import Litestar

from tests.api.conftest import ApiCaller
from tests.api.disconnecting import call_and_disconnect
from tests.api.refusals import assert_refused

PATHS = (
    *("/v1/%70rojects", "/v1%2fprojects", "/v1%2Fprojects", "/v1//projects", "//v1/projects"),
    *("/v1/projects//", "/v1/projects/%2e%2e/whoami", "/v1/whoami%00", "/%76%31/whoami", "/healthz%20"),
    *("//healthz", "/v1/projects/../whoami", "/v1/./whoami", "/media/..%2f..%2fetc", "/docs/%2e%2e/openapi"),
)


async def test_escaped_path_is_a_404(app: Litestar, acme: ApiCaller) -> None:
    """The raw path is sent, since clients normalize some of them."""
    for path in PATHS:
        for headers in ({}, {"X-Api-Key": acme.key}):
            decoded, raw = unquote(path), path.encode()
            start, body = await call_and_disconnect(app, "GET", decoded, headers=headers, raw_path=raw)
            answer = httpx.Response(start["status"], headers=start["headers"], content=body["body"])
            answer.request = httpx.Request("GET", "http://api/")
            assert_refused(answer, 404, "NOT_FOUND")
    # A query may have any letters.
    assert (await acme.http.get("/v1/projects?search=%2f%2F//a%C3%BC")).status_code == 200
