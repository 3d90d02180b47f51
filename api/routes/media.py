"""Public files of content, for platforms that fetch them and browsers that show them (RFC 9110 13, 14)."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from litestar import Response, get, head
from litestar.params import FromPath
from litestar.response import Stream

from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.cost_budgets import CostBudgetBucket, KeyOrPublicTraffic, get_cost_budget_bucket
from domain.content import content
from domain.content.content import FileDownloadHeaders
from domain.media import tickets
from domain.media.sniff import ACCEPTED_SVG_TYPE
from domain.media.store import MediaStore
from schemas.errors import RangeUnsatisfiable, ServiceUnavailable

_RANGE_HEADER_PATTERN = re.compile(rb"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")

#: A token names the same file forever.
MEDIA_FILE_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": "inline",
}
#: For an svg opened as a page of its own: no script runs, and no address is loaded.
SVG_RESPONSE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


#: The last type is for clients that handle no file types.
DOCUMENTED_MEDIA_RESPONSE_TYPES = ("image/*", "video/*", "application/octet-stream")


class ByteRange(NamedTuple):
    """A range of bytes: `start` inclusive, `end` exclusive."""

    start: int
    end: int


@get(
    "/media/{token:str}",
    status_code=200,
    opt={"also": (206, 304), "refusals": (404, 416, 429, 503), "types": DOCUMENTED_MEDIA_RESPONSE_TYPES},
)
async def get_media(request: ApiRequest, token: FromPath[str]) -> Stream | Response[None]:
    """Return a file of content, whole or one range of it. Needs no key: its URL can't be guessed."""
    file, headers = await _read_media_file_headers(request, token)
    request.services.limiter.budgets.check_bucket_not_overdrawn(_budget_bucket_of_media_download(file))
    if _is_file_known_to_client(request, file):
        return LowOverheadResponse(None, status_code=304, headers=headers)
    part = _requested_byte_range(request.request_state.headers, file)
    start, end = part or (0, file.size_bytes)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
    request.request_state.payer = _budget_bucket_of_media_download(file)
    chunks = _stream_stored_bytes(request.services.store, token, start, end)
    return Stream(
        _prepend_first_chunk(await anext(chunks), chunks),
        status_code=206 if part else 200,
        media_type=file.mime_type,
        headers=headers,
    )


@get(
    "/media/{token:str}/{ticket:str}",
    status_code=200,
    opt={"refusals": (404, 503), "types": DOCUMENTED_MEDIA_RESPONSE_TYPES},
)
async def get_media_by_ticket(request: ApiRequest, token: FromPath[str], ticket: FromPath[str]) -> Stream:
    """Return a whole file at the URL for one call to a platform, and record the fetch.

    The URL has the ticket of that call. The file's organization pays for the bytes, but its budget never
    refuses them: a post must not fail because of other readers.
    """
    file, headers = await _redeem_ticket_for_file(request, token, ticket, counts=True)
    request.request_state.payer = _budget_bucket_of_media_download(file)
    chunks = _stream_stored_bytes(request.services.store, token, 0, file.size_bytes)
    return Stream(_prepend_first_chunk(await anext(chunks), chunks), media_type=file.mime_type, headers=headers)


@head("/media/{token:str}", status_code=200, opt={"also": (304,), "refusals": (404, 503)})
async def head_media(request: ApiRequest, token: FromPath[str]) -> Response[None]:
    """Return the headers that GET has for the whole file of content, without its bytes."""
    file, headers = await _read_media_file_headers(request, token)
    if _is_file_known_to_client(request, file):
        return LowOverheadResponse(None, status_code=304, headers=headers)
    headers |= {"Content-Type": file.mime_type, "Content-Length": str(file.size_bytes)}
    return LowOverheadResponse(None, headers=headers)


@head("/media/{token:str}/{ticket:str}", status_code=200, opt={"refusals": (404, 503)})
async def head_media_by_ticket(request: ApiRequest, token: FromPath[str], ticket: FromPath[str]) -> Response[None]:
    """Return the headers of GET for a ticket's file, without its bytes; this doesn't count as a fetch."""
    file, headers = await _redeem_ticket_for_file(request, token, ticket, counts=False)
    return LowOverheadResponse(None, headers={**headers, "Content-Type": file.mime_type})


async def _redeem_ticket_for_file(
    request: ApiRequest, token: str, ticket: str, *, counts: bool
) -> tuple[FileDownloadHeaders, dict[str, str]]:
    async with request.acquire_connection() as conn:
        file = FileDownloadHeaders(*await tickets.redeem_media_ticket(conn, token=token, ticket=ticket, counts=counts))
    return file, {**MEDIA_FILE_HEADERS, "Cache-Control": "no-store", "Content-Length": str(file.size_bytes)}


async def _read_media_file_headers(request: ApiRequest, token: str) -> tuple[FileDownloadHeaders, dict[str, str]]:
    async with request.acquire_connection() as conn:
        file = await content.find_file_download_headers(conn, token=token)
    svg_headers = SVG_RESPONSE_HEADERS if file.mime_type == ACCEPTED_SVG_TYPE.mime else {}
    return file, {**MEDIA_FILE_HEADERS, **svg_headers, "ETag": _etag_of_file(file).decode()}


def _budget_bucket_of_media_download(file: FileDownloadHeaders) -> CostBudgetBucket:
    return get_cost_budget_bucket(file.organization_id, file.tier, KeyOrPublicTraffic.PUBLIC)


def _etag_of_file(file: FileDownloadHeaders) -> bytes:
    return b'"%b"' % file.sha256.hex().encode()


def _is_file_known_to_client(request: ApiRequest, file: FileDownloadHeaders) -> bool:
    known_tags = request.request_state.headers.get(b"if-none-match", b"").strip()
    return known_tags == b"*" or _etag_of_file(file) in (
        tag.strip().removeprefix(b"W/") for tag in known_tags.split(b",")
    )


def _requested_byte_range(headers: Mapping[bytes, bytes], file: FileDownloadHeaders) -> ByteRange | None:
    """Return the requested byte range; None for the whole file. Raises `RangeUnsatisfiable` for one after its end.

    Several ranges, malformed ones, and those of another version (`If-Range`) are ignored (RFC 9110 13.1.5, 14.2).
    """
    requested = _RANGE_HEADER_PATTERN.fullmatch(headers.get(b"range", b""))
    if not requested or headers.get(b"if-range", _etag_of_file(file)).strip() != _etag_of_file(file):
        return None
    size, first, last = file.size_bytes, requested["first"], requested["last"]
    if not first:
        part = ByteRange(max(0, size - int(last)), size) if last else None
    else:
        part = ByteRange(int(first), min(size, int(last) + 1) if last else size)
        if last and int(last) < int(first):
            return None
    if part and part.start >= size:
        raise RangeUnsatisfiable(size)
    return part


async def _stream_stored_bytes(store: MediaStore, token: str, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield the bytes of a stored file from `start` to before `end`.

    Raises `ServiceUnavailable`, which breaks the connection, if the stored file is shorter than its row says.
    """
    missing = end - start
    async with store.read(token, start, end) as chunks:
        async for chunk in chunks:
            missing -= len(chunk)
            yield chunk
    if missing:
        raise ServiceUnavailable("the storage has only a part of this file")


async def _prepend_first_chunk(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield a file's first chunk, which was read early, and then all other chunks.

    The early read lets a missing file still get an error status.
    """
    yield first
    async for chunk in chunks:
        yield chunk


#: Without a key: the URL is the secret.
KEYLESS_ROUTES = [get_media, get_media_by_ticket, head_media, head_media_by_ticket]
