"""Refused uploads: each with its code, as early as possible, and nothing is stored."""

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from api.http import uploads
from api.routes.content import CONTENT_UPLOAD_RULES
from db.pool import Pool
from domain.media.streaming_upload import MIB
from tests import media
from tests.api.content.project import FILM, PNG, UploadProject, count_rows, file, film, text
from tests.api.disconnecting import call_and_disconnect
from tests.api.refusals import assert_refused

BOUNDARY = b"----boundary"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
HEAD = b'Content-Disposition: form-data; name="file"; filename="shop.png"\r\n'


@pytest_asyncio.fixture(autouse=True)
async def unchanged(project: UploadProject, pool: Pool) -> AsyncIterator[None]:
    yield
    assert await count_rows(pool) == 0
    assert project.stored() == []


def build_part(content: bytes, head: bytes = HEAD) -> bytes:
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n" + content + b"\r\n"


END = b"--" + BOUNDARY + b"--\r\n"


async def post_raw(project: UploadProject, content: Any, headers: dict[str, str] = FORM) -> httpx.Response:
    return await project.caller.http.post(f"{project.path}/upload", content=content, headers=headers)


async def test_raw_form_of_these_tests_is_accepted(project: UploadProject, pool: Pool) -> None:
    assert (await post_raw(project, build_part(PNG) + END)).status_code == 201
    await pool.execute("truncate content_item cascade")
    for name in project.stored():
        project.kept.remove(name)


FILES = {
    "two films": ([film(), film()], "file"),
    "a film and a picture": ([film(), file()], "file"),
    "a picture and a film": ([file(), film()], "file"),
    "eleven pictures": ([file()] * 11, "file"),
    "nothing": ([text("hook", "Look")], "caption"),
    "an empty caption alone": ([text("caption", " \r\n")], "caption"),
    "an empty file": ([file(b"")], "file[0]"),
    "a page": ([file(b"<html>", "shop.html", "text/html")], "file[0]"),
    "a page that is named a picture": ([file(b"<html>" * 100)], "file[0]"),
    "a picture named a film": ([file(PNG, "shop.mp4")], "file[0]"),
    "the second one named wrongly": ([file(), file(PNG, "b.webp")], "file[1]"),
    "a long name": ([file(PNG, "x" * 252 + ".png")], "file[0]"),
    "a head without a picture": ([file(PNG[:20])], "file[0]"),
    "a JPEG of nothing": ([file(b"\xff\xd8\xff" + bytes(500), "a.jpg", "image/jpeg")], "file[0]"),
    "a picture bomb": ([file(media.png_claiming(60_000, 60_000))], "file[0]"),
    "a picture that is too wide": ([file(media.png_claiming(8193, 1))], "file[0]"),
    "a picture that claims what it hasn't": ([file(media.png_claiming(8192, 8192))], "file[0]"),
    "a picture without a side": ([file(media.png_claiming(0, 5))], "file[0]"),
    "a good one and a bomb": ([file(), file(media.png_claiming(60_000, 60_000))], "file[1]"),
    "a film of 49 days": ([film(media.film(ms=2**32 - 1))], "file[0]"),
    "a film of no time": ([film(media.film(ms=0))], "file[0]"),
    "a film that is too wide": ([film(media.film(size=(60_000, 60_000)))], "file[0]"),
    "a film without its index": ([film(FILM[:24])], "file[0]"),
    "a box as large as the world": ([film(FILM[:20] + struct.pack(">I4sQ", 1, b"mdat", 2**62))], "file[0]"),
    "boxes in boxes": ([film(media.nested(5000))], "file[0]"),
    "100,000 tracks": ([film(media.tracks(100_000))], "file[0]"),
    "a long caption": ([file(), text("caption", "x" * 5001)], "caption"),
    "a very long caption": ([file(), text("caption", "x" * 50_000)], "caption"),
    "a long hook": ([file(), text("hook", "x" * 301)], "hook"),
    "a caption with NUL": ([file(), text("caption", "a\0b")], "caption"),
    "a caption in Latin-1": ([file(), text("caption", b"\xe9t\xe9")], "caption"),
    "a caption with half a pair": ([file(), text("caption", b"\xed\xa0\xbd")], "caption"),
    "two captions": ([text("caption", "a"), text("caption", "a")], "caption"),
    "an unknown part": ([file(), text("colour", "red")], "colour"),
    "a part without a name": ([file(), text("", "red")], "part"),
    "a part with a name that is too long to repeat": ([file(), text("x" * 900, "red")], "x" * 100),
}  # fmt: skip


async def test_invalid_part_is_reported(project: UploadProject, pool: Pool) -> None:
    for name, (parts, path) in FILES.items():
        assert_refused(await project.upload(*parts), 422, "VALIDATION", path)
        assert (await count_rows(pool), project.stored()) == (0, []), name


@pytest.mark.long
async def test_progressive_image_with_many_scans_is_refused(project: UploadProject) -> None:
    endless = file(media.rescanned(3000), "a.jpg", "image/jpeg")
    assert_refused(await project.upload(endless), 422, "VALIDATION", "file[0]")


