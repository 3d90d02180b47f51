"""Uploads: a multipart body that is read as it comes (RFC 7578), its files stored as they come.

No file is ever whole in memory. What a file is, its first bytes say; how it looks, a process of its own.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple, TypeAlias

import msgspec
from litestar.exceptions import InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from api.errors import AWAY
from api.requests import ApiRequest
from domain import content
from domain.content import File
from domain.media import sniff, uploads
from domain.media.probing import probe
from domain.media.sniff import Type
from schemas.content import MAX_CAPTION, MAX_HOOK
from schemas.errors import Invalid, Malformed, Oversized, Unavailable
from telemetry import logs

MIB = 1 << 20

#: Bytes of a file by its kind, and of a request as a whole.
LARGEST, BODY_MAX = {"image": 30 * MIB, "video": 100 * MIB}, 330 * MIB

#: How long a client may send nothing, and take in all. In seconds.
IDLE_S, TOTAL_S = 30.0, 900.0

#: The text parts and their lengths in characters.
TEXTS = {"caption": MAX_CAPTION, "hook": MAX_HOOK}

NAME_MAX = 255

_Event: TypeAlias = MultipartSegment | bytes | None

_log = logs.get("uploads")


class Received(NamedTuple):
    """The parts of an upload; `fingerprint` is JSON that is the same for the same parts."""

    caption: str
    hook: str | None
    files: list[File]
    fingerprint: bytes


class _Stored(NamedTuple):
    type: Type
    size: int
    sha256: bytes
    token: str


class _Form:
    """What has come of an upload so far."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.files: list[_Stored] = []
        self.tokens: list[str] = []

    @property
    def fingerprint(self) -> bytes:
        """Files in their order; whether texts come before or after them makes no difference."""
        texts = [
            (name, hashlib.sha256(text.encode()).hexdigest()) for name, text in sorted(self.texts.items())
        ]
        return msgspec.json.encode([*texts, *(("file", file.sha256.hex()) for file in self.files)])


@asynccontextmanager
async def receiving(request: ApiRequest) -> AsyncIterator[Received]:
    """The body of an upload; files that no asset has taken by the end of the block are deleted.

    Raises `Malformed`, `Oversized`, `Invalid`, `Unavailable`.
    """
    form = _Form()
    try:
        async with aclosing(_events(request)) as events:
            async for event in events:
                assert isinstance(event, MultipartSegment)  # noqa: S101  Each part reads up to its own end.
                await _read_part(request, form, event, _rest_of_part(events))
        content.format_of([file.type.kind for file in form.files], form.texts.get("caption", ""))
        files = await _look(request, form.files)
        yield Received(form.texts.get("caption", ""), form.texts.get("hook") or None, files, form.fingerprint)
    finally:
        await _discard(request, form.tokens)


async def _events(request: ApiRequest) -> AsyncGenerator[_Event, None]:
    """What the parser finds: each part's head, its bytes as they come, None at its end."""
    given = request.exchange.headers[b"content-type"].decode("latin-1")
    boundary = parse_options_header(given)[1].get("boundary", "")
    try:
        async with aclosing(_chunks(request)) as chunks:
            with PushMultipartParser(boundary) as parser:
                async for chunk in chunks:
                    for event in parser.parse(chunk):
                        yield event
    except ParserLimitReached:
        raise Oversized("the head of a part is too long: send a file's name and type, and no more") from None
    except MultipartError:
        raise Malformed("the body is not readable multipart/form-data, or ended before its end") from None


async def _chunks(request: ApiRequest) -> AsyncGenerator[bytes, None]:
    """The body as it comes, as long as it comes."""
    stream, ends = request.stream(), time.monotonic() + TOTAL_S
    async with aclosing(stream):
        while True:
            try:
                async with asyncio.timeout(min(IDLE_S, ends - time.monotonic())):
                    chunk = await anext(stream)
            except TimeoutError:
                raise Malformed("the body came too slowly: send the request again") from None
            except InternalServerException:
                raise Malformed("the body ended before its end: send the request again") from None
            except RequestEntityTooLarge:
                raise Oversized(f"an upload may have at most {BODY_MAX // MIB} MiB") from None
            if not chunk:  # Litestar's mark of the end.
                request.exchange.lingers = False
                return
            yield chunk


