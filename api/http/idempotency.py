"""Idempotency of writes: the record of a request (its key and its answer) commits with its effect.

So a crash can neither block a key nor run its request twice. Only committed answers, which are 2xx, are
replayed.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Response

from api.http.json_bodies import UNREADABLE
from api.http.requests import ApiRequest
from api.http.responses import ApiResponse
from db.pool import Conn
from domain.security.keyring import Keyring
from domain.tenancy import idempotency, sandbox_times
from domain.tenancy.idempotency import IdempotencyRecord, KeyUse, StoredAnswer
from domain.values import json_items, steps
from domain.values.steps import STEP_BYTES, Steps
from jobs.ledger import Wake
from schemas.errors import DomainError, InFlight, Invalid

T = TypeVar("T")

ACCEPTED = 202

#: Seconds between two attempts to claim a key in use, and their number: 2 s in all, like the wait for a lock.
CLAIM_RETRY_S, MAX_CLAIM_ATTEMPTS = 0.05, 40

#: Names of the fields with the list of a large body, in quotes, and the maximum of items in such a list.
LIST_FIELDS, MAX_ITEMS = {b'"events"', b'"rows"'}, 1_000

_KEY = re.compile(rb"[\x20-\x7e]{1,255}")


class WriteResult(NamedTuple, Generic[T]):
    """The answer of a write, and the wakes to send after its commit.

    `secret`: `content` contains a secret that is shown once, so its record is sealed.
    """

    content: T
    status: int = 200
    location: str | None = None
    etag: str | None = None
    wakes: tuple[Wake, ...] = ()
    secret: bool = False
    replayed: bool = False


async def run_once(request: ApiRequest, write: Callable[[Conn], Awaitable[WriteResult[T]]]) -> Response[T]:
    """Run a write in one transaction with the record of its answer, then send the wakes.

    If the key was used for the same request, return the first answer again. Raises `KeyReused` for another
    request, `InFlight` while the first request still runs.
    """
    return await reply(request, await write_once(request, write, await request.body()))


async def run_once_plain(request: ApiRequest, write: Callable[[Conn], Awaitable[T]]) -> Response[T]:
    """Call `run_once` for a write without wakes; its result is answered with 200."""

    async def make(conn: Conn) -> WriteResult[T]:
        return WriteResult(await write(conn))

    return await run_once(request, make)


async def run_once_in_real_time(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteResult[T]]]
) -> Response[T]:
    """Call `run_once` for a write in real time, which a sandbox's clock neither dates nor blocks."""
    return await reply(request, await _write_once(request, write, await request.body()))


async def write_once(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteResult[T]]], body: bytes
) -> WriteResult[T]:
    """Call `run_once` without the reply; `body` replaces a request body that was not kept in memory.

    In a sandbox the write holds the clock, and the answer has the sandbox's times. Raises `Conflict`
    CLOCK_ADVANCING.
    """
    return await _write_once(request, partial(_write_in_sandbox_time, request, write), body)


async def _write_in_sandbox_time(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteResult[T]]], conn: Conn
) -> WriteResult[T]:
    await request.hold_clock(conn)
    result = await write(conn)
    content = sandbox_times.shift_times(result.content, request.request_state.ahead)
    request.request_state.ahead = sandbox_times.REAL
    return result._replace(content=content)


async def _write_once(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteResult[T]]], body: bytes
) -> WriteResult[T]:
    claim = await _read_claim(request, body)
    return await _retry_until_free(partial(request.transact, partial(_write, request, claim, write)))


def has_key(request: ApiRequest) -> bool:
    """Return whether the request has a key. Without a key, its effect need not be one transaction."""
    return b"idempotency-key" in request.request_state.headers


async def insert_once(
    request: ApiRequest,
    result: WriteResult[T],
    insert: Callable[[IdempotencyRecord | None], Awaitable[bool | None]],
    insert_on: Callable[[Conn], Awaitable[object]],
) -> Response[T]:
    """Call `run_once` for a write with a known answer: one statement inserts the row and the record.

    `insert` returns whether it wrote: False if the record's key was used before, None while another
    transaction uses it. In a sandbox `insert_on` inserts in a transaction instead, since the clock must be
    held.
    """
    if request.principal.sandbox:

        async def write(conn: Conn) -> WriteResult[T]:
            await insert_on(conn)
            return result

        return await run_once(request, write)
    claim = await _read_claim(request, await request.body())
    record = None if claim is None else _record(request, claim, result)
    wrote = await _retry_until_free(partial(insert, record))
    if claim is not None and not wrote:
        async with request.connection() as conn:
            result = await _replay(request, conn, claim)
    return await reply(request, result)


