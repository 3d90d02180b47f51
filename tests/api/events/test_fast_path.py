"""The fast path answers as the framework would, for any input."""

from typing import Any

import httpx
import msgspec
import pytest

from api.events import fast_path
from tests.api.events.sender import EventSender, encode_events, event

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
)


def comparable(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """Return an answer without its individual values."""
    body = answer.json()
    if "error" in body:
        body["error"].pop("requestId")
    return (answer.status_code, {name: value for name, value in answer.headers.items() if name not in OWN}, body)


async def test_fast_path_answers_as_the_framework_does(shop: EventSender, monkeypatch: pytest.MonkeyPatch) -> None:
    message = {"type": "track", "event": "open", "messageId": "m", "anonymousId": "a"}
    finds = (fast_path.find_event_fast_path_route, lambda *_: None)
    for path in ("", "/", "/v1/batch", "/v1/batch/", "/v1/apps/none/events"):
        at = path if path.startswith("/v1") else shop.at + path
        content = msgspec.json.encode({"batch": [message]}) if "batch" in path else encode_events(event(1))
        await shop.post(content, at=at)
        answers = []
        for find in finds:
            monkeypatch.setattr(fast_path, "find_event_fast_path_route", find)
            answers.append([comparable(await shop.post(content, at=at, headers=more)) for more in HEADERS])
        assert answers[0] == answers[1], path
