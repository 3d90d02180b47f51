"""Failures of a model's endpoint, over real HTTP: the ingest goes on with a warning."""

import asyncio
import gzip
import logging

import pytest

from tests.waiting import PATIENCE_S
from tests.workers.ingest.llm.endpoint import GOOD, KEY, completion, say_json, serve, single_warning, suggested
from tests.workers.web.web import Script, drip_after, flood_after, raw_response, silence
from workers.llm.endpoint import MAX_MODEL_ANSWER_BYTES

JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
BOMB = gzip.compress(bytes(MAX_MODEL_ANSWER_BYTES + 1))
STATUS = "the model's endpoint returned"
NOT_JSON = "the model's endpoint did not return JSON"
NO_COMPLETION = "the model's answer is not a chat completion"
TOO_LARGE = "the model's answer is too large, or its compression is unsupported"
UNREACHABLE = "the model could not be reached"
DEEP = '{"x":' + "[" * 100_000 + "]" * 100_000 + "}"


def said(body: bytes | str, content_type: str = "application/json", **headers: str) -> bytes:
    return raw_response(200, body, content_type=content_type, **headers)


UNAVAILABLE: dict[str, tuple[bytes | Script, str]] = {
    "unauthorized": (say_json({"error": f"Incorrect API key provided: {KEY}"}, 401), f"{STATUS} 401"),
    "broken": (say_json({}, 500), f"{STATUS} 500"),
    "moved": (raw_response(307, location="/v2/chat/completions"), f"{STATUS} 307"),
    "busy": (say_json({}, 429), "the model accepts no more requests for now"),
    "a_page": (raw_response(body="<h1>Sign in</h1>"), NOT_JSON),
    "no_type": (completion(GOOD).replace(b"content-type: application/json\r\n", b""), NOT_JSON),
    "a_stream": (said('data: {"choices": []}\n\n', "text/event-stream"), NOT_JSON),
    "no_json": (said("{"), NO_COMPLETION),
    "no_message": (say_json({"choices": [{}]}), NO_COMPLETION),
    "deep": (said(DEEP), NO_COMPLETION),
    "not_utf8": (said(b'{"choices":[{"message":{"content":"\xff"}}]}'), NO_COMPLETION),
    "large": (flood_after(JSON_HEAD), TOO_LARGE),
    "a_bomb": (said(BOMB, content_encoding="gzip"), TOO_LARGE),
    "packed_twice": (said(BOMB, content_encoding="gzip, gzip"), TOO_LARGE),
    "broken_off": (completion(GOOD)[:-20], UNREACHABLE),
    "no_http": (b"SSH-2.0-OpenSSH_9.2\r\n", UNREACHABLE),
}


@pytest.mark.parametrize(("answer", "reason"), UNAVAILABLE.values(), ids=UNAVAILABLE)
async def test_a_failing_endpoint_is_only_a_warning_and_the_key_is_in_no_log(
    answer: bytes | Script, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    suggestions, endpoint = await suggested(answer)
    assert single_warning(suggestions, endpoint) == f"llm_unavailable: {reason}"
    assert KEY not in repr(suggestions)
    assert caplog.records
    assert KEY not in caplog.text


@pytest.mark.parametrize("answer", [silence, drip_after(JSON_HEAD)])
async def test_a_slow_endpoint_is_given_up_at_the_deadline(answer: Script) -> None:
    suggestions, endpoint = await suggested(answer, deadline_s=0.3)
    assert single_warning(suggestions, endpoint).startswith("llm_unavailable: the model did not answer ")


async def test_the_deadline_is_for_the_whole_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one deadline passes while the second answer is awaited."""
    start, deadline_s, deadlines = asyncio.timeout, PATIENCE_S + 1, list[asyncio.Timeout]()

    def timeout(delay: float | None) -> asyncio.Timeout:
        started = start(delay)
        deadlines.extend([started] if delay == deadline_s else [])
        return started

    async def pass_deadline(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        deadlines[0].reschedule(0)
        await silence(reader, writer)

    monkeypatch.setattr(asyncio, "timeout", timeout)
    suggestions, endpoint = await suggested(completion("no"), pass_deadline, deadline_s=deadline_s)
    text = f"llm_unavailable: the model did not answer within {deadline_s:g} s"
    assert single_warning(suggestions, endpoint, requests=2) == text


async def test_one_short_retry_after_is_obeyed() -> None:
    busy = say_json({}, 429, retry_after="0")
    suggestions, endpoint = await suggested(busy, completion(GOOD))
    assert suggestions.candidates
    assert len(endpoint.asked) == 2
    suggestions, endpoint = await suggested(busy, busy)
    text = "llm_unavailable: the model accepts no more requests for now"
    assert single_warning(suggestions, endpoint, requests=2) == text


async def test_no_redirect_takes_the_key_elsewhere() -> None:
    async with serve(completion(GOOD)) as other_endpoint:
        suggestions, endpoint = await suggested(raw_response(308, location=f"{other_endpoint.url}/chat/completions"))
    assert single_warning(suggestions, endpoint).endswith("returned 308")
    assert other_endpoint.asked == []
