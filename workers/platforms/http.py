"""HTTP requests to a platform's server; their errors state what a lost response proves.

A partner names the server, so the client is `workers.web.fetch.open_ssrf_guarded_client`'s with its guarded
sockets. No redirect is followed, and a response has at most `MAX_PLATFORM_RESPONSE_BYTES` unless the caller
allows more. A response of any status is returned. Without a response, `PostNotSent` is raised, or
`PostOutcomeUnknown` once a byte of an irreversible request may have been sent.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import msgspec
from ssrfguard import SSRFGuardError

from domain.publishing.outgoing import PostingAccountWithAccessToken
from schemas.errors import PlatformError, PlatformRefusal, PostNotSent, PostOutcomeUnknown, SourceError
from workers.web import inflate
from workers.web.errors import read_date_header_or_now

MAX_PLATFORM_RESPONSE_BYTES = 1 << 20
PLATFORM_CONNECT_TIMEOUT_S = 5.0
PLATFORM_REQUEST_TIMEOUT_S = 20.0
#: A shorter cooldown would bring repeated refusals.
MIN_PLATFORM_COOLDOWN_S = 5.0
#: No post can wait for longer than a day.
MAX_PLATFORM_COOLDOWN_S = 86400.0
#: Longest quote of a platform's message in an error message, in characters.
MAX_PLATFORM_QUOTE_CHARS = 300
#: Replaces a secret in a quote.
SECRET_MASK = "***"  # noqa: S105  no secret
#: Fields of a form, a query or a JSON body that are secrets at any platform; and a secret's fewest
#: characters.
REQUEST_SECRET_FIELDS = frozenset(
    {"access_token", "client_secret", "code", "code_verifier", "password", "refresh_token", "token", "upload_token"}
)
MIN_MASKED_SECRET_CHARS = 8

T = TypeVar("T")


FORM_CONTENT_TYPE_HEADER = {"Content-Type": "application/x-www-form-urlencoded"}
PLATFORM_JSON_CONTENT_TYPE_HEADER = {"Content-Type": "application/json"}


class PlatformApi(msgspec.Struct, frozen=True, kw_only=True):
    """A server and the token for it; `base` is its address without a slash at the end."""

    client: httpx.AsyncClient
    base: str
    token: str | None = None

    @classmethod
    def for_account(cls, account: PostingAccountWithAccessToken, client: httpx.AsyncClient) -> Self:
        """Return the API of the server that hosts an account, with the account's token."""
        return cls(client=client, base=account.service_url, token=account.access_token)

    @property
    def without_token(self) -> Self:
        return msgspec.structs.replace(self, token=None)

    @property
    def authorization_headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    async def send_request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        content: bytes | AsyncIterable[bytes] | None = None,
        timeout_s: float = PLATFORM_REQUEST_TIMEOUT_S,
        silences: Mapping[str, float] = {},
        limit: int = MAX_PLATFORM_RESPONSE_BYTES,
        irreversible: bool = False,
    ) -> "PlatformResponse":
        """Send one request to the platform on a new connection; return the response of any status.

        It ends within `timeout_s`. `silences` are httpx's limits between two parts of the body, and before the
        response, if they are shorter. A kept connection is never reused: the server may just be closing it. A
        request on it could be lost without proof. Raise `PostNotSent`, or `PostOutcomeUnknown` once an
        `irreversible` request may have been sent. Raise `PlatformRefusal` for an address that isn't public.
        """
        trace = RequestSentDetector()
        try:
            request = self.client.build_request(
                method,
                url,
                headers={"Accept": "application/json", "Connection": "close", **self.authorization_headers, **headers},
                content=content if content is None or isinstance(content, bytes) else make_sent_body_async(content),
                timeout=httpx.Timeout(timeout_s, **{"connect": min(PLATFORM_CONNECT_TIMEOUT_S, timeout_s), **silences}),
                extensions={"trace": trace},
            )
            async with asyncio.timeout(timeout_s):
                answer = await send_platform_request(self.client, request, limit=limit, irreversible=irreversible)
        except httpx.InvalidURL as error:
            raise PostNotSent("ADDRESS_UNREADABLE", "the platform returned an invalid address") from error
        except SSRFGuardError as error:
            raise PlatformRefusal(
                "ADDRESS_BLOCKED",
                f"{platform_host_for_message(url)} leads to an address that is not public",
                category="config",
            ) from error
        except (TimeoutError, httpx.HTTPError, SourceError) as error:
            raise build_lost_response_error(url, error, unknown=irreversible and trace.begun) from error
        return msgspec.structs.replace(answer, secrets=list_request_secrets(request, content))

    async def post_form(
        self,
        path: str,
        fields: Mapping[str, str],
        *,
        timeout_s: float = PLATFORM_REQUEST_TIMEOUT_S,
        irreversible: bool = False,
    ) -> "PlatformResponse":
        """POST form fields to a path of the platform's server; return the response of any status.

        Raises as `PlatformApi.send_request` does.
        """
        url, content = f"{self.base}{path}", urlencode(fields).encode()
        return await self.send_request(
            "POST",
            url,
            headers=FORM_CONTENT_TYPE_HEADER,
            content=content,
            timeout_s=timeout_s,
            irreversible=irreversible,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base})"


class PlatformResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A whole HTTP response of any status, its body decompressed; `secrets` are those of its request."""

    status: int
    headers: httpx.Headers
    body: bytes
    irreversible: bool
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.status})"

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def was_refused_before_write(self) -> bool:
        """Return whether the status proves a refusal before any write: any 4xx but 408, no redirect or server error."""
        return 400 <= self.status < 500 and self.status != 408

    def require_success(self, error_of: "Callable[[PlatformResponse], PlatformError]") -> "PlatformResponse":
        """Return a 2xx response unchanged; else raise the `PlatformError` that `error_of` returns for it."""
        if not self.ok:
            raise error_of(self)
        return self

    def quote_message(self, text: str) -> str:
        """Return a platform's message as one line that Postgres can store, cut to `MAX_PLATFORM_QUOTE_CHARS`.

        Secrets of the request are masked: a platform may repeat its input. Unprintable characters become blanks.
        """
        for secret in self.secrets:
            text = text.replace(secret, SECRET_MASK)
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        return " ".join(printable.split())[:MAX_PLATFORM_QUOTE_CHARS]


class RequestSentDetector:
    """Trace for httpcore that records whether a byte of the request may have been sent."""

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, event: str, _info: Mapping[str, Any]) -> None:
        self.begun = self.begun or event.endswith("send_request_headers.started")


def list_request_secrets(request: httpx.Request, content: object) -> tuple[str, ...]:
    """Return a request's token and secret fields of `MIN_MASKED_SECRET_CHARS` or more, the longest first."""
    token = request.headers.get("Authorization", "").rpartition(" ")[2]
    fields = [*parse_qsl(request.url.query.decode()), *parse_sent_platform_body_fields(content)]
    secrets = {token, *(value for name, value in fields if name in REQUEST_SECRET_FIELDS)}
    return tuple(
        sorted((secret for secret in secrets if len(secret) >= MIN_MASKED_SECRET_CHARS), key=len, reverse=True)
    )


def parse_sent_platform_body_fields(content: object) -> list[tuple[str, str]]:
    """Return names and values of the fields in a request body: a form's, or a JSON object's texts; none of a file."""
    if not isinstance(content, bytes):
        return []
    try:
        fields = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return parse_qsl(content.decode("latin-1"))
    return [(name, value) for name, value in fields.items() if isinstance(value, str)]


async def make_sent_body_async(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the chunks of a request body unchanged, as an object that is only an async iterator.

    httpx would read a content that is also iterable without awaiting.
    """
    async for chunk in content:
        yield bytes(chunk)


async def send_platform_request(
    client: httpx.AsyncClient, request: httpx.Request, *, limit: int, irreversible: bool
) -> PlatformResponse:
    response = await client.send(request, stream=True)
    try:
        encoding = response.headers.get("Content-Encoding", "")
        body = await inflate.read_inflated_response(response.aiter_raw(), encoding=encoding, limit=limit)
    finally:
        await response.aclose()
    return PlatformResponse(status=response.status_code, headers=response.headers, body=body, irreversible=irreversible)


def build_lost_response_error(url: str, error: Exception, *, unknown: bool) -> PlatformError:
    if unknown:
        return PostOutcomeUnknown(
            "ANSWER_LOST", f"the response of {platform_host_for_message(url)} was lost: the post may be live"
        )
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return PostNotSent("PLATFORM_TIMEOUT", f"{platform_host_for_message(url)} did not respond in time")
    if isinstance(error, httpx.ConnectError):
        return PostNotSent("PLATFORM_UNREACHABLE", f"{platform_host_for_message(url)} could not be reached")
    return PostNotSent(
        "PLATFORM_UNREADABLE", f"{platform_host_for_message(url)} cut its response off, or sent an unreadable one"
    )


def build_unclear_or_retryable_response_error(answer: PlatformResponse) -> PlatformError:
    """Return the error for a platform's response that leaves the result of the call open.

    Examples are a 5xx, a 408, a redirect and unreadable JSON. The error is `PostOutcomeUnknown` for an
    irreversible call, else `PostNotSent`.
    """
    if answer.irreversible:
        return PostOutcomeUnknown("ANSWER_UNCLEAR", f"the platform returned {answer.status}: the post may be live")
    return PostNotSent("PLATFORM_FAILED", f"the platform returned {answer.status}: the call is repeated")


def decode_platform_response(answer: PlatformResponse, kind: type[T]) -> T:
    """Decode a 2xx's JSON as `kind`. If unreadable, raise `PostNotSent`; `PostOutcomeUnknown` if irreversible."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise build_unclear_or_retryable_response_error(answer) from error


def decode_platform_error(answer: PlatformResponse, kind: type[T]) -> T:
    """Decode the JSON of a platform's response as `kind`; return its defaults for another body, such as HTML."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return kind()


def platform_host_for_message(url: str) -> str:
    return urlsplit(url).hostname or "the platform"


def read_platform_cooldown_s(headers: httpx.Headers, *, reset: str) -> float | None:
    """Return the seconds until a platform's rate limit ends, by the headers of its response.

    Retry-After in seconds comes first, then the time in the header `reset`, compared with the response's own Date.
    From `MIN_PLATFORM_COOLDOWN_S` to `MAX_PLATFORM_COOLDOWN_S`; None if both are missing or unreadable.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return clamp_platform_cooldown_s(float(value))
    ends_at = parse_platform_time(headers.get(reset, "").strip())
    if ends_at is None:
        return None
    return clamp_platform_cooldown_s((ends_at - read_date_header_or_now(headers)).total_seconds())


def clamp_platform_cooldown_s(wait_s: float) -> float:
    return min(max(wait_s, MIN_PLATFORM_COOLDOWN_S), MAX_PLATFORM_COOLDOWN_S)


def parse_platform_time(text: str) -> datetime | None:
    """Parse a platform's time in Unix seconds or ISO 8601; a time without a zone is UTC. None for another text."""
    try:
        if text.isascii() and text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