async def _rest_of_part(events: AsyncIterator[_Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event


async def _read_part(
    request: ApiRequest, form: _Form, segment: MultipartSegment, chunks: AsyncIterator[bytes]
) -> None:
    if segment.name == "file":
        await _read_file(request, form, segment, chunks)
    elif segment.name not in TEXTS:
        raise Invalid((segment.name or "part")[:100], "is no part of an upload: file, caption and hook are")
    elif segment.name in form.texts:
        raise Invalid(segment.name, "is given twice")
    else:
        form.texts[segment.name] = await _read_text(segment.name, chunks)


async def _read_text(name: str, chunks: AsyncIterator[bytes]) -> str:
    longest, data = TEXTS[name], b""
    async for chunk in chunks:
        data += chunk
        if len(data) > 4 * longest:
            raise Invalid(name, f"must have at most {longest} characters")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Invalid(name, "must be UTF-8") from None
    if len(text) > longest:
        raise Invalid(name, f"must have at most {longest} characters")
    if "\0" in text:
        raise Invalid(name, "must not contain a NUL character")
    return text


async def _read_file(
    request: ApiRequest, form: _Form, segment: MultipartSegment, chunks: AsyncIterator[bytes]
) -> None:
    """Refused as early as it can be; what is stored by then goes with the whole upload."""
    path, name = f"file[{len(form.files)}]", segment.filename or ""
    if len(name) > NAME_MAX or not name.isprintable():
        raise Invalid(path, f"must have a name of at most {NAME_MAX} printable characters")
    head = await _head(chunks)
    found = sniff.sniff(head)
    if found is None:
        raise Invalid(path, "is none of the types that are taken: jpeg, png, webp, mp4, mov")
    sniff.check(found, name=name, declared=segment.content_type or "", path=path)
    content.format_of([*(file.type.kind for file in form.files), found.kind], "")
    async with request.services.pool.acquire() as conn:
        token = await uploads.begin(conn, organization_id=request.principal.organization_id)
    form.tokens.append(token)
    measure = _Measure(path, found)
    await request.services.store.write(token, measure.passing(head, chunks))
    form.files.append(_Stored(found, measure.size, measure.hash.digest(), token))


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    """Enough to tell the type by, where there is so much."""
    head = b""
    while len(head) < sniff.HEAD and (chunk := await anext(chunks, b"")):
        head += chunk
    return head


class _Measure:
    """Counts and hashes what passes, as long as there is not too much of it."""

    def __init__(self, path: str, found: Type) -> None:
        self.path, self.found = path, found
        self.size, self.hash = 0, hashlib.sha256()

    async def passing(self, head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self._add(head)
        yield head
        async for chunk in chunks:
            self._add(chunk)
            yield chunk

    def _add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.hash.update(chunk)
        largest, kind = LARGEST[self.found.kind], self.found.kind
        if self.size > largest:
            raise Oversized(f"{self.path}: a file of the kind {kind} may have at most {largest // MIB} MiB")


async def _look(request: ApiRequest, stored: list[_Stored]) -> list[File]:
    """In its turn: looking is nearly all that an upload costs of CPU."""
    if not stored:
        return []
    async with request.services.probes.turn(request.principal.organization_id):
        found = await probe(request.services.store, [(file.token, file.type.mime) for file in stored])
    return [
        File(
            kind=file.type.kind,
            mime_type=file.type.mime,
            width=seen.width,
            height=seen.height,
            duration_ms=seen.duration_ms,
            size_bytes=file.size,
            sha256=file.sha256,
            token=file.token,
        )
        for file, seen in zip(stored, found, strict=True)
    ]


async def _discard(request: ApiRequest, tokens: list[str]) -> None:
    """What can't be deleted now, the dispatcher deletes in a day: the answer doesn't depend on it."""
    if not tokens:
        return
    try:
        async with request.services.pool.acquire() as conn:
            await uploads.discard(
                conn, request.services.store, organization_id=request.principal.organization_id, tokens=tokens
            )
    except (*AWAY, Unavailable) as error:
        _log.warning("files left to prune", request_id=request.exchange.id, error=repr(error))
