"""A model's offers over real HTTP: its input, and that a piece is made for any response."""

import json
from typing import Any

import msgspec
import pytest

from generation.copy.model import LlmCopyLine, LlmCopyLines
from generation.copy.write import find_language_and_clauses_of_brand
from generation.spec import PieceSpec
from tests.generation.copy.brands import TIDELINE
from tests.workers.ingest.llm.endpoint import KEY, completion, open_test_model, serve
from tests.workers.web.web import Script, flood_after, raw_response, silence
from workers.generation import llm_copy

BRAND = msgspec.structs.replace(TIDELINE, voice="Our secret voice", colors=["#123456"])
SPEC = PieceSpec(format="image", brand=BRAND, seed="the-seed", hook="The caller's own")
CLAUSES = [clause.text for clause in find_language_and_clauses_of_brand(BRAND).clauses]


async def request_from(*answers: bytes | Script, deadline_s: float = 30) -> tuple[LlmCopyLines, list[dict[str, Any]]]:
    async with serve(*answers) as endpoint, open_test_model(endpoint.url, deadline_s=deadline_s) as model:
        return await llm_copy.request_copy_lines_from_model(model, SPEC), endpoint.bodies


async def test_a_model_gets_only_the_name_and_the_clauses() -> None:
    answer = {"hooks": [{"clause": 1, "line": "One"}], "points": [{"clause": 99, "line": "None"}]}
    offers, [asked] = await request_from(completion(answer))
    assert offers == LlmCopyLines(hooks=[LlmCopyLine(line="One", clause=CLAUSES[0])])
    task, data = (message["content"] for message in asked["messages"])
    begin, name, *listed, end = data.splitlines()
    assert (name, listed) == (BRAND.name, [f"{n}. {clause}" for n, clause in enumerate(CLAUSES, 1)])
    assert end == begin.replace("<", "</")
    for private in ("secret voice", "#123456", "tideline.example", "the-seed", "The caller's own", KEY):
        assert private not in json.dumps(asked)
    assert begin in task


HUGE = {"hooks": [{"clause": 1, "line": "x" * 1_000_000}], "points": []}
LONG = {"hooks": [{"clause": 1, "line": "x" * 2_000}], "points": []}


@pytest.mark.parametrize(
    "answers",
    [
        [raw_response(503)],
        [raw_response(200, "<html>")],
        [completion("no JSON"), completion("still none")],
        [completion({"hooks": "x", "points": []}), completion({"lines": []})],
        [completion(None, refusal="no")],
        [completion(HUGE)],
        [completion(LONG)],
        [completion('{"hooks":' * 60_000)] * 2,
        [flood_after(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")],
        [silence],
    ],
    ids=["down", "html", "prose", "shape", "refusal", "huge", "long", "deep", "endless", "silent"],
)
async def test_a_bad_response_yields_no_offers_in_time(answers: list[bytes | Script]) -> None:
    offers, _ = await request_from(*answers, deadline_s=0.3)
    assert offers == LlmCopyLines()


async def test_a_missing_or_unreachable_model_yields_no_offers() -> None:
    assert await llm_copy.request_copy_lines_from_model(None, SPEC) == LlmCopyLines()
    async with serve() as endpoint:
        url = endpoint.url
    async with open_test_model(url) as model:
        assert await llm_copy.request_copy_lines_from_model(model, SPEC) == LlmCopyLines()
