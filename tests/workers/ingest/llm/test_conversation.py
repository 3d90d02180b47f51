"""The conversation with a model: its questions, and its second try after a bad answer; over real HTTP."""

import json

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.workers.ingest.llm.endpoint import (
    GOOD,
    KEY,
    NOTHING,
    PASSAGES,
    build_prose,
    completion,
    open_test_model,
    say_json,
    serve,
    single_warning,
    suggested,
)
from tests.workers.web.web import raw_response
from workers.ingest.llm.suggest import (
    BrandModel,
    LlmBrandAnswer,
    LlmBrandSuggestions,
    ask_llm_for_brand_answer,
    compute_extraction_version,
    suggest_brand_candidates,
)
from workers.ingest.parser.parser import open_document_parser
from workers.llm.endpoint import open_language_model_api

BAD_FORMAT = say_json({"error": {"message": "response_format is not supported", "param": KEY}}, 400)
CUT_OFF = completion('{"tagline": [', finish_reason="length")


async def test_a_good_answer_takes_one_request() -> None:
    suggestions, endpoint = await suggested(completion(GOOD))
    assert {candidate.field for candidate in suggestions.candidates} == GOOD.keys()
    assert suggestions.warnings == []
    (request_line, headers, body), *further_requests = endpoint.asked
    assert further_requests == []
    assert request_line == "POST /v1/chat/completions"
    assert headers["authorization"] == f"bearer {KEY}"
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("gpt-test", 0, 1_500)
    assert body["response_format"]["json_schema"]["strict"] is True


async def test_without_a_key_no_authorization_is_sent() -> None:
    async with serve(completion(GOOD)) as endpoint, open_test_model(endpoint.url, key="") as model:
        await ask_llm_for_brand_answer(BrandModel(model), build_prose())
    assert "authorization" not in endpoint.asked[0][1]


async def test_without_an_address_nothing_is_opened_or_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(httpx, "AsyncClient", never)
    async with open_language_model_api("", "", name="") as model:
        assert model is None
        assert await ask_llm_for_brand_answer(model, build_prose()) == LlmBrandAnswer(None, [])


async def test_with_too_little_text_no_request_is_sent() -> None:
    suggestions, endpoint = await suggested(passages=PASSAGES[:2])
    assert (suggestions, endpoint.asked) == (LlmBrandSuggestions([], []), [])


# The chain of fallbacks


@pytest.mark.parametrize("refusal", [BAD_FORMAT, say_json({}, 422), raw_response(400)])
async def test_an_endpoint_without_schemas_gets_the_schema_in_the_prompt(refusal: bytes) -> None:
    suggestions, endpoint = await suggested(refusal, completion(GOOD))
    assert suggestions.candidates
    assert endpoint.formats == ["json_schema", "json_object"]
    strict, loose = endpoint.bodies
    schema = strict["response_format"]["json_schema"]["schema"]
    task = loose["messages"][0]["content"]
    assert json.loads(task.partition("schema: ")[2]) == schema
    assert strict["messages"][1] == loose["messages"][1]


WRONG = {
    "prose": "I think it is a lovely brand.",
    "nothing": "",
    "null": None,
    "cut": json.dumps(GOOD)[:200],
    "a_key_less": {name: claims for name, claims in GOOD.items() if name != "icp"},
    "a_key_more": {**GOOD, "appName": "Evil"},
    "a_text_for_a_part": {**GOOD, "icp": ["designers"]},
    "a_sentence_for_a_part": {**GOOD, "icp": GOOD["audience"]},
    "a_sentence_for_a_trait": {**GOOD, "brandVoice": GOOD["audience"]},
    "an_unknown_part": {**GOOD, "icp": [{**GOOD["icp"][0], "part": "budget"}]},
    "an_unknown_confidence": {**GOOD, "icp": [{**GOOD["icp"][0], "confidence": "certain"}]},
    "deep": '{"tagline":' + "[" * 50_000 + "]" * 50_000 + "}",
    "half_a_surrogate": '{"tagline": "\\ud800"}',
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
async def test_a_wrong_answer_is_corrected_in_one_more_turn(content: object) -> None:
    suggestions, endpoint = await suggested(completion(content), completion(GOOD))
    assert suggestions.candidates
    assert suggestions.warnings == []
    first, second = (body["messages"] for body in endpoint.bodies)
    assert second[:2] == first
    assert [message["role"] for message in second[2:]] == ["assistant", "user"]
    assert "\nAnswer with one JSON object" in first[0]["content"]
    assert second[3]["content"].endswith("Answer again, with the JSON object alone.")
    assert max(len(message["content"]) for message in second[2:]) <= 4_000
    assert endpoint.formats == ["json_schema"] * 2


async def test_a_truncated_answer_is_requested_again_shorter() -> None:
    suggestions, endpoint = await suggested(CUT_OFF, completion(GOOD))
    assert suggestions.candidates
    assert "be shorter" in endpoint.bodies[1]["messages"][-1]["content"]
    suggestions, endpoint = await suggested(CUT_OFF, CUT_OFF)
    assert single_warning(suggestions, endpoint, requests=2) == "llm_invalid_output: the model's answer was cut off"


async def test_fallbacks_take_three_requests_at_most() -> None:
    suggestions, endpoint = await suggested(BAD_FORMAT, completion("no"), completion("no"))
    assert single_warning(suggestions, endpoint, requests=3).startswith("llm_invalid_output: ")
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
async def test_wrapped_json_is_read(content: str) -> None:
    suggestions, endpoint = await suggested(completion(content))
    assert len(suggestions.candidates) == len(GOOD)
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [completion(None, refusal="I can't help with that."), completion("", finish_reason="content_filter")],
    ids=["refusal", "filtered"],
)
async def test_a_refusal_is_an_invalid_output(refusal: bytes) -> None:
    suggestions, endpoint = await suggested(refusal)
    assert single_warning(suggestions, endpoint) == "llm_invalid_output: the model refused to answer"


async def test_outcomes_are_counted() -> None:
    answers = {
        "ok": completion(GOOD),
        "nothing": completion(NOTHING),
        "llm_unavailable": raw_response(503),
        "llm_invalid_output": completion(None, refusal="no"),
    }
    before = {outcome: count_outcomes(outcome) for outcome in answers}
    async with (
        serve(*answers.values()) as endpoint,
        open_test_model(endpoint.url) as api,
        open_document_parser(at_once=1) as parser,
    ):
        for _ in answers:
            await suggest_brand_candidates(parser, BrandModel(api), build_prose())
    assert {outcome: count_outcomes(outcome) - before[outcome] for outcome in answers} == dict.fromkeys(answers, 1)


def count_outcomes(outcome: str) -> float:
    return REGISTRY.get_sample_value("model_answers_total", {"outcome": outcome}) or 0


async def test_each_model_has_its_own_version() -> None:
    async with open_test_model("http://127.0.0.1:1/v1") as api:
        model, other_model = BrandModel(api), BrandModel(api._replace(name="gpt-other"))
        versions = [compute_extraction_version(1, each_model) for each_model in (None, model, other_model)] + [
            compute_extraction_version(2, model)
        ]
        assert versions == [compute_extraction_version(1, each_model) for each_model in (None, model, other_model)] + [
            compute_extraction_version(2, model)
        ]
    assert len(set(versions)) == 4
    assert versions[0] == 1
