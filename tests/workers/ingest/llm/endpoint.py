"""A chat endpoint on loopback with any misbehavior that a test needs. It records its requests."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from schemas.brand import FieldCandidate
from tests import http_server
from tests.http_server import HttpRequest
from tests.workers.web.web import Script, raw_response, write_response
from workers.ingest.llm.evidence import check_model_claims
from workers.ingest.llm.suggest import BrandModel, LlmBrandSuggestions, ask_llm_for_brand_answer
from workers.ingest.shapes import ModelClaims, Passage, SourceProse
from workers.llm.endpoint import MODEL_QUESTION_DEADLINE_S, LanguageModelApi, open_language_model_api

HOME, PRICING = "https://acme.test/", "https://acme.test/pricing"
KEY = "sk-very-secret"
TITLE = "Acme: invoices for freelance designers"

PASSAGES = [
    Passage(text="Features", kind="label", url=HOME),
    Passage(text="Invoices that send themselves", kind="heading", url=HOME),
    Passage(text="Acme writes, sends and chases your invoices for you. Built for freelance designers.", url=HOME),
    Passage(text="Small studios of two to ten people pay nine euros. See acme.test/help.", url=PRICING),
    Passage(text="Designers who want to be paid on time write to us, and we write back. " * 10, url=HOME),
]


def copied(text: str, confidence: str = "high") -> dict[str, str]:
    return {"text": text, "confidence": confidence}


def claim(statement: str, *evidence: str, confidence: str = "high") -> dict[str, Any]:
    return {"statement": statement, "evidence": list(evidence), "confidence": confidence}


def part(part: str, words: str, quote: str, confidence: str = "high") -> dict[str, str]:
    return {"part": part, "words": words, "quote": quote, "confidence": confidence}


def trait(trait: str, quote: str, confidence: str = "high") -> dict[str, str]:
    return {"trait": trait, "quote": quote, "confidence": confidence}


GOOD: dict[str, Any] = {
    "appName": [copied("Acme")],
    "appDescription": [copied("Acme writes, sends and chases your invoices for you.", "medium")],
    "tagline": [copied("Invoices that send themselves")],
    "keywords": ["invoices", "freelance designers"],
    "audience": [claim("Freelance designers.", "Built for freelance designers")],
    "icp": [
        part("role", "freelance designers", "Built for freelance designers"),
        part("organization", "Small studios", "Small studios of two to ten people", "medium"),
        part("need", "be paid on time", "Designers who want to be paid on time"),
    ],
    "brandVoice": [
        trait("brisk", "writes, sends and chases", "low"),
        trait("plain", "Built for freelance designers"),
        trait("says what it costs", "two to ten people pay nine euros"),
    ],
}
NOTHING: dict[str, Any] = {field: [] for field in GOOD}


def completion(content: Any, finish_reason: str = "stop", **message: Any) -> bytes:
    """Build the whole response of a model with `content`, as it is or as JSON."""
    text = content if content is None or isinstance(content, str) else json.dumps(content)
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish_reason}
    return say_json({"id": "x", "object": "chat.completion", "choices": [choice], "usage": {}})


def say_json(value: Any, status: int = 200, **headers: str) -> bytes:
    return raw_response(status, json.dumps(value), **{"content_type": "application/json", **headers})


class Endpoint:
    """Endpoint that records in `asked` each request's method and path, its headers and its body, in order."""

    def __init__(self, answers: Sequence[bytes | Script]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.url = ""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, _, body in self.asked]

    @property
    def formats(self) -> list[str]:
        return [body["response_format"]["type"] for body in self.bodies]

    async def handle(self, asked: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send one response after the other; a further request gets a 500."""
        headers = {name: value.lower() for name, value in asked.headers.items()}
        self.asked.append((f"{asked.method} {asked.target}", headers, asked.json))
        answer = self.answers.pop(0) if self.answers else raw_response(500)
        await (write_response(writer, answer) if isinstance(answer, bytes) else answer(reader, writer))


@asynccontextmanager
async def serve(*answers: bytes | Script) -> AsyncIterator[Endpoint]:
    endpoint = Endpoint(answers)
    async with http_server.serve(endpoint.handle) as host:
        endpoint.url = f"http://{host}/v1"
        yield endpoint


@asynccontextmanager
async def open_test_model(
    url: str, *, deadline_s: float = MODEL_QUESTION_DEADLINE_S, key: str = KEY
) -> AsyncIterator[LanguageModelApi]:
    async with open_language_model_api(url, key, name="gpt-test", deadline_s=deadline_s) as model:
        assert model is not None
        yield model


def build_prose(passages: Sequence[Passage] = PASSAGES, *, title: str = TITLE, language: str = "en") -> SourceProse:
    return SourceProse(url=HOME, name="Acme", language=language, about=[title], passages=[*passages])


async def suggested(
    *answers: bytes | Script,
    passages: Sequence[Passage] = PASSAGES,
    prose: SourceProse | None = None,
    deadline_s: float = MODEL_QUESTION_DEADLINE_S,
) -> tuple[LlmBrandSuggestions, Endpoint]:
    """Return the outcome of these responses, one for each request, with the check of evidence in this process."""
    prose = prose or build_prose(passages)
    async with serve(*answers) as endpoint, open_test_model(endpoint.url, deadline_s=deadline_s) as api:
        answer, warnings = await ask_llm_for_brand_answer(BrandModel(api), prose)
    candidates = check_model_claims(ModelClaims(prose=prose, answer=answer)).candidates if answer else []
    return LlmBrandSuggestions(candidates, warnings), endpoint


async def kept_candidates(
    answer: dict[str, Any], passages: Sequence[Passage] = PASSAGES, prose: SourceProse | None = None
) -> dict[str, FieldCandidate]:
    """Return the candidates that are kept of a well-formed answer."""
    suggestions, endpoint = await suggested(completion(answer), passages=passages, prose=prose)
    assert len(endpoint.asked) == 1
    assert suggestions.warnings == []
    return {candidate.field: candidate for candidate in suggestions.candidates}


def single_warning(suggestions: LlmBrandSuggestions, endpoint: Endpoint, requests: int = 1) -> str:
    """Return the single warning, after checking the number of requests and that there is no candidate."""
    assert len(endpoint.asked) == requests
    assert suggestions.candidates == []
    (warning,) = suggestions.warnings
    return warning
