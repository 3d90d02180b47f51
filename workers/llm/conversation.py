"""Conversation with a model: one question, a fallback to a plain format, one correction, a deadline."""

import asyncio
import hashlib
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from schemas.errors import LanguageModelFormatRefused, LanguageModelUnavailable, LlmOutputInvalid
from workers.llm.endpoint import (
    ChatMessage,
    CompletionChoice,
    LanguageModelApi,
    request_completion,
    text_of_completion_choice,
)

T = TypeVar("T")

#: Characters of a bad answer that are sent back to the model.
MAX_BAD_ANSWER_CHARS_SENT_BACK_TO_MODEL = 4_000
BAD_MODEL_ANSWER_MESSAGE = "the model's answer does not have the requested form"


class ModelQuestion(NamedTuple, Generic[T]):
    """Question to a model for an answer of type `kind`, a struct; `name` is the name of its schema.

    The model receives the schema: names and docstrings of the struct would be part of the prompt.
    """

    name: str
    kind: type[T]
    messages: list[ChatMessage]

    @property
    def strict_response_format(self) -> dict[str, Any]:
        """Return the `response_format` with the answer's schema, for an endpoint that enforces schemas."""
        form = {"name": self.name, "strict": True, "schema": build_json_schema_of_answer_struct(self.kind)}
        return {"type": "json_schema", "json_schema": form}


JSON_OBJECT_RESPONSE_FORMAT: dict[str, Any] = {"type": "json_object"}


def build_json_schema_of_answer_struct(kind: type) -> dict[str, Any]:
    """Return the JSON schema of the answer struct `kind`, with an object at its root: schema enforcement needs one."""
    _, definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return {**definitions.pop(kind.__name__), "$defs": definitions}


def build_untrusted_text_prompt(task: str, text: str, examples: str = "") -> list[ChatMessage]:
    """Return the two messages of a prompt: the task, and the untrusted text between marks, after `examples` if any.

    `{mark}` in the task is replaced by the mark. It has a hash of both texts, so neither can contain it.
    """
    mark = f"texts-{hashlib.sha256(f'{examples}{text}'.encode()).hexdigest()[:16]}"
    data = f"<{mark}>\n{text}\n</{mark}>"
    if examples:
        data = f"<{mark}-examples>\n{examples}\n</{mark}-examples>\n{data}"
    return [{"role": "system", "content": task.format(mark=mark)}, {"role": "user", "content": data}]


async def ask_model(model: LanguageModelApi, question: ModelQuestion[T]) -> T:
    """Ask a language model a question, and return its decoded answer of the question's type.

    Raises a `LanguageModelError`, such as `LanguageModelUnavailable` after the deadline.
    """
    try:
        async with asyncio.timeout(model.deadline_s):
            return await _ask_with_schema_fallback(model, question)
    except TimeoutError as error:
        raise LanguageModelUnavailable(f"the model did not answer within {model.deadline_s:g} s") from error


async def _ask_with_schema_fallback(model: LanguageModelApi, question: ModelQuestion[T]) -> T:
    """Ask the model with a schema that its endpoint enforces; return the decoded answer.

    If the endpoint refuses the schema, ask again with the schema in the prompt.
    """
    try:
        choice = await request_completion(model, question.messages, question.strict_response_format)
    except LanguageModelFormatRefused:
        question = question._replace(messages=_add_schema_to_prompt(question))
        choice = await request_completion(model, question.messages, JSON_OBJECT_RESPONSE_FORMAT)
        return await _decode_answer_or_ask_again(model, question, choice, JSON_OBJECT_RESPONSE_FORMAT)
    return await _decode_answer_or_ask_again(model, question, choice, question.strict_response_format)


async def _decode_answer_or_ask_again(
    model: LanguageModelApi, question: ModelQuestion[T], choice: CompletionChoice, form: dict[str, Any]
) -> T:
    """Decode the model's answer; if it is invalid, name the fault to the model and ask once more.

    Return the decoded answer. Raise a `LanguageModelError`: `LlmOutputInvalid` if the second is invalid, too.
    """
    try:
        return decode_model_answer(text_of_completion_choice(choice), question.kind)
    except LlmOutputInvalid as error:
        again = [*question.messages, *_build_correction_messages(choice.message.content or "", error)]
        return decode_model_answer(
            text_of_completion_choice(await request_completion(model, again, form)), question.kind
        )


def decode_model_answer(text: str, kind: type[T]) -> T:
    """Decode the JSON object in a model's text, from its first brace to its last, as the type `kind`.

    Models write thoughts around the object. Raise `LlmOutputInvalid` for invalid JSON or another type.
    """
    try:
        return msgspec.json.decode(text[text.find("{") : text.rfind("}") + 1], type=kind)
    except msgspec.DecodeError as error:
        raise LlmOutputInvalid(BAD_MODEL_ANSWER_MESSAGE, wrong=f"not the JSON that was asked for: {error}") from error
    except RecursionError as error:
        raise LlmOutputInvalid(BAD_MODEL_ANSWER_MESSAGE, wrong="JSON that is nested too deep") from error


def _add_schema_to_prompt(question: ModelQuestion[T]) -> list[ChatMessage]:
    """Return the prompt for an endpoint without schemas, with the schema in the task's text."""
    task, *further = question.messages
    schema_text = msgspec.json.encode(build_json_schema_of_answer_struct(question.kind)).decode()
    return [{**task, "content": f"{task['content']}\nThe object's JSON schema: {schema_text}"}, *further]


def _build_correction_messages(content: str, error: LlmOutputInvalid) -> list[ChatMessage]:
    """Return two messages after a model's invalid answer: the answer's start, and a request that names the fault."""
    return [
        {"role": "assistant", "content": content[:MAX_BAD_ANSWER_CHARS_SENT_BACK_TO_MODEL]},
        {"role": "user", "content": f"That is {error.wrong}. Answer again, with the JSON object alone."},
    ]
