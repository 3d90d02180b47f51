"""A model's endpoint in every bad mood, over real HTTP: its ingest goes on, and says why it did without."""

import asyncio
import gzip
import json
import logging

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.workers.ingest.model.endpoint import (
    GOOD,
    HOME,
    KEY,
    NOTHING,
    PASSAGES,
    Endpoint,
    completion,
    opened,
    say_json,
    serve,
    suggested,
)
from tests.workers.web import Script, say
from workers.ingest.model.endpoint import LIMIT, open_model, version
from workers.ingest.model.suggest import Suggested, suggest

BAD_FORMAT = say_json({"error": {"message": "response_format is not supported", "param": KEY}}, 400)
CUT_OFF = completion('{"tagline": [', finish_reason="length")


async def test_a_good_answer_takes_one_request() -> None:
    said, endpoint = await suggested(completion(GOOD))
    assert {candidate.field for candidate in said.candidates} == {"tagline", "audience", "icp", "brandVoice"}
    assert said.warnings == []
    (line, headers, body), *others = endpoint.asked
    assert others == []
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"bearer {KEY}"
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("gpt-test", 0, 900)
    assert body["response_format"]["json_schema"]["strict"] is True


async def test_without_a_key_none_is_sent() -> None:
    async with serve(completion(GOOD)) as endpoint, opened(endpoint.url, key="") as model:
        await suggest(model, url=HOME, passages=PASSAGES)
    assert "authorization" not in endpoint.asked[0][1]


async def test_without_an_address_nothing_is_opened_or_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(httpx, "AsyncClient", never)
    async with open_model("", "", name="") as model:
        assert model is None
        assert await suggest(model, url=HOME, passages=PASSAGES) == Suggested([], [])


async def test_the_same_text_asks_the_same() -> None:
    _, first = await suggested(completion(GOOD))
    _, second = await suggested(completion(NOTHING))
    assert first.bodies == second.bodies


async def test_with_too_little_text_nobody_is_asked() -> None:
    said, endpoint = await suggested(passages=PASSAGES[:2])
    assert (said, endpoint.asked) == (Suggested([], []), [])


# The chain of fallbacks


@pytest.mark.parametrize("refusal", [BAD_FORMAT, say_json({}, 422), say(400)])
async def test_an_endpoint_without_schemas_is_told_the_schema(refusal: bytes) -> None:
    said, endpoint = await suggested(refusal, completion(GOOD))
    assert said.candidates
    assert endpoint.formats == ["json_schema", "json_object"]
    strict, loose = endpoint.bodies
    schema = strict["response_format"]["json_schema"]["schema"]
    task = loose["messages"][0]["content"]
    assert json.loads(task.partition("schema: ")[2]) == schema
    assert strict["messages"][1] == loose["messages"][1]


async def test_an_endpoint_that_takes_neither_is_unavailable() -> None:
    said, endpoint = await suggested(BAD_FORMAT, BAD_FORMAT)
    assert warned(said, endpoint, requests=2) == "llm_unavailable: the model's endpoint answers 400"


