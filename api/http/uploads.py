"""Streaming uploads: a multipart body is parsed and its files are stored chunk by chunk (RFC 7578).

No file is ever in memory as a whole. The first bytes determine a file's type; a separate process probes its
content.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple, TypeAlias

import msgspec
from litestar.exceptions import InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from api.http.requests import ApiRequest
from db.pool import acquire_pg_connection, open_transaction
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.media import sniff, streaming_upload, uploads
from domain.media.files import StoredFile, Thumbnail
from domain.media.streaming_upload import MIB, MediaTypeSizeLimits, ProbedFile, StreamingUpload
from schemas.errors import BodyOversized, InvalidValue, MalformedBody
from telemetry import logs

#: Upload timeouts in seconds: without any data, and in total.
UPLOAD_IDLE_TIMEOUT_S, UPLOAD_TOTAL_TIMEOUT_S = 30.0, 900.0

MAX_UPLOAD_FILE_NAME_CHARACTERS = 255

_MultipartEvent: TypeAlias = MultipartSegment | bytes | None

_log = logs.get_logger("uploads")


class UploadRules(NamedTuple):
    """The expected shape of an upload: text parts with their maximum characters, and files.

    `body_max` is the maximum of bytes of the whole request. `allowed` returns the allowed file types, given
    the texts so far. `check` raises `InvalidValue` for a disallowed combination of files; it runs after each
    file, and with the texts at the end. With `thumbnails`, a thumbnail is stored for each image;
    with `reads_roles`, its role is read.
    """

    body_max: int
    texts: Mapping[str, int]
    allowed: Callable[[Mapping[str, str]], MediaTypeSizeLimits]
    check: Callable[[Sequence[StreamingUpload], Mapping[str, str] | None], object]
    thumbnails: bool = False
    reads_roles: bool = False


class ReceivedUpload(NamedTuple):
    """The parts of an upload; `fingerprint` is JSON that is equal for equal parts."""

    texts: Mapping[str, str]
    files: list[StoredFile]
    fingerprint: bytes


class _MultipartUploadInProgress:
    """The parts of an upload received so far."""

    def __init__(self, spec: UploadRules) -> None:
        self.spec = spec
        self.texts: dict[str, str] = {}
        self.files: list[StreamingUpload] = []
        self.tokens: list[str] = []

    @property
    def stored_bytes(self) -> int:
        """Return the number of bytes in the files stored so far."""
        return sum(file.size for file in self.files)

    @property
    def fingerprint(self) -> bytes:
        """Return JSON with the hashes of an upload's texts and files; it is equal for equal uploads.

        Files count in order. Texts count the same before or after files.
        """
        texts = [(name, hashlib.sha256(text.encode()).hexdigest()) for name, text in sorted(self.texts.items())]
        files = [("file", file.hash.hexdigest(), *_list_byte_count_after_file_end(file)) for file in self.files]
        return msgspec.json.encode([*texts, *files])


def _list_byte_count_after_file_end(file: StreamingUpload) -> list[int]:
    """Return the number of bytes sent after a file's own end, in a list; an empty list for none.

    The number is part of the fingerprint: an upload with such bytes is a different request.
    """
    return [file.received_bytes - file.size] if file.received_bytes > file.size else []


@asynccontextmanager
async def receive_and_store_multipart_upload(request: ApiRequest, spec: UploadRules) -> AsyncIterator[ReceivedUpload]:
    """Receive an upload, and yield its texts and files; at the end, delete the files that no asset uses.

    Raises `MalformedBody`, `BodyOversized`, `InvalidValue`, `LimitReached`, `ServiceUnavailable`.
    """
    request.services.events.disks.check_upload_intake_open()
    form = _MultipartUploadInProgress(spec)
    try:
        async with aclosing(_parse_multipart_body(request, spec.body_max)) as events:
            async for event in events:
                assert isinstance(event, MultipartSegment)  # noqa: S101  Each part reads up to its own end.
                await _read_file_or_text_part(request, form, event, _read_part_chunks(events))
        spec.check(form.files, form.texts)
        files = await _probe_uploaded_files(request, form)
        yield ReceivedUpload(form.texts, files, form.fingerprint)
    finally:
        await _delete_unused_files_of_request(request, form.tokens)


async def _parse_multipart_body(request: ApiRequest, max_bytes: int) -> AsyncGenerator[_MultipartEvent, None]:
    """Yield each part's head, its bytes by chunk, None at its end. Raises `MalformedBody`, `BodyOversized`."""
    content_type = request.request_state.headers[b"content-type"].decode("latin-1")
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    try:
        async with aclosing(_read_upload_chunks(request, max_bytes)) as chunks:
            with PushMultipartParser(boundary) as parser:
                async for chunk in chunks:
                    for event in parser.parse(chunk):
                        yield event
    except ParserLimitReached:
        raise BodyOversized("the head of a part is too long: send only a file's name and type") from None
    except MultipartError:
        raise MalformedBody("the body is not valid multipart/form-data, or ended early") from None


