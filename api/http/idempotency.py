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

from api.http.json_bodies import BODY_DECODE_ERRORS
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from db.pool import Conn
from domain.security.keyring import Keyring
from domain.tenancy import idempotency, sandbox_times
from domain.tenancy.idempotency import IdempotencyKeyUse, IdempotencyRecord, StoredIdempotentAnswer
from domain.values import json_items, steps
from domain.values.steps import JSON_STEP_BYTES, CooperativeSteps
from jobs.ledger import SubmittedJob, WakeMessage
from schemas.errors import DomainError, IdempotentRequestInFlight, InvalidValue

T = TypeVar("T")

HTTP_ACCEPTED_STATUS = 202

#: Seconds between two attempts to claim a key in use, and their number: 2 s in all, like the wait for a lock.
IDEMPOTENCY_CLAIM_RETRY_S, MAX_IDEMPOTENCY_CLAIM_ATTEMPTS = 0.05, 40

#: Names of the fields with the list of a large body, in quotes, and the maximum of items in such a list.
QUOTED_NAMES_OF_DIGESTED_LISTS, MAX_ITEMS_OF_DIGESTED_LIST = {b'"events"', b'"rows"'}, 1_000

_IDEMPOTENCY_KEY_PATTERN = re.compile(rb"[\x20-\x7e]{1,255}")


class WriteReply(NamedTuple, Generic[T]):
    """The answer of a write, and the wakes to send after its commit.

    `secret`: `content` contains a secret that is shown once, so its record is sealed.
    """

    content: T
    status: int = 200
    location: str | None = None
    etag: str | None = None
    wakes: tuple[WakeMessage, ...] = ()
    secret: bool = False
    replayed: bool = False


async def run_idempotent_write(request: ApiRequest, write: Callable[[Conn], Awaitable[WriteReply[T]]]) -> Response[T]:
    """Run a write and store its answer in one transaction; then send the wakes, and return the response.

    Return the first answer again if the Idempotency-Key was used for the same request. Raises `InvalidValue` for a
    malformed key, `IdempotencyKeyReused`, `IdempotentRequestInFlight`, and `StateConflict` CLOCK_ADVANCING.
    """
    return await send_wakes_and_reply(request, await write_idempotently(request, write, await request.body()))


async def run_idempotent_write_without_wakes(request: ApiRequest, write: Callable[[Conn], Awaitable[T]]) -> Response[T]:
    """Call `run_idempotent_write` for a write that wakes no worker; answer 200 with its result."""

    async def make(conn: Conn) -> WriteReply[T]:
        return WriteReply(await write(conn))

    return await run_idempotent_write(request, make)


async def run_real_clock_idempotent_write(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteReply[T]]]
) -> Response[T]:
    """Call `run_idempotent_write` for a write in real time, neither dated nor blocked by a sandbox's clock."""
    return await send_wakes_and_reply(request, await _claim_key_and_write(request, write, await request.body()))


async def write_idempotently(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteReply[T]]], body: bytes
) -> WriteReply[T]:
    """Run an idempotent write, and return its result, without sending the wakes or building the response.

    `body` replaces a request body not kept in memory. In a sandbox the write holds the clock, and the answer has its
    times. Raises `IdempotencyKeyReused`, `IdempotentRequestInFlight`, `StateConflict` CLOCK_ADVANCING.
    """
    return await _claim_key_and_write(request, partial(_write_while_holding_sandbox_clock, request, write), body)


async def _write_while_holding_sandbox_clock(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteReply[T]]], conn: Conn
) -> WriteReply[T]:
    await request.hold_sandbox_clock(conn)
    result = await write(conn)
    content = sandbox_times.shift_answer_times(result.content, request.request_state.ahead)
    request.request_state.ahead = sandbox_times.NO_TIME_SHIFT
    return result._replace(content=content)


async def _claim_key_and_write(
    request: ApiRequest, write: Callable[[Conn], Awaitable[WriteReply[T]]], body: bytes
) -> WriteReply[T]:
    claim = await _build_idempotency_key_use(request, body)
    return await _repeat_write_while_key_is_claimed(
        partial(request.run_transaction, partial(_run_write_or_replay_answer, request, claim, write))
    )