WRONG = {
    "prose": "I think it is a lovely brand.",
    "nothing": "",
    "null": None,
    "cut": json.dumps(GOOD)[:200],
    "half_fenced": "```json\n" + json.dumps(GOOD)[:200],
    "a_list": [GOOD, GOOD],
    "a_key_less": {name: claims for name, claims in GOOD.items() if name != "icp"},
    "a_key_more": {**GOOD, "appName": "Evil"},
    "a_claim_more": {**GOOD, "tagline": GOOD["tagline"] * 2},
    "a_text_for_a_claim": {**GOOD, "icp": ["designers"]},
    "an_unknown_confidence": {**GOOD, "icp": [{**GOOD["icp"][0], "confidence": "certain"}]},
    "deep": '{"tagline":' + "[" * 50_000 + "]" * 50_000 + "}",
    "deep_and_unknown": '{"x":' + '{"x":' * 20_000 + "1" + "}" * 20_001,
    "a_huge_number": '{"tagline":' + "9" * 100_000 + "}",
    "half_a_surrogate": '{"tagline": "\\ud800"}',
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
async def test_a_wrong_answer_is_mended_in_one_more_turn(content: object) -> None:
    said, endpoint = await suggested(completion(content), completion(GOOD))
    assert said.candidates
    assert said.warnings == []
    first, second = (body["messages"] for body in endpoint.bodies)
    assert second[:2] == first
    assert [message["role"] for message in second[2:]] == ["assistant", "user"]
    assert max(len(message["content"]) for message in second[2:]) <= 4_000
    assert endpoint.formats == ["json_schema"] * 2


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
async def test_wrong_twice_is_an_invalid_output(content: object) -> None:
    said, endpoint = await suggested(completion(content), completion(content))
    text = "llm_invalid_output: the model's answer is not in the form that was asked for"
    assert warned(said, endpoint, requests=2) == text


async def test_an_answer_cut_off_is_asked_for_again_shorter() -> None:
    said, endpoint = await suggested(CUT_OFF, completion(GOOD))
    assert said.candidates
    assert "be shorter" in endpoint.bodies[1]["messages"][-1]["content"]
    said, endpoint = await suggested(CUT_OFF, CUT_OFF)
    assert warned(said, endpoint, requests=2) == "llm_invalid_output: the model's answer was cut off"


async def test_the_chain_has_three_requests_at_most() -> None:
    said, endpoint = await suggested(BAD_FORMAT, completion("no"), completion("no"))
    assert warned(said, endpoint, requests=3).startswith("llm_invalid_output: ")
    assert endpoint.formats == ["json_schema", "json_object", "json_object"]


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{json.dumps(GOOD)}\n```",
        f"```\n{json.dumps(GOOD)}```\n",
        f"<think>Let me see.</think>\n\n{json.dumps(GOOD, indent=2)}\nThat is all.",
        f"\ufeff {json.dumps(GOOD)}",
    ],
    ids=["fenced", "fenced_without_a_language", "thought_aloud", "byte_order_mark"],
)
async def test_json_in_wrapping_is_json(content: str) -> None:
    said, endpoint = await suggested(completion(content))
    assert len(said.candidates) == 4
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [completion(None, refusal="I can't help with that."), completion("", finish_reason="content_filter")],
    ids=["refusal", "filtered"],
)
async def test_a_refusal_is_taken_for_one(refusal: bytes) -> None:
    said, endpoint = await suggested(refusal)
    assert warned(said, endpoint) == "llm_invalid_output: the model refuses to answer"


# HTTP


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(completion(GOOD)[:-20])


async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, so that no single read ever takes too long."""
    for byte in completion(GOOD):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


BOMB = gzip.compress(bytes(LIMIT + 1))
UNAVAILABLE: dict[str, tuple[bytes | Script, str]] = {
    "unauthorized": (
        say_json({"error": f"Incorrect API key provided: {KEY}"}, 401),
        "the model's endpoint answers 401",
    ),
    "not_found": (say(404), "the model's endpoint answers 404"),
    "broken": (say_json({}, 500), "the model's endpoint answers 500"),
    "no_content": (say(204), "the model's endpoint answers 204"),
    "moved": (say(307, location="/v2/chat/completions"), "the model's endpoint answers 307"),
    "moved_for_good": (say(301, location="http://127.0.0.1:1/"), "the model's endpoint answers 301"),
    "busy": (say_json({}, 429), "the model takes no more requests for now"),
    "busy_for_long": (say_json({}, 429, retry_after="60"), "the model takes no more requests for now"),
    "a_page": (say(body="<h1>Sign in</h1>"), "the model's endpoint answers no JSON"),
    "no_type": (
        completion(GOOD).replace(b"content-type: application/json\r\n", b""),
        "the model's endpoint answers no JSON",
    ),
    "a_stream": (
        say(body='data: {"choices": []}\n\n', content_type="text/event-stream"),
        "the model's endpoint answers no JSON",
    ),
    "no_json": (say(body="{", content_type="application/json"), "the model's answer is no chat completion"),
    "no_choices": (say_json({"choices": []}), "the model's answer is no chat completion"),
    "no_message": (say_json({"choices": [{}]}), "the model's answer is no chat completion"),
    "other_json": (say_json([1]), "the model's answer is no chat completion"),
    "deep": (
        say(body='{"x":' + "[" * 100_000 + "]" * 100_000 + "}", content_type="application/json"),
        "the model's answer is no chat completion",
    ),
    "not_utf8": (
        say(body=b'{"choices":[{"message":{"content":"\xff"}}]}', content_type="application/json"),
        "the model's answer is no chat completion",
    ),
    "large": (pour, "the model's answer is too large, or packed in a way unknown"),
    "a_bomb": (
        say(body=BOMB, content_type="application/json", content_encoding="gzip"),
        "the model's answer is too large, or packed in a way unknown",
    ),
    "packed_twice": (
        say(body=BOMB, content_type="application/json", content_encoding="gzip, gzip"),
        "the model's answer is too large, or packed in a way unknown",
    ),
    "broken_off": (hang_up, "the model could not be reached"),
    "no_http": (b"SSH-2.0-OpenSSH_9.2\r\n", "the model could not be reached"),
}


@pytest.mark.parametrize(("answer", "reason"), UNAVAILABLE.values(), ids=UNAVAILABLE)
async def test_an_endpoint_that_fails_is_only_a_warning(answer: bytes | Script, reason: str) -> None:
    said, endpoint = await suggested(answer)
    assert warned(said, endpoint) == f"llm_unavailable: {reason}"


@pytest.mark.parametrize("answer", [say_nothing, drip])
async def test_a_slow_endpoint_is_left_at_the_deadline(answer: Script) -> None:
    said, endpoint = await suggested(answer, deadline_s=0.3)
    assert warned(said, endpoint).startswith("llm_unavailable: the model did not answer ")


async def test_the_deadline_is_for_the_whole_conversation() -> None:
    said, endpoint = await suggested(completion("no"), say_nothing, deadline_s=0.5)
    text = "llm_unavailable: the model did not answer within 0.5 s"
    assert warned(said, endpoint, requests=2) == text


async def test_nobody_listens() -> None:
    async with opened("http://127.0.0.1:1/v1") as model:
        said = await suggest(model, url=HOME, passages=PASSAGES)
    assert said == Suggested([], ["llm_unavailable: the model could not be reached"])


async def test_a_short_wait_that_the_endpoint_asks_for_is_kept() -> None:
    said, endpoint = await suggested(say_json({}, 429, retry_after="0"), completion(GOOD))
    assert said.candidates
    assert len(endpoint.asked) == 2


async def test_one_wait_is_enough() -> None:
    busy = say_json({}, 429, retry_after="0")
    said, endpoint = await suggested(busy, busy)
    text = "llm_unavailable: the model takes no more requests for now"
    assert warned(said, endpoint, requests=2) == text


async def test_a_packed_answer_is_unpacked() -> None:
    head, _, body = completion(GOOD).partition(b"\r\n\r\n")
    assert head
    packed = say(body=gzip.compress(body), content_type="application/json", content_encoding="gzip")
    said, _ = await suggested(packed)
    assert len(said.candidates) == 4


async def test_no_redirect_takes_the_key_elsewhere() -> None:
    async with serve(completion(GOOD)) as other:
        said, endpoint = await suggested(say(308, location=f"{other.url}/chat/completions"))
    assert warned(said, endpoint).endswith("answers 308")
    assert other.asked == []


async def test_the_key_is_in_no_log_and_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for answer, _ in UNAVAILABLE.values():
        said, _ = await suggested(answer)
        assert KEY not in repr(said)
    assert caplog.records
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (completion(GOOD), "ok"),
        (completion(NOTHING), "nothing"),
        (say(503), "llm_unavailable"),
        (completion(None, refusal="no"), "llm_invalid_output"),
    ],
)
async def test_what_came_of_it_is_counted(answer: bytes, outcome: str) -> None:
    before = counted(outcome)
    await suggested(answer)
    assert counted(outcome) == before + 1


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("model_answers_total", {"outcome": outcome}) or 0


async def test_each_model_makes_another_reading() -> None:
    async with opened("http://127.0.0.1:1/v1") as model:
        other = model._replace(name="gpt-other")
        versions = [version(1, one) for one in (None, model, other)] + [version(2, model)]
        assert versions == [version(1, one) for one in (None, model, other)] + [version(2, model)]
    assert len(set(versions)) == 4
    assert versions[0] == 1


def warned(said: Suggested, endpoint: Endpoint, requests: int = 1) -> str:
    """The one warning, where that and no candidate is what came of so many requests."""
    assert len(endpoint.asked) == requests
    assert said.candidates == []
    (warning,) = said.warnings
    return warning
