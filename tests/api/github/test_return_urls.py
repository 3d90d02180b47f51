"""Allowed return URLs, and the answers and refusals of `install-url`."""

from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import open_caller
from tests.api.github.connecting import BACK, GitHubParticipants
from tests.api.participants import ORIGIN


async def test_an_origin_must_be_on_the_keys_list(github_without_worker: GitHubParticipants) -> None:
    for url in """
        https://evil.example/settings https://app.example.com.evil.example/ https://app.example.com:8443/
        http://app.example.com/ https://example.com/
    """.split():
        answer = await github_without_worker.acme.http.post("/v1/github/install-url", json={"returnUrl": url})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "RETURN_URL_NOT_ALLOWED")


async def test_a_return_url_is_a_plain_one(github_without_worker: GitHubParticipants) -> None:
    for url in (
        "",
        "app.example.com",
        "//app.example.com/",
        "javascript:alert(1)//https://app.example.com",
        "https://app.example.com@evil.example/",
        "https://evil.example\\@app.example.com/",
        "https://app.example.com/#top",
        "https://app.example.com/?status=connected",
        "https://app.example.com:99999/",
        "https://app.example.com /",
        "https://app.example.com/\r\nSet-Cookie: a=b",
        "https://[app.example.com/",
    ):
        answer = await github_without_worker.acme.http.post("/v1/github/install-url", json={"returnUrl": url})
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["details"]["issues"][0]["path"] == "returnUrl"


async def test_an_origin_has_more_than_one_spelling(github_without_worker: GitHubParticipants) -> None:
    for url in ("https://APP.example.com:443/x", "https://app.example.com"):
        await github_without_worker.follow_link(back=url)


async def test_an_install_url_is_replayed_whole_and_kept_sealed(github_without_worker: GitHubParticipants) -> None:
    answers = [
        await github_without_worker.acme.http.post(
            "/v1/github/install-url", json={"returnUrl": BACK}, headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    body = await github_without_worker.pool.fetchval("select body from idempotency_key")
    assert answers[0].json()["state"].encode() not in body
    assert await github_without_worker.pool.fetchval("select count(*) from oauth_state") == 1


async def test_without_an_app_the_answer_names_who_sets_it_up(app: Litestar, pool: Pool) -> None:
    async with open_caller(app, pool, "Acme") as acme:
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        answer = await acme.http.post("/v1/github/install-url", json={"returnUrl": BACK})
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]) == (409, {"reason": "GITHUB_NOT_CONFIGURED"})