async def test_a_name_is_printable(project: UploadProject) -> None:
    for name in ("a\0b.png", "a\x1fb.png", "a\u202eb.png"):
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
        assert_refused(await post_raw(project, build_part(PNG, head) + END), 422, "VALIDATION", "file[0]")


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "no boundary in it": PNG * 100,
    "another boundary": b"--other\r\n" + HEAD + b"\r\nx\r\n--other--\r\n",
    "no end": build_part(PNG),
    "an end in mid-file": build_part(PNG * 1000)[:20_000],
    "an end in a head": build_part(PNG) + b"--" + BOUNDARY + b"\r\nContent-Dis",
    "an end in a head's first line": b"--" + BOUNDARY,
    "a head that is none": build_part(PNG, b"nonsense\r\n") + END,
    "no disposition": build_part(PNG, b"Content-Type: image/png\r\n") + END,
    "another disposition": build_part(PNG, b'Content-Disposition: attachment; name="file"\r\n') + END,
    "no length that fits": build_part(PNG, HEAD + b"Content-Length: 5\r\n") + END,
    "no ASCII": build_part(PNG, b'Content-Disposition: form-data; name="\xff"\r\n') + END,
}


async def test_body_without_a_form_is_refused(project: UploadProject, pool: Pool) -> None:
    for name, body in UNREADABLE.items():
        assert_refused(await post_raw(project, body), 400, "BAD_REQUEST")
        assert (await count_rows(pool), project.stored()) == (0, []), name


async def test_only_a_form_with_a_boundary_is_read(project: UploadProject) -> None:
    bad, other = (400, "BAD_REQUEST"), (415, "UNSUPPORTED_MEDIA_TYPE")
    for kind, refused in (
        *((f"multipart/form-data{more}", bad) for more in ("", "; boundary=", ";")),
        *((kind, other) for kind in ("application/json", "multipart/mixed; boundary=x", "", "image/png")),
    ):
        assert_refused(await post_raw(project, build_part(PNG) + END, {"Content-Type": kind}), *refused)


class Endless:
    """An endless body; `sent` counts the bytes that were requested."""

    def __init__(self, start: bytes, chunk: bytes = bytes(64 * 1024), most: int = 400 * MIB) -> None:
        self.start, self.chunk, self.most, self.sent = start, chunk, most, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.start
        while self.sent < self.most:
            self.sent += len(self.chunk)
            yield self.chunk


def begin_form(content: bytes, head: bytes = HEAD) -> bytes:
    return build_part(content, head).removesuffix(b"\r\n")


TOO_MUCH = {
    "a picture": (begin_form(PNG), 30 * MIB),
    "a film": (begin_form(FILM, HEAD.replace(b"png", b"mp4")), 100 * MIB),
    "a head": (b"--" + BOUNDARY + b"\r\nX-", MIB),
    "many lines of a head": (b"--" + BOUNDARY + b"\r\n" + b"X-A: b\r\n" * 9, MIB),
    "a preamble": (b"", CONTENT_UPLOAD_RULES.body_max),
}


async def test_oversized_upload_is_refused_before_its_end(project: UploadProject) -> None:
    for name, (start, most) in TOO_MUCH.items():
        body = Endless(start, b"x" * 64 * 1024 if "head" in name else bytes(64 * 1024))
        assert_refused(await post_raw(project, body), 413, "PAYLOAD_TOO_LARGE")
        assert body.sent <= most + MIB, name


async def test_a_length_that_is_too_large_is_refused_unread(project: UploadProject) -> None:
    body = Endless(begin_form(PNG))
    assert_refused(
        await post_raw(project, body, FORM | {"Content-Length": str(CONTENT_UPLOAD_RULES.body_max + 1)}),
        413,
        "PAYLOAD_TOO_LARGE",
    )
    assert body.sent == 0


async def test_one_byte_over_the_limit_is_refused(project: UploadProject) -> None:
    assert_refused(await project.upload(file(PNG + bytes(30 * MIB + 1 - len(PNG)))), 413, "PAYLOAD_TOO_LARGE")


async def test_slow_upload_is_refused(project: UploadProject, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("UPLOAD_IDLE_TIMEOUT_S", "UPLOAD_TOTAL_TIMEOUT_S"):
        answered = asyncio.Event()
        with monkeypatch.context() as patch:
            patch.setattr(uploads, limit, 0.05)
            assert_refused(await post_raw(project, stall(answered)), 400, "BAD_REQUEST")
        answered.set()


async def stall(answered: asyncio.Event) -> AsyncIterator[bytes]:
    yield begin_form(PNG)
    await answered.wait()


async def test_disconnect_leaves_no_file(app: Litestar, project: UploadProject) -> None:
    """As the server reports it: the body ends in the middle of a file."""
    headers = {**FORM, "Authorization": f"Bearer {project.caller.key}"}
    body = build_part(PNG * 1000)[:50_000]
    [start, *_] = await call_and_disconnect(app, "POST", f"{project.path}/upload", headers=headers, body=body)
    assert start["status"] == 400


async def test_an_idempotency_key_has_its_form(project: UploadProject) -> None:
    for key in ("", "x" * 256):
        assert_refused(await project.upload(file(), Idempotency_Key=key), 422, "VALIDATION", "Idempotency-Key")
