"""Requests to GitHub: their headers, redirects and errors."""

from typing import Any

import pytest

from schemas.brand import HttpValidators
from schemas.errors import (
    FetchAddressNotAllowed,
    FetchedSourceUnusable,
    FetchFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
    SourceTooLarge,
)
from tests.workers.ingest.github.github_server import GitHub, Repo, json_response, open_served_api, serve_github
from tests.workers.web.web import raw_response, serve
from workers.ingest.github.client import request_github_api
from workers.ingest.github.errors import DEFAULT_GITHUB_COOLDOWN_S
from workers.web.fetch import FetchedResponse

LIMITED = {"message": "API rate limit exceeded for 203.0.113.1.", "documentation_url": "x"}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait.", "documentation_url": "x"}
UNPERMITTED = {"message": "Resource not accessible by integration", "documentation_url": "x"}
#: 48 minutes after the server's Date.
RESET = "1795524480"


async def ask(answers: dict[str, bytes], path: str = "/x", **fields: Any) -> tuple[FetchedResponse, GitHub]:
    async with serve_github(answers=answers) as served, open_served_api(served, **fields) as api:
        return await request_github_api(api, served.base + path), served


async def refused(answer: bytes, **fields: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await ask({"/x": answer}, **fields)
    return caught.value


async def test_request_headers() -> None:
    _, served = await ask({"/x": json_response({})}, token="ghs_1.2.3")
    ((_, headers),) = served.asked
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"].startswith("BrandContextBot/")
    assert headers["authorization"] == "Bearer ghs_1.2.3"


async def test_a_known_version_gives_a_304() -> None:
    async with serve_github(Repo("a/b")) as served, open_served_api(served) as api:
        url = api.build_api_url("repos", "a", "b")
        first = await request_github_api(api, url)
        again = await request_github_api(api, url, validators_by_url={url: first.validators})
    assert (first.unchanged, again.unchanged) == (False, True)
    assert HttpValidators(etag=served.asked[1][1]["if-none-match"]) == first.validators


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_within_github_are_followed_with_the_token(status: int) -> None:
    answers = {"/x": raw_response(status, location="/repositories/1"), "/repositories/1": json_response({"id": 1})}
    response, served = await ask(answers, token="ghp_x")
    assert response.url == f"{served.base}/repositories/1"
    assert [headers["authorization"] for _, headers in served.asked] == ["Bearer ghp_x"] * 2


async def test_a_fourth_redirect_is_not_followed() -> None:
    answers = {f"/{n}": raw_response(301, location=f"/{n + 1}") for n in range(9)}
    async with serve_github(answers=answers) as served, open_served_api(served) as api:
        with pytest.raises(FetchFailed) as caught:
            await request_github_api(api, f"{served.base}/0")
    assert not caught.value.retryable
    assert served.paths == ["/0", "/1", "/2", "/3"]


@pytest.mark.parametrize(
    "location",
    [
        "https://codeload.github.com/a/b/legacy.tar.gz/main", "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/", "https://api.github.com.evil.test/", "file:///etc/passwd", "//evil.test/x",
    ],
)  # fmt: skip
async def test_redirects_to_other_hosts_are_not_followed(location: str) -> None:
    error = await refused(raw_response(302, location=location), token="ghp_secret")
    assert isinstance(error, FetchAddressNotAllowed | FetchFailed)
    assert not error.retryable


async def test_a_redirect_to_another_local_server_sends_nothing() -> None:
    async with serve({"/": raw_response(body="x")}) as other_server:
        error = await refused(raw_response(301, location=other_server.url("/")), token="ghp_secret")
    assert isinstance(error, FetchAddressNotAllowed)
    assert other_server.asked == []


def limited(status: int = 403, body: Any = LIMITED, **headers: str) -> bytes:
    return json_response(body, status=status, **headers)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (limited(x_ratelimit_remaining="0", x_ratelimit_reset=RESET), 2880),
        (limited(429, x_ratelimit_remaining="0", x_ratelimit_reset=RESET), 2880),
        (limited(403, SECONDARY, retry_after="90"), 90),
        (limited(429, SECONDARY, retry_after="90", x_ratelimit_remaining="0", x_ratelimit_reset=RESET), 90),
        (limited(403, SECONDARY), DEFAULT_GITHUB_COOLDOWN_S),
        (limited(429, {}), DEFAULT_GITHUB_COOLDOWN_S),
        (limited(403, {"message": "You have triggered an abuse detection mechanism."}), DEFAULT_GITHUB_COOLDOWN_S),
        (limited(x_ratelimit_remaining="0", x_ratelimit_reset="1795520000"), 1),
        (limited(x_ratelimit_remaining="0", x_ratelimit_reset="1507651200000"), 3600),
        (limited(x_ratelimit_remaining="0", x_ratelimit_reset="soon"), DEFAULT_GITHUB_COOLDOWN_S),
        (limited(x_ratelimit_remaining="0", x_ratelimit_reset="9" * 400), DEFAULT_GITHUB_COOLDOWN_S),
    ],
)
async def test_a_rate_limit_has_its_wait(answer: bytes, wait: float) -> None:
    error = await refused(answer)
    assert isinstance(error, SourceRateLimited)
    assert error.retry_after == wait


@pytest.mark.parametrize(
    ("answer", "kind", "advice"),
    [
        (json_response({"message": "Not Found"}, status=404), SourceNotFound, "not public"),
        (json_response({"message": "gone"}, status=410), SourceNotFound, "not public"),
        (json_response({"message": "Git Repository is empty."}, status=409), FetchedSourceUnusable, "is empty"),
        (json_response({"message": "Repository access blocked"}, status=451), SourceForbidden, "legal reasons"),
        (json_response(UNPERMITTED, status=403), SourceForbidden, "Contents: read"),
        (json_response({"message": "Forbidden"}, status=403), SourceForbidden, "closed to visitors"),
        (json_response({"message": "Validation Failed"}, status=422), FetchFailed, "returned 422"),
        (raw_response(403, b"\xff\xfe not json"), SourceForbidden, "closed to visitors"),
        (raw_response(502, "<html>"), FetchFailed, "502"),
        (raw_response(200, "<html>"), FetchFailed, "text/html"),
        (json_response({"x": "y" * (1 << 20)}), SourceTooLarge, "larger than"),
    ],
)
async def test_each_refusal_has_its_error_and_advice(answer: bytes, kind: type[SourceError], advice: str) -> None:
    error = await refused(answer)
    assert type(error) is kind
    assert advice in error.message
    assert kind is FetchFailed or not error.retryable


async def test_a_refused_token_is_an_error_of_its_owner() -> None:
    bad = json_response({"message": "Bad credentials"}, status=401)
    own_error = await refused(bad, token="ghp_x")
    installation_error = await refused(bad, token="ghs_x", installed=True)
    assert (type(own_error), own_error.retryable) == (FetchFailed, True)
    assert (type(installation_error), installation_error.retryable) == (SourceForbidden, False)


async def test_no_message_names_a_token() -> None:
    for status in (400, 401, 403, 404, 409, 422, 429, 451, 500):
        error = await refused(json_response({"message": "ghp_secret"}, status=status), token="ghp_secret")
        assert "ghp_secret" not in f"{error} {error.message}"
