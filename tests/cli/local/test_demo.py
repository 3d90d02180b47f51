"""`up --demo`: its website, and one project for all starts."""

import io
import time
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import msgspec
import pytest

from cli.commands import up
from cli.local import demo
from cli.local.announce import PlatformReadyAnnouncement
from domain.values import ssrf_guard
from schemas.brand import BrandFieldName


def test_the_site_is_added_to_the_allowed_hosts() -> None:
    assert demo.build_demo_fetch_allow_setting(None, {}) == {}
    assert demo.build_demo_fetch_allow_setting("127.0.0.1:1", {}) == {demo.FETCH_ALLOW_VARIABLE_NAME: "127.0.0.1:1"}
    both = demo.build_demo_fetch_allow_setting("127.0.0.1:1", {demo.FETCH_ALLOW_VARIABLE_NAME: "127.0.0.1:2"})[
        demo.FETCH_ALLOW_VARIABLE_NAME
    ]
    assert len(ssrf_guard.parse_allowed_loopback_fetch_origins(both)) == 2


def test_a_second_start_reuses_the_first_project() -> None:
    """Use an API that stores its requests."""
    projects: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            projects.append({**msgspec.json.decode(request.content), "id": f"prj_{len(projects)}"})
            return httpx.Response(201, json=projects[-1])
        external_id = request.url.params["customerExternalId"]
        return httpx.Response(
            200, json={"items": [project for project in projects if project["customerExternalId"] == external_id]}
        )

    with httpx.Client(base_url="http://api/v1", transport=httpx.MockTransport(answer)) as client:
        first, second = [demo.find_or_create_demo_project(client, "Tidewise") for _ in range(2)]
    assert first == second == projects[0]
    assert len(projects) == 1


def test_the_sandbox_gets_all_brand_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each shown brand field to the sandbox, which would invent a missing one."""
    words = {*get_args(BrandFieldName)} - {"logoUrl", "links"}
    brand = {name: f"read {name}" for name in words}
    contexts: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            contexts.append(msgspec.json.decode(request.content)["brandContext"])
        return httpx.Response(
            200,
            json={"items": [{"id": "prj_1"}], "contentId": "cnt_1", "jobId": "job_1"}
            | {"status": "completed", "result": {"assets": []}},
        )

    client = httpx.Client(base_url="http://api/v1", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(demo, "_open_demo_api_client", lambda *_: client)
    shown = demo.DemoProjectAndPost(project={"brandContext": brand}, post={})
    demo.generate_demo_content("http://api", "key", shown, io.StringIO())
    assert contexts == [brand]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the pauses of the demo instead of waiting."""
    recorded: list[float] = []
    monkeypatch.setattr(time, "sleep", recorded.append)
    return recorded


def answering(monkeypatch: pytest.MonkeyPatch, *statuses: int) -> list[httpx.Request]:
    """Fake an API with these statuses in turn, and return its requests."""
    left: Iterator[int] = iter(statuses)
    requests: list[httpx.Request] = []

    def handle(_: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(next(left), headers={"retry-after": "7"}, json={"items": []}, request=request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
    return requests


def test_a_429_is_retried_after_retry_after(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    requests = answering(monkeypatch, 429, 429, 201)
    with demo._open_demo_api_client("http://api", "key") as client:
        assert client.post("/content", files={"caption": (None, "x")}).status_code == 201
    assert len({request.content for request in requests}) == 1
    assert pauses == [7, 7]


@pytest.mark.parametrize("statuses", [[429] * 6, [500]])
def test_a_failed_demo_is_reported_and_the_platform_stays(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float], statuses: list[int]
) -> None:
    answering(monkeypatch, *statuses)
    ready = PlatformReadyAnnouncement(
        api="http://api", api_key="a", test_key="b", docs="", console="", database_url="", redis_url=""
    )
    messages: list[str] = []
    up._run_and_print_up_demo(ready, "127.0.0.1:1", messages.append, io.StringIO(), draws=True)
    [line] = messages
    assert "the demo failed; the platform stays up" in line
    assert f"answered {statuses[-1]}" in line
