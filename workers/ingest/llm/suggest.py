"""Conversation with a model: asks, falls back to a plain format, corrects once, checks the claims."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from schemas.brand import Candidate
from schemas.errors import ModelError, ModelFormatRefused, ModelInvalid, ModelUnavailable
from telemetry import metrics
from workers.ingest.derive.own import own
from workers.ingest.llm import prompt
from workers.ingest.llm.answer import Answer, read
from workers.ingest.llm.endpoint import Choice, Form, Model, complete, content_of
from workers.ingest.llm.evidence import Given, candidates
from workers.ingest.llm.prompt import Message
from workers.ingest.page.text import words
from workers.ingest.shapes import Passage

#: Words of prose at least: with fewer a model makes things up.
FEWEST_WORDS = 20


class Suggested(NamedTuple):
    """Candidates of the model, and a warning where it failed."""

    candidates: list[Candidate]
    warnings: list[str]


async def suggest(model: Model | None, *, url: str, passages: Sequence[Passage]) -> Suggested:
    """The model's candidates. Whatever the model does, nothing is raised: a failure is a warning."""
    if model is None or words(text := prompt.prose(passages)) < FEWEST_WORDS:
        return Suggested([], [])
    try:
        answer = await within_deadline(model, text)
    except ModelError as error:
        metrics.MODEL_ANSWERS.labels(error.code).inc()
        return Suggested([], [f"{error.code}: {error}"])
    found = list(candidates(answer, given(passages, url)))
    metrics.MODEL_ANSWERS.labels("ok" if found else "nothing").inc()
    return Suggested(found, [])


def given(passages: Sequence[Passage], url: str) -> Given:
    return Given(
        own=prompt.prose(passage for passage in passages if not passage.story),
        spoken=prompt.prose(own(list(passages))),
        passages=passages,
        url=url,
    )


async def within_deadline(model: Model, text: str) -> Answer:
    try:
        async with asyncio.timeout(model.deadline_s):
            return await converse(model, prompt.ask(text))
    except TimeoutError as error:
        raise ModelUnavailable(f"the model did not answer within {model.deadline_s:g} s") from error


async def converse(model: Model, messages: list[Message]) -> Answer:
    """The claims: with a schema that the endpoint enforces, else with one in the prompt."""
    try:
        choice = await complete(model, messages, "json_schema")
    except ModelFormatRefused:
        messages = prompt.spell_out(messages)
        return await read_claims(
            model, messages, await complete(model, messages, "json_object"), "json_object"
        )
    return await read_claims(model, messages, choice, "json_schema")


async def read_claims(model: Model, messages: list[Message], choice: Choice, form: Form) -> Answer:
    """The claims of a choice, asked for once more where they are invalid."""
    try:
        return read(content_of(choice))
    except ModelInvalid as error:
        again = [*messages, *prompt.correct(choice.message.content or "", error)]
        return read(content_of(await complete(model, again, form)))
