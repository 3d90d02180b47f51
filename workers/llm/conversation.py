"""Conversation with a model: one question, a fallback to a plain format, one correction, a deadline."""

import asyncio
import hashlib
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from schemas.errors import ModelFormatRefused, ModelInvalid, ModelUnavailable
from workers.llm.endpoint import CompletionChoice, Message, Model, complete, content_of

T = TypeVar("T")

#: Characters of a bad answer that are sent back to the model.
MAX_SHOWN_CHARS = 4_000
WRONG_FORM = "the model's answer does not have the requested form"


class Question(NamedTuple, Generic[T]):
    """Question to a model for an answer of type `kind`, a struct; `name` is the name of its schema.

    The model receives the schema: names and docstrings of the struct would be part of the prompt.
    """

    name: str
    kind: type[T]
    messages: list[Message]

    @property
    def strict(self) -> dict[str, Any]:
        """Return the response format for an endpoint that enforces schemas."""
        form = {"name": self.name, "strict": True, "schema": schema(self.kind)}
        return {"type": "json_schema", "json_schema": form}


JSON_OBJECT_FORMAT: dict[str, Any] = {"type": "json_object"}


def schema(kind: type) -> dict[str, Any]:
    """Return the JSON schema, with an object at its root, as strict schemas need it."""
    _, definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return {**definitions.pop(kind.__name__), "$defs": definitions}


def build_prompt(task: str, text: str) -> list[Message]:
    """Return the prompt. The task's `{mark}` is a hash of the text: equal for equal texts, and in no text."""
    mark = f"texts-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return [
        {"role": "system", "content": task.format(mark=mark)},
        {"role": "user", "content": f"<{mark}>\n{text}\n</{mark}>"},
    ]


async def ask(model: Model, question: Question[T]) -> T:
    """Return the model's answer. Raises `ModelError`."""
    try:
        async with asyncio.timeout(model.deadline_s):
            return await _converse(model, question)
    except TimeoutError as error:
        raise ModelUnavailable(f"the model did not answer within {model.deadline_s:g} s") from error


async def _converse(model: Model, question: Question[T]) -> T:
    """Ask with a schema that the endpoint enforces, else with a schema in the prompt."""
    try:
        choice = await complete(model, question.messages, question.strict)
    except ModelFormatRefused:
        question = question._replace(messages=_spell_out(question))
        choice = await complete(model, question.messages, JSON_OBJECT_FORMAT)
        return await _read_or_correct(model, question, choice, JSON_OBJECT_FORMAT)
    return await _read_or_correct(model, question, choice, question.strict)


async def _read_or_correct(
    model: Model, question: Question[T], choice: CompletionChoice, form: dict[str, Any]
) -> T:
    """Decode the answer of a choice, and ask once more if it is invalid.

    Raises `ModelInvalid` if the second answer is invalid too.
    """
    try:
        return decode_model_answer(content_of(choice), question.kind)
    except ModelInvalid as error:
        again = [*question.messages, *_correct(choice.message.content or "", error)]
        return decode_model_answer(content_of(await complete(model, again, form)), question.kind)


def decode_model_answer(text: str, kind: type[T]) -> T:
    """Decode the object in a text, from its first brace to its last: models put thoughts around it.

    Raises `ModelInvalid`.
    """
    try:
        return msgspec.json.decode(text[text.find("{") : text.rfind("}") + 1], type=kind)
    except msgspec.DecodeError as error:
        raise ModelInvalid(WRONG_FORM, wrong=f"not the JSON that was asked for: {error}") from error
    except RecursionError as error:
        raise ModelInvalid(WRONG_FORM, wrong="JSON that is nested too deep") from error


def _spell_out(question: Question[T]) -> list[Message]:
    """Return the prompt for an endpoint without schemas, with the schema in the task's text."""
    task, *further = question.messages
    schema_text = msgspec.json.encode(schema(question.kind)).decode()
    return [{**task, "content": f"{task['content']}\nThe object's JSON schema: {schema_text}"}, *further]


def _correct(content: str, error: ModelInvalid) -> list[Message]:
    """Return the messages that ask once more after a wrong answer."""
    return [
        {"role": "assistant", "content": content[:MAX_SHOWN_CHARS]},
        {"role": "user", "content": f"That is {error.wrong}. Answer again, with the JSON object alone."},
    ]