async def _read_upload_chunks(request: ApiRequest, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of an upload's body.

    Raises `MalformedBody` for a body that is too slow or ends early, `BodyOversized` for a too large one.
    """
    stream, ends = request.stream(), time.monotonic() + UPLOAD_TOTAL_TIMEOUT_S
    async with aclosing(stream):
        while True:
            try:
                async with asyncio.timeout(min(UPLOAD_IDLE_TIMEOUT_S, ends - time.monotonic())):
                    chunk = await anext(stream)
            except TimeoutError:
                raise MalformedBody("the body came too slowly: send the request again") from None
            except InternalServerException:
                raise MalformedBody("the body ended early: send the request again") from None
            except RequestEntityTooLarge:
                raise BodyOversized(f"an upload may have at most {max_bytes // MIB} MiB") from None
            if not chunk:  # Litestar marks the end of the body with an empty chunk.
                return
            yield chunk


async def _read_part_chunks(events: AsyncIterator[_MultipartEvent]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event


async def _read_file_or_text_part(
    request: ApiRequest, form: _MultipartUploadInProgress, segment: MultipartSegment, chunks: AsyncIterator[bytes]
) -> None:
    if segment.name == "file":
        await _store_file_part(request, form, segment, chunks)
    elif segment.name not in form.spec.texts:
        parts = " and ".join(["file", *form.spec.texts])
        raise InvalidValue((segment.name or "part")[:100], f"is not a part of this upload, which has {parts}")
    elif segment.name in form.texts:
        raise InvalidValue(segment.name, "is sent twice")
    else:
        form.texts[segment.name] = await _read_text_part(segment.name, form.spec.texts[segment.name], chunks)


async def _read_text_part(name: str, longest: int, chunks: AsyncIterator[bytes]) -> str:
    data = b""
    async for chunk in chunks:
        data += chunk
        if len(data) > 4 * longest:
            raise InvalidValue(name, f"must have at most {longest} characters")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InvalidValue(name, "must be UTF-8") from None
    if len(text) > longest:
        raise InvalidValue(name, f"must have at most {longest} characters")
    if "\0" in text:
        raise InvalidValue(name, "must not contain a NUL character")
    return text


async def _store_file_part(
    request: ApiRequest, form: _MultipartUploadInProgress, segment: MultipartSegment, chunks: AsyncIterator[bytes]
) -> None:
    """Check a file of an upload as early as possible, and store it. Raises `InvalidValue` for a refused file.

    The stored bytes of a refused file are deleted with the whole upload.
    """
    path, name = f"file[{len(form.files)}]", segment.filename or ""
    if len(name) > MAX_UPLOAD_FILE_NAME_CHARACTERS or not name.isprintable():
        raise InvalidValue(path, f"must have a name of at most {MAX_UPLOAD_FILE_NAME_CHARACTERS} printable characters")
    allowed = form.spec.allowed(form.texts)
    declared = segment.content_type or ""
    file = StreamingUpload(await _read_file_head(chunks), path=path, name=name, declared=declared, taken=allowed)
    form.spec.check([*form.files, file], None)
    left = _body_size_of_upload(request, form.spec.body_max) - form.stored_bytes
    token = await _reserve_storage_token_of_file(request, form, min(file.max_bytes, left))
    await request.services.store.write(token, file.yield_file_bytes(chunks))
    async with request.acquire_connection() as conn:
        await uploads.set_upload_size(conn, organization_id=request.organization_id, token=token, size_bytes=file.size)
    form.files.append(file)


async def _reserve_storage_token_of_file(request: ApiRequest, form: _MultipartUploadInProgress, largest: int) -> str:
    async with request.acquire_connection() as conn:
        token = await uploads.reserve_upload(conn, organization_id=request.organization_id, at_most=max(0, largest))
    form.tokens.append(token)
    return token


def _body_size_of_upload(request: ApiRequest, max_bytes: int) -> int:
    """Return the length of an upload's body from `Content-Length`; `max_bytes` without that header."""
    length = request.request_state.headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else max_bytes


async def _read_file_head(chunks: AsyncIterator[bytes]) -> bytes:
    """Read the first bytes of an uploaded file, enough to detect its type; all bytes of a shorter file."""
    head = b""
    while len(head) < sniff.SNIFFED_BYTE_COUNT and (chunk := await anext(chunks, b"")):
        head += chunk
    return head


async def _probe_uploaded_files(request: ApiRequest, form: _MultipartUploadInProgress) -> list[StoredFile]:
    """Probe the stored files of an upload, and return them with their metadata; an empty list without files.

    The probe waits for the organization's turn: it is nearly all of an upload's CPU cost.
    """
    if not form.files:
        return []
    store = request.services.store

    async def rewrite(data: bytes) -> str:
        token = await _reserve_storage_token_of_file(request, form, len(data))
        await store.write(token, streaming_upload.stream_bytes_as_one_chunk(data))
        return token

    async with request.services.probes.hold_turn(request.principal.organization_id):
        _check_cost_budget(request)
        reports = await streaming_upload.probe_upload_media(
            store, form.files, form.tokens, reads_roles=form.spec.reads_roles
        )
    if form.spec.thumbnails:
        return await _store_generated_upload_thumbnails(request, form, reports)
    return [await streaming_upload.store_sanitized_drawing(report.file, rewrite) for report in reports]


def _check_cost_budget(request: ApiRequest) -> None:
    """Raise `LimitReached` if earlier uploads have overdrawn the caller's request budget meanwhile."""
    if payer := request.request_state.payer:
        request.services.limiter.budgets.check_bucket_not_overdrawn(payer)


async def _store_generated_upload_thumbnails(
    request: ApiRequest, form: _MultipartUploadInProgress, reports: Sequence[ProbedFile]
) -> list[StoredFile]:
    """Store the thumbnails of an upload's files, and return the files with their thumbnails."""
    small = [report.thumbnail for report in reports if report.thumbnail]
    if not small:
        return [report.file for report in reports]
    async with request.acquire_connection() as conn, open_transaction(request.services.pool, conn):
        sizes = [len(data) for data in small]
        tokens = await uploads.reserve_uploads(conn, organization_id=request.organization_id, sizes=sizes)
    form.tokens += tokens
    for data, token in zip(small, tokens, strict=True):
        await request.services.store.write(token, streaming_upload.stream_bytes_as_one_chunk(data))
    stored = (
        Thumbnail(len(data), hashlib.sha256(data).digest(), token) for data, token in zip(small, tokens, strict=True)
    )
    return [report.file._replace(thumbnail=next(stored)) if report.thumbnail else report.file for report in reports]


async def _delete_unused_files_of_request(request: ApiRequest, tokens: list[str]) -> None:
    """Delete files that no asset uses. If that fails, the dispatcher deletes them within a day."""
    if not tokens:
        return
    try:
        with convert_postgres_away_errors():
            async with acquire_pg_connection(request.services.pool) as conn:
                await uploads.delete_unclaimed_uploads_now(
                    conn, request.services.store, organization_id=request.principal.organization_id, tokens=tokens
                )
    except TRANSIENT_POSTGRES_ERRORS as error:
        _log.warning(
            "unused upload files left for the dispatcher", request_id=request.request_state.id, error=repr(error)
        )
