"""Fetching files by URL without a key (RFC 9110 13, 14)."""

import hashlib
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.routes.media import _requested_byte_range
from db.pool import Pool
from domain.content.content import FileDownloadHeaders
from schemas.errors import RangeUnsatisfiable
from tests import media
from tests.api.content.project import UploadProject, film
from tests.s3.storages import ALL_STORAGES

CONTENT = media.film(frames=700_000)
SIZE = len(CONTENT)
ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


@pytest_asyncio.fixture
async def url(project: UploadProject) -> str:
    """Return a file's URL as a platform gets it."""
    item = await project.made(film(CONTENT))
    url: str = item["assets"][0]["url"]
    assert url.startswith("http://127.0.0.1:8000/media/")
    return url.removeprefix("http://127.0.0.1:8000")


@ALL_STORAGES
async def test_it_comes_whole_unless_its_version_is_known(anonymous: httpx.AsyncClient, url: str) -> None:
    answer = await anonymous.get(url)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    said = {name: answer.headers[name] for name in answer.headers if name != "x-request-id"}
    assert said == {
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=31536000, immutable",
        "content-disposition": "inline",
        "content-length": str(SIZE),
        "content-type": "video/mp4",
        "etag": ETAG,
        "x-content-type-options": "nosniff",
    }
    head = await anonymous.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in said} == said
    known = dict.fromkeys((ETAG, f"W/{ETAG}", f'"a", {ETAG}', "*"), 304)
    for tag, status in {**known, '"other"': 200, "": 200}.items():
        for method in ("GET", "HEAD"):
            answer = await anonymous.request(method, url, headers={"If-None-Match": tag})
            assert (answer.status_code, answer.headers["ETag"]) == (status, ETAG)


#: `test_range_follows_the_rfc` reads any range.
RANGES = {"bytes=0-0": (0, 1), "bytes=100-399999": (100, 400_000), "bytes=-10": (SIZE - 10, SIZE)}

#: Several ranges, or malformed ones.
IGNORED = ("bytes=5-4", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes 0-1", "bytes=0-1 ", "")


@ALL_STORAGES
async def test_one_range_comes_alone(anonymous: httpx.AsyncClient, url: str) -> None:
    for asked, (start, end) in RANGES.items():
        answer = await anonymous.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, CONTENT[start:end]), asked
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
        assert answer.headers["Content-Length"] == str(end - start)
        assert answer.headers["ETag"] == ETAG
    for asked in (f"bytes={SIZE}-", "bytes=99999999-99999999", "bytes=-0"):
        answer = await anonymous.get(url, headers={"Range": asked})
        assert answer.status_code == 416, asked
        assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
        assert answer.json()["error"]["code"] == "RANGE_NOT_SATISFIABLE"


async def test_other_ranges_return_the_whole_file(anonymous: httpx.AsyncClient, url: str) -> None:
    for asked in IGNORED:
        answer = await anonymous.get(url, headers=[(b"Range", asked.encode())])
        assert (answer.status_code, len(answer.content)) == (200, SIZE), asked
    for tag in (ETAG, '"other"', f"W/{ETAG}", "Tue, 24 Nov 2026 00:00:00 GMT"):
        answer = await anonymous.get(url, headers={"Range": "bytes=0-1", "If-Range": tag})
        assert answer.status_code == (206 if tag == ETAG else 200), tag


async def test_guessed_url_and_url_of_a_running_upload_are_not_found(
    anonymous: httpx.AsyncClient, url: str, pool: Pool
) -> None:
    for method, token in product(("GET", "HEAD"), ("x", "A" * 43, "..%2f..%2fenv", "%00", "é")):
        assert (await anonymous.request(method, f"/media/{token}")).status_code == 404
    await pool.execute("delete from content_asset")
    assert (await anonymous.get(url)).status_code == 404


def expected_range(ranges: bytes) -> tuple[int, int]:
    """Apply RFC 9110 14.1.2 literally to one range of a file of 100 bytes."""
    first, last = ranges.removeprefix(b"bytes=").split(b"-")
    if not first:
        return max(0, 100 - int(last)), 100
    return int(first), min(100, int(last) + 1) if last else 100


numbers = st.one_of(st.just(""), st.integers(0, 200).map(str))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=numbers, last=numbers)
def test_range_follows_the_rfc(first: str, last: str) -> None:
    asked = f"bytes={first}-{last}".encode()
    served = FileDownloadHeaders("image/png", 100, bytes(32), UUID(int=1), "standard")
    headers: dict[bytes, Any] = {b"range": asked}
    if not (first or last) or (first and last and int(last) < int(first)):
        assert _requested_byte_range(headers, served) is None
    elif expected_range(asked)[0] >= 100:
        with pytest.raises(RangeUnsatisfiable):
            _requested_byte_range(headers, served)
    else:
        assert _requested_byte_range(headers, served) == expected_range(asked)


@ALL_STORAGES
async def test_missing_stored_file_is_a_server_error(
    anonymous: httpx.AsyncClient, url: str, project: UploadProject
) -> None:
    [stored] = project.stored()
    project.kept.remove(stored)
    answer = await anonymous.get(url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
