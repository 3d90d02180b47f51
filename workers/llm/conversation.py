"""Conversation with a model: one question, a fallback to a plain format, one correction, a deadline."""

import asyncio
import hashlib
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from schemas.errors import ModelFormatRefused, ModelInvalid, ModelUnavailable
from workers.llm.endpoint import (
    ChatMessage,
    CompletionChoice,
    LanguageModel,
    request_completion,
    text_of_completion_choice,
)

T = TypeVar("T")

#: Characters of a bad answer that are sent back to the model.
MAX_REPEATED_ANSWER_CHARS = 4_000
WRONG_ANSWER_FORM = "the model's answer does not have the requested form"


class ModelQuestion(NamedTuple, Generic[T]):
    """Question to a model for an answer of type `kind`, a struct; `name` is the name of its schema.

    The model receives the schema: names and docstrings of the struct would be part of the prompt.
    """

    name: str
    kind: type[T]
    messages: list[ChatMessage]

    @property
    def strict(self) -> dict[str, Any]:
        """Return the response format for an endpoint that enforces schemas."""
        form = {"name": self.name, "strict": True, "schema": build_answer_schema(self.kind)}
        return {"type": "json_schema", "json_schema": form}


JSON_OBJECT_FORMAT: dict[str, Any] = {"type": "json_object"}


def build_answer_schema(kind: type) -> dict[str, Any]:
    """Return the JSON schema, with an object at its root, as strict schemas need it."""
    _, definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return {**definitions.pop(kind.__name__), "$defs": definitions}


def build_model_prompt(task: str, text: str) -> list[ChatMessage]:
    """Return the prompt. The task's `{mark}` is a hash of the text: equal for equal texts, and in no text."""
    mark = f"texts-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return [
        {"role": "system", "content": task.format(mark=mark)},
        {"role": "user", "content": f"<{mark}>\n{text}\n</{mark}>"},
    ]


async def ask_model(model: LanguageModel, question: ModelQuestion[T]) -> T:
    """Return the model's answer. Raises `ModelError`."""
    try:
        async with asyncio.timeout(model.deadline_s):
            return await _ask_with_schema_fallback(model, question)
    except TimeoutError as error:
        raise ModelUnavailable(f"the model did not answer within {model.deadline_s:g} s") from error


async def _ask_with_schema_fallback(model: LanguageModel, question: ModelQuestion[T]) -> T:
    """Ask with a schema that the endpoint enforces, else with a schema in the prompt."""
    try:
        choice = await request_completion(model, question.messages, question.strict)
    except ModelFormatRefused:
        question = question._replace(messages=_add_schema_to_prompt(question))
        choice = await request_completion(model, question.messages, JSON_OBJECT_FORMAT)
        return await _decode_or_ask_again(model, question, choice, JSON_OBJECT_FORMAT)
    return await _decode_or_ask_again(model, question, choice, question.strict)


async def _decode_or_ask_again(
    model: LanguageModel, question: ModelQuestion[T], choice: CompletionChoice, form: dict[str, Any]
) -> T:
    """Decode the answer of a choice, and ask once more if it is invalid.

    Raises `ModelInvalid` if the second answer is invalid too.
    """
    try:
        return decode_model_answer(text_of_completion_choice(choice), question.kind)
    except ModelInvalid as error:
        again = [*question.messages, *_build_correction_messages(choice.message.content or "", error)]
        return decode_model_answer(
            text_of_completion_choice(await request_completion(model, again, form)), question.kind
        )


def decode_model_answer(text: str, kind: type[T]) -> T:
    """Decode the object in a text, from its first brace to its last: models put thoughts around it.

    Raises `ModelInvalid`.
    """
    try:
        return msgspec.json.decode(text[text.find("{") : text.rfind("}") + 1], type=kind)
    except msgspec.DecodeError as error:
        raise ModelInvalid(WRONG_ANSWER_FORM, wrong=f"not the JSON that was asked for: {error}") from error
    except RecursionError as error:
        raise ModelInvalid(WRONG_ANSWER_FORM, wrong="JSON that is nested too deep") from error


def _add_schema_to_prompt(question: ModelQuestion[T]) -> list[ChatMessage]:
    """Return the prompt for an endpoint without schemas, with the schema in the task's text."""
    task, *further = question.messages
    schema_text = msgspec.json.encode(build_answer_schema(question.kind)).decode()
    return [{**task, "content": f"{task['content']}\nThe object's JSON schema: {schema_text}"}, *further]


def _build_correction_messages(content: str, error: ModelInvalid) -> list[ChatMessage]:
    """Return the messages that ask once more after a wrong answer."""
    return [
        {"role": "assistant", "content": content[:MAX_REPEATED_ANSWER_CHARS]},
        {"role": "user", "content": f"That is {error.wrong}. Answer again, with the JSON object alone."},
    ]
