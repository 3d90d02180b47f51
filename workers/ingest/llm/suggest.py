"""Suggestions of a model for a brand: its claims that pass the evidence check."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from schemas.brand import Candidate
from schemas.errors import ModelError
from telemetry import metrics
from workers.ingest.derive.own_prose import brand_passages
from workers.ingest.llm import prompt
from workers.ingest.llm.evidence import SourceText, candidates
from workers.ingest.page.text import count_words
from workers.ingest.shapes import Passage
from workers.llm.conversation import ask
from workers.llm.endpoint import Model

#: Words of prose at least: with fewer a model invents claims.
MIN_PROSE_WORDS = 20


class Suggestions(NamedTuple):
    """Candidates of the model, and a warning if it failed."""

    candidates: list[Candidate]
    warnings: list[str]


def version(rules: int, model: Model | None) -> int:
    """Return the version of an extraction: it differs with the rules, with a model, and with each model."""
    return rules if model is None else zlib.crc32(f"{rules} {model.name}".encode())


async def suggest(model: Model | None, *, url: str, passages: Sequence[Passage]) -> Suggestions:
    """Return the model's candidates. A failure of the model is a warning, never an error."""
    if model is None or count_words(text := prompt.prose(passages)) < MIN_PROSE_WORDS:
        return Suggestions([], [])
    try:
        answer = await ask(model, prompt.question(text))
    except ModelError as error:
        metrics.MODEL_ANSWERS.labels(error.code).inc()
        return Suggestions([], [f"{error.code}: {error}"])
    suggestions = list(candidates(answer, source_text(passages, url)))
    metrics.MODEL_ANSWERS.labels("ok" if suggestions else "nothing").inc()
    return Suggestions(suggestions, [])


def source_text(passages: Sequence[Passage], url: str) -> SourceText:
    return SourceText(
        own_text=prompt.prose(passage for passage in passages if not passage.story),
        brand_prose=prompt.prose(brand_passages(list(passages))),
        passages=passages,
        url=url,
    )