async def _retry_until_free(write: Callable[[], Awaitable[T | None]]) -> T:
    """Retry `write` until no other transaction uses the key. Raises `InFlight` if that takes too long."""
    for _ in range(MAX_CLAIM_ATTEMPTS):
        if (outcome := await write()) is not None:
            return outcome
        await asyncio.sleep(CLAIM_RETRY_S)
    raise InFlight


async def _write(
    request: ApiRequest, claim: KeyUse | None, write: Callable[[Conn], Awaitable[WriteResult[T]]], conn: Conn
) -> WriteResult[T] | None:
    """Write or replay; return None while another transaction uses the key."""
    if claim is None:
        return await write(conn)
    free = await idempotency.claim(conn, claim)
    if free is None:
        return None
    if not free:
        return await _replay(request, conn, claim)
    result = await write(conn)
    await idempotency.store(conn, _record(request, claim, result))
    return result


async def _read_claim(request: ApiRequest, body: bytes) -> KeyUse | None:
    key = request.request_state.headers.get(b"idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
    who = request.principal
    digested = await steps.take_turns(digest(_target(request), body))
    prints = _fingerprints(request.services.peppers, digested)
    return KeyUse(who.organization_id, who.key_uuid, key.decode(), *prints)


def _fingerprints(peppers: Keyring, digest: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the digest keyed with the current pepper, and the other forms that a stored row may have.

    The digest is keyed since a body may hold a password: a reader of the table could guess it from a plain
    hash. Rows of an older release hold the plain digest.
    """
    digests = {
        name: hmac.digest(key, b"request " + digest, hashlib.sha256) for name, key in peppers.keys.items()
    }
    return digests.pop(peppers.writer), (*digests.values(), digest)


def _target(request: ApiRequest) -> list[Any]:
    """Return the method, the path and the sorted query."""
    query = request.scope["query_string"]
    pairs = sorted(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else []
    return [request.method, request.scope["path"], pairs]


def digest(target: Sequence[Any], body: bytes) -> Steps[bytes]:
    """Digest a request. In JSON, the order of fields and white space make no difference.

    In a large body with a list, an item over `STEP_BYTES` also counts byte by byte: no stored item is as
    large.
    """
    try:
        canonical = yield from _canonicalize(body)
    except UNREADABLE:
        canonical = _encode_ordered(hashlib.sha256(body).hexdigest())
    return hashlib.sha256(b"%b,%b]" % (_encode_ordered(target)[:-1], canonical)).digest()


def _canonicalize(body: bytes) -> Steps[bytes]:
    """Return the JSON without white space, with ordered fields. Raises one of `UNREADABLE`."""
    if len(body) <= STEP_BYTES:
        return _encode_ordered(msgspec.json.decode(body) if body else None)
    try:
        beside, items = yield from json_items.split_json_list(body, LIST_FIELDS, MAX_ITEMS)
    except DomainError:
        items = None
    if items is None:
        value = msgspec.json.decode(body)
        yield
        return _encode_ordered(value)
    parts, done = list[bytes](), 0
    for item in items:
        parts.append(_canonicalize_item(item))
        done += len(item)
        if done > STEP_BYTES:
            done = 0
            yield
    # Each list of these routes is one field, and `[0]` stands for it.
    return _encode_ordered(msgspec.json.decode(beside)).replace(b"[0]", b"[%b]" % b",".join(parts), 1)


def _canonicalize_item(item: bytes) -> bytes:
    if len(item) > STEP_BYTES:
        return _encode_ordered(hashlib.sha256(item).hexdigest())
    return _encode_ordered(msgspec.json.decode(item))


def _encode_ordered(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _record(request: ApiRequest, claim: KeyUse, result: WriteResult[Any]) -> IdempotencyRecord:
    answer = StoredAnswer(result.status, result.location, msgspec.json.encode(result.content), result.etag)
    return idempotency.fill(claim, answer, seal_with=request.services.vault if result.secret else None)


async def _replay(request: ApiRequest, conn: Conn, claim: KeyUse) -> WriteResult[Any]:
    answer = await idempotency.replay(conn, claim, keyring=request.services.vault)
    return WriteResult(answer.body, answer.status, answer.location, answer.etag, replayed=True)


async def reply(request: ApiRequest, result: WriteResult[T]) -> Response[T]:
    """Send the wakes and build the response."""
    for wake in result.wakes:
        await request.services.courier.send(wake)
    headers = {
        "Location": result.location,
        "ETag": result.etag,
        "Retry-After": "1" if result.status == ACCEPTED and result.location else None,
        "Idempotent-Replayed": "true" if result.replayed else None,
    }
    present_headers = {name: value for name, value in headers.items() if value is not None}
    return ApiResponse(result.content, status_code=result.status, headers=present_headers)
