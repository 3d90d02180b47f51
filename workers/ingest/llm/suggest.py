"""The whole conversation: ask, fall back, mend once, and keep what can be shown."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from schemas.brand import Candidate
from schemas.errors import ModelError, ModelFormatRefused, ModelInvalid, ModelUnavailable
from telemetry import metrics
from workers.ingest.llm import prompt
from workers.ingest.llm.answer import Claims, read
from workers.ingest.llm.endpoint import Choice, Form, Model, complete, spoken
from workers.ingest.llm.evidence import Given, candidates
from workers.ingest.llm.prompt import Message
from workers.ingest.page.text import words
from workers.ingest.shapes import Passage

#: With less to go by, a model can only make things up.
FEWEST_WORDS = 20


class Suggested(NamedTuple):
    candidates: list[Candidate]
    warnings: list[str]


async def suggest(model: Model | None, *, url: str, passages: Sequence[Passage]) -> Suggested:
    """Never raises for what the model does: a warning says that the rules' result stands alone."""
    if model is None or words(text := prompt.prose(passages)) < FEWEST_WORDS:
        return Suggested([], [])
    try:
        answer = await within_deadline(model, text)
    except ModelError as error:
        metrics.MODEL_ANSWERS.labels(error.code).inc()
        return Suggested([], [f"{error.code}: {error}"])
    own = prompt.prose(passage for passage in passages if not passage.story)
    found = list(candidates(answer, Given(text, own, passages, url)))
    metrics.MODEL_ANSWERS.labels("ok" if found else "nothing").inc()
    return Suggested(found, [])


async def within_deadline(model: Model, text: str) -> Claims:
    try:
        async with asyncio.timeout(model.deadline_s):
            return await converse(model, prompt.ask(text))
    except TimeoutError as error:
        raise ModelUnavailable(f"the model did not answer within {model.deadline_s:g} s") from error


async def converse(model: Model, messages: list[Message]) -> Claims:
    """First with a schema that the endpoint holds the model to, else with one that the model is told."""
    try:
        choice = await complete(model, messages, "json_schema")
    except ModelFormatRefused:
        messages = prompt.spell_out(messages)
        return await mended(model, messages, await complete(model, messages, "json_object"), "json_object")
    return await mended(model, messages, choice, "json_schema")


async def mended(model: Model, messages: list[Message], choice: Choice, form: Form) -> Claims:
    """The answer, after one more turn if need be."""
    try:
        return read(spoken(choice))
    except ModelInvalid as error:
        again = [*messages, *prompt.mend(choice.message.content or "", error)]
        return read(spoken(await complete(model, again, form)))
