"""Headers against content sniffing, framing and caching."""

import httpx

from tests.api.conftest import ApiCaller

STRANGERS = (*("/healthz", "/readyz", "/metrics", "/docs", "/console"), *("/v1/openapi.json", "/nothing", "/v1/whoami"))


async def test_no_browser_guesses_a_type(anonymous: httpx.AsyncClient) -> None:
    for path in STRANGERS:
        answer = await anonymous.get(path)
        assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"], path


async def test_no_page_of_ours_is_framed(anonymous: httpx.AsyncClient) -> None:
    for path in ("/docs", "/console"):
        policy = (await anonymous.get(path)).headers["Content-Security-Policy"]
        assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy.split("; "))


async def test_secret_answers_are_not_cached(acme: ApiCaller) -> None:
    """On the first answer and on replays; other answers to a key aren't shared either."""
    again = {"Idempotency-Key": "k"}
    new = {"name": "CI", "scopes": ["projects:read"]}
    created = [await acme.http.post("/v1/api-keys", json=new, headers=again) for _ in range(2)]
    rotated = await acme.http.post(f"/v1/api-keys/{created[0].json()['id']}/rotate")
    project = await acme.http.post("/v1/projects", json={"name": "a", "timezone": "UTC"})
    link = await acme.http.post(
        f"/v1/projects/{project.json()['id']}/social/oauth-url",
        json={"platform": "mastodon", "instance": "social.example", "returnUrl": "https://app.example.com"},
    )
    for answer in (*created, rotated, link, await acme.http.get("/v1/projects"), await acme.http.get("/v1/whoami")):
        assert answer.headers.get_list("Cache-Control") == ["no-store"], answer.request.url
    seen = await acme.http.get(f"/v1/projects/{project.json()['id']}")
    assert seen.headers["Cache-Control"] == "private, no-cache"
