"""The fast path answers as the framework would, for any input."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from api.http import fast_path
from db.pool import Pool
from tests.api.conftest import ApiCaller, open_caller
from tests.api.events.sender import encode_events, event, sender
from tests.api.participants import new_project

#: Headers that differ between any two answers.
OWN = {"x-request-id", "ratelimit"}

HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Host": "a b"},
    {"Origin": "https://foreign.example"},
    {"Content-Encoding": "br"},
    {"Content-Encoding": "gzip"},
    {"Content-Length": "much"},
    {"Content-Length": "99999999"},
    {"Authorization": "Bearer none"},
    {"Accept": "text/html", "Content-Type": "multipart/form-data"},
    {"Content-Type": "application/json"},
)
QUERIES = ("?limit=1", "?limit=0", "?limit=x", "?other=1", "?wait=0")
REFUSED_BODIES = (b"", b"{", b"[]", b'{"name": 5}', b'{"name": "", "timezone": "UTC"}', b'{"other": 1}')


def comparable(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """Return an answer without its individual values."""
    body = answer.json() if answer.content else {}
    if "error" in body:
        body["error"].pop("requestId")
    return (answer.status_code, {name: value for name, value in answer.headers.items() if name not in OWN}, body)


async def answers_alike(monkeypatch: pytest.MonkeyPatch, send: Callable[[], Awaitable[list[httpx.Response]]]) -> bool:
    """Return whether requests get the same answers with and without the fast path."""
    answers = []
    for find in (fast_path.find_fast_path_route, lambda *_: None):
        monkeypatch.setattr(fast_path, "find_fast_path_route", find)
        answers.append([comparable(answer) for answer in await send()])
        monkeypatch.undo()
    return answers[0] == answers[1]


async def test_event_routes_answer_alike(
    acme: ApiCaller, anonymous: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await sender(acme, anonymous)
    message = {"type": "track", "event": "open", "messageId": "m", "anonymousId": "a"}
    for path in ("", "/", "?a=b", "/v1/batch", "/v1/batch/", "/v1/apps/none/events"):
        at = path if path.startswith("/v1") else shop.at + path
        content = msgspec.json.encode({"batch": [message]}) if "batch" in path else encode_events(event(1))
        await shop.post(content, at=at)

        async def send(at: str = at, content: bytes = content) -> list[httpx.Response]:
            return [await shop.post(content, at=at, headers=more) for more in HEADERS]

        assert await answers_alike(monkeypatch, send), path


async def test_routes_behind_the_guard_answer_alike(app: Litestar, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_caller(app, pool, "Acme", tier="partner") as acme:
        project = f"/v1/projects/{await new_project(acme)}"
        for path in (project, f"{project}/", "/v1/jobs/none", "/v1/jobs", "/v1/none", "/v1/ops/jobs"):

            async def read(path: str = path) -> list[httpx.Response]:
                plain = [await acme.http.request(verb, path) for verb in ("GET", "HEAD", "OPTIONS", "PUT")]
                headed = [await acme.http.get(path, headers=more) for more in HEADERS]
                return plain + headed + [await acme.http.get(path + query) for query in QUERIES]

            assert await answers_alike(monkeypatch, read), path
        for verb, path in (("POST", "/v1/projects"), ("POST", "/v1/projects?a=b"), ("PATCH", project)):

            async def write(verb: str = verb, path: str = path) -> list[httpx.Response]:
                empty = [await acme.http.request(verb, path, headers=more) for more in HEADERS]
                return empty + [await acme.http.request(verb, path, content=body) for body in REFUSED_BODIES]

            assert await answers_alike(monkeypatch, write), (verb, path)