def has_idempotency_key(request: ApiRequest) -> bool:
    """Return whether a request has an `Idempotency-Key`.

    Without a key, the request's effect need not be one transaction.
    """
    return b"idempotency-key" in request.request_state.headers


async def insert_idempotently(
    request: ApiRequest,
    result: WriteReply[T],
    insert: Callable[[IdempotencyRecord | None], Awaitable[bool | None]],
    insert_on: Callable[[Conn], Awaitable[object]],
) -> Response[T]:
    """Insert a row and its idempotency record in one statement; return the response with `result`.

    If the Idempotency-Key was used for the same request, return the first answer instead. `insert` returns
    whether it wrote: False if the key was used before, None while another transaction uses it. In a sandbox
    `insert_on` inserts in a transaction, since the clock must be held.
    """
    if request.principal.sandbox:

        async def write(conn: Conn) -> WriteReply[T]:
            await insert_on(conn)
            return result

        return await run_idempotent_write(request, write)
    claim = await _build_idempotency_key_use(request, await request.body())
    record = None if claim is None else _build_idempotency_record(request, claim, result)
    wrote = await _repeat_write_while_key_is_claimed(partial(insert, record))
    if claim is not None and not wrote:
        async with request.acquire_connection() as conn:
            result = await _replay_first_answer(request, conn, claim)
    return await send_wakes_and_reply(request, result)


async def submit_idempotently(
    request: ApiRequest,
    result: WriteReply[T],
    submit: Callable[[IdempotencyRecord | None], Awaitable[SubmittedJob | None]],
    write: Callable[[Conn], Awaitable[WriteReply[T]]],
) -> Response[T]:
    """Submit a job with its other rows and its idempotency record in one statement; return the response with `result`.

    If `submit` returns None, it has written nothing: run `write` in a transaction instead. In a sandbox, `write` runs
    alone, since the clock must be held. Raises as `run_idempotent_write`.
    """
    if not request.principal.sandbox:
        claim = await _build_idempotency_key_use(request, await request.body())
        submitted = await submit(None if claim is None else _build_idempotency_record(request, claim, result))
        if submitted is not None:
            wakes = () if submitted.wake is None else (submitted.wake,)
            return await send_wakes_and_reply(request, result._replace(wakes=wakes))
    return await run_idempotent_write(request, write)


async def _repeat_write_while_key_is_claimed(write: Callable[[], Awaitable[T | None]]) -> T:
    """Call `write` until no other transaction uses the Idempotency-Key; return the result of `write`.

    `write` returns None while another transaction uses it. Raises `IdempotentRequestInFlight` after 2 s.
    """
    for _ in range(MAX_IDEMPOTENCY_CLAIM_ATTEMPTS):
        if (outcome := await write()) is not None:
            return outcome
        await asyncio.sleep(IDEMPOTENCY_CLAIM_RETRY_S)
    raise IdempotentRequestInFlight


async def _run_write_or_replay_answer(
    request: ApiRequest, claim: IdempotencyKeyUse | None, write: Callable[[Conn], Awaitable[WriteReply[T]]], conn: Conn
) -> WriteReply[T] | None:
    """Run a write and store its answer, or return the stored first answer of its Idempotency-Key.

    Returns None while another transaction uses the key.
    """
    if claim is None:
        return await write(conn)
    free = await idempotency.try_to_claim_idempotency_key(conn, claim)
    if free is None:
        return None
    if not free:
        return await _replay_first_answer(request, conn, claim)
    result = await write(conn)
    await idempotency.store_idempotent_answer(conn, _build_idempotency_record(request, claim, result))
    return result


