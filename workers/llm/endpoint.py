"""Client of an OpenAI-compatible endpoint.

The operator sets its address, so it may be any address, loopback included. The client checks size and
shape of an answer. The key goes to the endpoint alone: no redirect is followed, and no error repeats the
endpoint's words.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple, TypeAlias

import httpx
import msgspec

from schemas.errors import (
    LanguageModelFormatRefused,
    LanguageModelRefusedToAnswer,
    LanguageModelUnavailable,
    LlmOutputInvalid,
    SourceError,
)
from workers.web import inflate
from workers.web.errors import read_retry_after_s
from workers.web.fetch import open_client_without_ssrf_guard

#: Seconds for all requests of one question, so that a slow model can't use up the job's time.
MODEL_QUESTION_DEADLINE_S = 30.0
#: Seconds of the longest Retry-After that is obeyed.
MAX_MODEL_RETRY_WAIT_S = 5.0
#: Bytes of an answer: many times the size of `MAX_MODEL_ANSWER_TOKENS`, since some servers add the model's thoughts.
MAX_MODEL_ANSWER_BYTES = 256 << 10
MAX_MODEL_ANSWER_TOKENS = 1_500

MODEL_REQUEST_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "Content-Type": "application/json"}

ChatMessage: TypeAlias = dict[str, str]


class LanguageModelApi(NamedTuple):
    """Model and its endpoint. `client` is bound to the endpoint and its key; `name` is the model's."""

    client: httpx.AsyncClient
    name: str
    deadline_s: float


class CompletionReplyMessage(msgspec.Struct, frozen=True):
    """Message of a choice."""

    content: str | None = None
    refusal: str | None = None


class CompletionChoice(msgspec.Struct, frozen=True):
    message: CompletionReplyMessage
    finish_reason: str | None = None


class ChatCompletion(msgspec.Struct, frozen=True):
    """The part of a chat completion that is read."""

    choices: list[CompletionChoice]


@asynccontextmanager
async def open_language_model_api(
    base_url: str, api_key: str, *, name: str, deadline_s: float = MODEL_QUESTION_DEADLINE_S
) -> AsyncIterator[LanguageModelApi | None]:
    """Open the client of the operator's language model, and yield it; yield None if `base_url` is empty."""
    if not base_url:
        yield None
        return
    headers = MODEL_REQUEST_HEADERS | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
    timeout = httpx.Timeout(deadline_s, connect=5)
    async with open_client_without_ssrf_guard(headers, base_url=base_url, timeout=timeout) as client:
        yield LanguageModelApi(client, name, deadline_s)


async def request_completion(
    model: LanguageModelApi, messages: list[ChatMessage], form: dict[str, Any]
) -> CompletionChoice:
    """Send the messages to a language model; return the first choice of its completion.

    `form` is the request's `response_format`. After a Retry-After of up to `MAX_MODEL_RETRY_WAIT_S` the request
    is repeated once. Raise `LanguageModelUnavailable`, or its subclass `LanguageModelFormatRefused` for a 400 or 422.
    """
    request = {
        "model": model.name,
        "messages": messages,
        "temperature": 0,
        "max_tokens": MAX_MODEL_ANSWER_TOKENS,
        "response_format": form,
    }
    body = msgspec.json.encode(request)
    try:
        return await post_completion_request(model.client, body)
    except LanguageModelUnavailable as busy:
        if busy.retry_after is None or busy.retry_after > MAX_MODEL_RETRY_WAIT_S:
            raise
        await asyncio.sleep(busy.retry_after)
        return await post_completion_request(model.client, body)


async def post_completion_request(client: httpx.AsyncClient, body: bytes) -> CompletionChoice:
    with convert_errors_to_model_unavailable():
        async with client.stream("POST", "chat/completions", content=body) as response:
            check_llm_http_response(response)
            encoding = response.headers.get("Content-Encoding", "")
            answer = await inflate.read_inflated_response(
                response.aiter_raw(), encoding=encoding, limit=MAX_MODEL_ANSWER_BYTES
            )
        return msgspec.json.decode(answer, type=ChatCompletion).choices[0]


@contextmanager
def convert_errors_to_model_unavailable() -> Iterator[None]:
    """Convert the block's errors to `LanguageModelUnavailable`: of HTTP client, inflater and JSON decoder."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise LanguageModelUnavailable("the model did not answer in time") from error
    except httpx.TransportError as error:
        raise LanguageModelUnavailable("the model could not be reached") from error
    except SourceError as error:
        raise LanguageModelUnavailable("the model's answer is too large, or its compression is unsupported") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError) as error:
        raise LanguageModelUnavailable("the model's answer is not a chat completion") from error


def check_llm_http_response(response: httpx.Response) -> None:
    """Raise `LanguageModelUnavailable` for a model's response with a status other than 200, or that isn't JSON.

    Raises its subclass `LanguageModelFormatRefused` for a 400 or 422.
    """
    status, media_type = response.status_code, response.headers.get("Content-Type", "").partition(";")[0]
    if status in {400, 422}:
        raise LanguageModelFormatRefused(f"the model's endpoint returned {status}")
    if status == 429:
        raise LanguageModelUnavailable(
            "the model accepts no more requests for now", retry_after=read_retry_after_s(response.headers)
        )
    if status != 200:
        raise LanguageModelUnavailable(f"the model's endpoint returned {status}")
    if media_type.strip().lower() != "application/json":
        raise LanguageModelUnavailable("the model's endpoint did not return JSON")


def text_of_completion_choice(choice: CompletionChoice) -> str:
    """Return a choice's text, "" without one. Raise `LlmOutputInvalid`, `LanguageModelRefusedToAnswer`."""
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise LanguageModelRefusedToAnswer("the model refused to answer")
    if choice.finish_reason == "length":
        raise LlmOutputInvalid("the model's answer was cut off", wrong="cut off at the greatest length: be shorter")
    return choice.message.content or ""
