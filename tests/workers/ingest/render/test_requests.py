"""Decisions about the requests of a drawn page, without a browser."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from schemas.errors import FetchAddressNotAllowed
from workers.ingest.render import requests
from workers.ingest.render.limits import DrawingLimits
from workers.ingest.render.requests import PausedRequest, ResourceAnswers
from workers.web.fetch import FetchedResponse

PAGE = "https://zap.example/"


def paused(url: str = f"{PAGE}a", kind: str = "Fetch", method: str = "GET", **more: Any) -> PausedRequest:
    fields: dict[str, Any] = {"id": "1", "session": "S", "frame": "main", "headers": {}} | more
    return PausedRequest(url=url, kind=kind, method=method, **fields)


def response(url: str, body: bytes = b"x", **headers: str) -> FetchedResponse:
    return FetchedResponse(url=url, status=200, headers=httpx.Headers(headers), body=body)


class SentCommands:
    """Pipe that keeps the commands; it is its own writer."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.writer = self

    def send(self, method: str, params: dict[str, Any], session: str) -> None:
        assert session == "S"
        self.sent.append((method.removeprefix("Fetch."), params))

    async def drain(self) -> None:
        """Wait for nothing."""


class Scene:
    """Answers with a fetch that returns `found`, or raises an error."""

    def __init__(self, found: FetchedResponse | Exception, **limits: int) -> None:
        self.found, self.pipe = found, SentCommands()
        self.fetched: list[tuple[str, str | None, Mapping[str, str]]] = []
        page = response(PAGE, b"<p>page")
        self.answers = ResourceAnswers(self.pipe, page, self.fetch, DrawingLimits(**limits))  # type: ignore[arg-type]

    async def fetch(self, url: str, within: str | None, headers: Mapping[str, str]) -> FetchedResponse:
        self.fetched.append((url, within, headers))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def ask(self, request: PausedRequest) -> str:
        """Return the command that a request is answered with, or `none`."""
        before = len(self.pipe.sent)
        if self.answers.admit(request, "main"):
            await self.answers.answer(request)
        return self.pipe.sent[-1][0] if len(self.pipe.sent) > before else "none"


@pytest.mark.parametrize(
    "request_",
    [
        paused("file:///etc/passwd"), paused("chrome://version"), paused("ftp://zap.example/"), paused("blob:x"),
        paused(method="POST"), paused(method="OPTIONS"), paused(kind="Media"), paused(kind="Font"),
        paused(kind="EventSource"), paused(kind="WebSocket"), paused(kind="Ping"), paused(kind=""),
        paused(kind="Document", frame="other"), paused(headers={"Service-Worker": "script"}),
    ],
)  # fmt: skip
async def test_a_request_that_no_text_needs_is_refused_unfetched(request_: PausedRequest) -> None:
    scene = Scene(response(request_.url))
    assert await scene.ask(request_) == "failRequest"
    assert scene.fetched == []


async def test_only_the_origin_is_passed_on_and_few_headers_come_back() -> None:
    found = response(f"{PAGE}a", b"{}", **{"content-type": "text/css", "set-cookie": "a=b", "refresh": "0;url=/b"})
    scene = Scene(found)
    headers = {"Origin": "https://zap.example", "Cookie": "a=b", "Authorization": "Bearer x"}
    assert await scene.ask(paused(f"{PAGE}a#part", headers=headers)) == "fulfillRequest"
    assert scene.fetched == [(f"{PAGE}a", None, {"Origin": "https://zap.example"})]
    assert scene.pipe.sent[0][1]["responseHeaders"] == [{"name": "content-type", "value": "text/css"}]


async def test_the_page_is_not_fetched_again_and_moves_within_its_site() -> None:
    scene = Scene(response("https://www.zap.example/en"))
    assert await scene.ask(paused(PAGE, kind="Document")) == "fulfillRequest"
    assert scene.fetched == []
    assert await scene.ask(paused(f"{PAGE}en", kind="Document")) == "fulfillRequest"
    assert scene.fetched == [(f"{PAGE}en", "zap.example", {})]
    assert scene.pipe.sent[-1][1]["responseCode"] == 302
    assert await scene.ask(paused("https://www.zap.example/en", kind="Document")) == "fulfillRequest"
    assert len(scene.fetched) == 1


@pytest.mark.parametrize("error", [FetchAddressNotAllowed("not public"), TimeoutError()])
async def test_a_failed_fetch_fails_the_request_alone(error: Exception) -> None:
    scene = Scene(error)
    assert await scene.ask(paused()) == "failRequest"
    assert await scene.ask(paused(kind="Document")) == "failRequest"
    assert [params["errorReason"] for _, params in scene.pipe.sent] == ["Failed", "Aborted"]
    assert scene.answers.unanswered == 0


async def test_requests_bytes_and_moves_beyond_the_limits_fail() -> None:
    many = Scene(response(f"{PAGE}a"), requests=3)
    commands = [await many.ask(paused()) for _ in range(32)]
    assert commands == ["fulfillRequest"] * 3 + ["failRequest"] * 27 + ["none"] * 2
    large = Scene(response(f"{PAGE}a", bytes(60)), response_bytes=100)
    assert [await large.ask(paused()) for _ in range(3)] == ["fulfillRequest", "failRequest", "failRequest"]
    assert len(large.fetched) == 2
    moving = Scene(response(PAGE))
    moves = [await moving.ask(paused(PAGE, kind="Document")) for _ in range(requests.MAX_MAIN_DOCUMENTS + 1)]
    assert moves[-2:] == ["fulfillRequest", "failRequest"]


async def test_few_fetches_run_at_once() -> None:
    scene, running, most = Scene(response(f"{PAGE}a")), 0, 0

    async def fetch(url: str, within: str | None, headers: Mapping[str, str]) -> FetchedResponse:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return response(url)

    scene.answers.fetch = fetch
    await asyncio.gather(*(scene.ask(paused(f"{PAGE}{number}")) for number in range(20)))
    assert most == requests.MAX_PARALLEL_RESOURCE_FETCHES