async def _build_idempotency_key_use(request: ApiRequest, body: bytes) -> IdempotencyKeyUse | None:
    key = request.request_state.headers.get(b"idempotency-key")
    if key is None:
        return None
    if not _IDEMPOTENCY_KEY_PATTERN.fullmatch(key):
        raise InvalidValue("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
    who = request.principal
    digested = await steps.run_cooperative_steps(digest_request(_get_target_to_digest(request), body))
    prints = _pepper_request_digest(request.services.peppers, digested)
    return IdempotencyKeyUse(who.organization_id, who.key_uuid, key.decode(), *prints)


def _pepper_request_digest(peppers: Keyring, digest: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return a request's digest keyed with the current pepper, and the other forms that a row may have.

    The digest is keyed since a body may hold a password: a reader of the table could guess it from a plain
    hash. Rows of an older release hold the plain digest.
    """
    digests = {name: hmac.digest(key, b"request " + digest, hashlib.sha256) for name, key in peppers.keys.items()}
    return digests.pop(peppers.writer), (*digests.values(), digest)


def _get_target_to_digest(request: ApiRequest) -> list[Any]:
    """Return the method, the path and the sorted query of a request, for its digest."""
    query = request.scope["query_string"]
    pairs = sorted(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else []
    return [request.method, request.scope["path"], pairs]


def digest_request(target: Sequence[Any], body: bytes) -> CooperativeSteps[bytes]:
    """Return the SHA-256 digest of a request's target and body, computed in steps.

    In JSON, the order of fields and white space make no difference. In a large body with a list, an item over
    `JSON_STEP_BYTES` also counts byte by byte: no stored item is as large.
    """
    try:
        canonical = yield from _canonicalize_json_body(body)
    except BODY_DECODE_ERRORS:
        canonical = _encode_json_with_sorted_fields(hashlib.sha256(body).hexdigest())
    return hashlib.sha256(b"%b,%b]" % (_encode_json_with_sorted_fields(target)[:-1], canonical)).digest()


def _canonicalize_json_body(body: bytes) -> CooperativeSteps[bytes]:
    """Return the JSON compactly, with ordered fields and hashes of big items. Raises one of `BODY_DECODE_ERRORS`."""
    if len(body) <= JSON_STEP_BYTES:
        return _encode_json_with_sorted_fields(msgspec.json.decode(body) if body else None)
    try:
        beside, items = yield from json_items.split_json_body_list(
            body, QUOTED_NAMES_OF_DIGESTED_LISTS, MAX_ITEMS_OF_DIGESTED_LIST
        )
    except DomainError:
        items = None
    if items is None:
        value = msgspec.json.decode(body)
        yield
        return _encode_json_with_sorted_fields(value)
    parts, done = list[bytes](), 0
    for item in items:
        parts.append(_canonicalize_json_item(item))
        done += len(item)
        if done > JSON_STEP_BYTES:
            done = 0
            yield
    # Each list of these routes is one field, and `[0]` stands for it.
    return _encode_json_with_sorted_fields(msgspec.json.decode(beside)).replace(b"[0]", b"[%b]" % b",".join(parts), 1)


def _canonicalize_json_item(item: bytes) -> bytes:
    if len(item) > JSON_STEP_BYTES:
        return _encode_json_with_sorted_fields(hashlib.sha256(item).hexdigest())
    return _encode_json_with_sorted_fields(msgspec.json.decode(item))


def _encode_json_with_sorted_fields(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _build_idempotency_record(
    request: ApiRequest, claim: IdempotencyKeyUse, result: WriteReply[Any]
) -> IdempotencyRecord:
    answer = StoredIdempotentAnswer(result.status, result.location, msgspec.json.encode(result.content), result.etag)
    return idempotency.build_idempotency_record(
        claim, answer, seal_with=request.services.vault if result.secret else None
    )


async def _replay_first_answer(request: ApiRequest, conn: Conn, claim: IdempotencyKeyUse) -> WriteReply[Any]:
    answer = await idempotency.read_idempotent_answer(conn, claim, keyring=request.services.vault)
    return WriteReply(answer.body, answer.status, answer.location, answer.etag, replayed=True)


async def send_wakes_and_reply(request: ApiRequest, result: WriteReply[T]) -> Response[T]:
    """Send the wakes of a write's result to the workers, and return the response with the result."""
    for wake in result.wakes:
        await request.services.courier.send_or_queue_wake(wake)
    headers = {
        "Location": result.location,
        "ETag": result.etag,
        "Retry-After": "1" if result.status == HTTP_ACCEPTED_STATUS and result.location else None,
        "Idempotent-Replayed": "true" if result.replayed else None,
    }
    present_headers = {name: value for name, value in headers.items() if value is not None}
    return LowOverheadResponse(result.content, status_code=result.status, headers=present_headers)
