"""One request to a platform's server, told apart by what its loss proves.

The server is one that a partner named: the client is `workers.web.fetch.open_client`'s, with its guarded
sockets; no redirect is followed, and an answer may have `LIMIT` bytes unless its caller says more. What
comes back is an answer of any status; without one it is `NotSent`, or `OutcomeUnknown` where an
irreversible request's bytes had begun to leave.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
from ssrfguard import SSRFGuardError

from schemas.errors import NotSent, OutcomeUnknown, PlatformError, Rejected, SourceError
from workers.web import inflate

LIMIT = 1 << 20
CONNECT_S = 5.0
READ_S = 20.0
#: For a file of the largest size that any platform takes.
UPLOAD_S = 200.0
#: A platform's wish for a rest beyond this is no plan that a post could keep; one that is refused and told to
#: come back at once would do nothing else, for nothing.
LEAST_REST_S, LONGEST_REST_S = 5.0, 86400.0
#: Of a platform's own words, how many characters go into ours.
QUOTED = 300
#: In place of a secret in them.
MASK = "***"
#: Fields of a form, a query or a JSON body that are secrets, at whichever platform; and the shortest such.
SECRETS = frozenset(
    {
        "access_token",
        "client_secret",
        "code",
        "code_verifier",
        "password",
        "refresh_token",
        "token",
        "upload_token",
    }
)
SHORTEST = 8

T = TypeVar("T")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer of any status, its body decoded; `secrets` are those that its request showed."""

    status: int
    headers: httpx.Headers
    body: bytes
    irreversible: bool
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Answer({self.status})"

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def settled(self) -> bool:
        """A server's own refusal, before any write: not a redirect, a timeout or a failure half-way."""
        return 400 <= self.status < 500 and self.status != 408

    def quoted(self, text: str) -> str:
        """The platform's own words as a part of ours: one line, not too long, nothing that no row can hold.

        A platform that says what it was sent doesn't say our secrets through us.
        """
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        return " ".join(printable.split())[:QUOTED]


class Departure:
    """httpcore's trace: whether a byte of the request may have left."""

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, event: str, _info: Mapping[str, Any]) -> None:
        self.begun = self.begun or event.endswith("send_request_headers.started")


async def ask(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = {},
    content: bytes | AsyncIterable[bytes] | None = None,
    timeout_s: float = READ_S,
    limit: int = LIMIT,
    irreversible: bool = False,
) -> Answer:
    """The answer to one request, given up after `timeout_s`, on a connection of its own.

    A kept connection may be one that the server is just closing: the request on it would be lost, and
    nobody could say whether it was.
    Raises `NotSent`, `OutcomeUnknown` if `irreversible`, `Rejected` for an address that isn't public.
    """
    left = Departure()
    try:
        request = client.build_request(
            method,
            url,
            headers={"Accept": "application/json", "Connection": "close", **headers},
            content=content if content is None or isinstance(content, bytes) else each(content),
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            extensions={"trace": left},
        )
        async with asyncio.timeout(timeout_s):
            answer = await exchange(client, request, limit=limit, irreversible=irreversible)
    except httpx.InvalidURL as error:
        raise NotSent("ADDRESS_UNREADABLE", "the platform gave an address that is none") from error
    except SSRFGuardError as error:
        raise Rejected(
            "ADDRESS_BLOCKED", f"{host(url)} leads to an address that is not public", category="config"
        ) from error
    except (TimeoutError, httpx.HTTPError, SourceError) as error:
        raise lost(url, error, unknown=irreversible and left.begun) from error
    return msgspec.structs.replace(answer, secrets=shown(request, content))


def shown(request: httpx.Request, content: object) -> tuple[str, ...]:
    """What only its sender and its server may know; the longest first, since one may be a part of another."""
    token = request.headers.get("Authorization", "").rpartition(" ")[2]
    fields = [*parse_qsl(request.url.query.decode()), *fields_of(content)]
    found = {token, *(value for name, value in fields if name in SECRETS)}
    return tuple(sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True))


def fields_of(content: object) -> list[tuple[str, str]]:
    """Of a form or of an object in JSON; a file has none."""
    if not isinstance(content, bytes):
        return []
    try:
        said = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return parse_qsl(content.decode("latin-1"))
    return [(name, value) for name, value in said.items() if isinstance(value, str)]


async def each(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """For httpx, which takes what can be read both ways for one that isn't to be awaited."""
    async for chunk in content:
        yield bytes(chunk)


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, *, limit: int, irreversible: bool
) -> Answer:
    response = await client.send(request, stream=True)
    try:
        encoding = response.headers.get("Content-Encoding", "")
        body = await inflate.read(response.aiter_raw(), encoding=encoding, limit=limit)
    finally:
        await response.aclose()
    return Answer(status=response.status_code, headers=response.headers, body=body, irreversible=irreversible)


def lost(url: str, error: Exception, *, unknown: bool) -> PlatformError:
    if unknown:
        return OutcomeUnknown("ANSWER_LOST", f"the answer of {host(url)} was lost: the post may be live")
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return NotSent("PLATFORM_TIMEOUT", f"{host(url)} did not answer in time")
    if isinstance(error, httpx.ConnectError):
        return NotSent("PLATFORM_UNREACHABLE", f"{host(url)} could not be reached")
    return NotSent("PLATFORM_UNREADABLE", f"{host(url)} broke off its answer, or sent one that can't be read")


def failed(answer: Answer) -> PlatformError:
    """For a status that says nothing of what was done with the request: a 5xx, a 408, a redirect."""
    if answer.irreversible:
        return OutcomeUnknown(
            "ANSWER_UNCLEAR", f"the platform answered {answer.status}: the post may be live all the same"
        )
    return NotSent("PLATFORM_FAILED", f"the platform answered {answer.status}; it is tried again")


def read(answer: Answer, kind: type[T]) -> T:
    """A 2xx's JSON. One that can't be read may have done its work: `failed`."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise failed(answer) from error


def host(url: str) -> str:
    return urlsplit(url).hostname or "the platform"


def rest_s(headers: httpx.Headers, *, reset: str) -> float | None:
    """Seconds until the limit opens again, by Retry-After or by the header `reset`.

    A moment is held against the answer's own Date, so that no two clocks are compared.
    """
    wish = headers.get("Retry-After", "").strip()
    if wish.isascii() and wish.isdecimal():
        return bounded(float(wish))
    opens = moment(headers.get(reset, "").strip())
    if opens is None:
        return None
    return bounded((opens - said_at(headers)).total_seconds())


def bounded(rest_s: float) -> float:
    return min(max(rest_s, LEAST_REST_S), LONGEST_REST_S)


def moment(text: str) -> datetime | None:
    """Unix seconds, or ISO 8601: both are in use."""
    try:
        if text.isascii() and text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def said_at(headers: httpx.Headers) -> datetime:
    try:
        at = parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
