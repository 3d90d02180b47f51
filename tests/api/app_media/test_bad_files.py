"""Refused app media: each file with its code, and nothing of it is stored."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from db.pool import Pool
from domain.media.streaming_upload import MIB
from tests import media
from tests.api.app_media.project import LOGO, SVG, AppMediaProject
from tests.api.refusals import assert_refused

HALF = media.grainy("JPEG")[:20_000]


def build_svg(inside: str, before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'.encode()


LAUGHS = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

FILES: dict[str, tuple[bytes, str]] = {
    "no bytes": (b"", "logo"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "logo"),
    "a page after a comment": (b"<!-- a --><html><body>" + bytes(50), "logo"),
    "half a JPEG": (HALF, "screenshot"),
    "a header of more than it has": (media.png_claiming(8192, 8192), "end_card"),
    "a drawing as a screenshot": (SVG, "screenshot"),
    "a film as a logo": (media.film(), "logo"),
    "a picture as a demo": (LOGO, "demo_video"),
    "a playlist": (b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", "demo_video"),
    "a list of files": (b"ffconcat version 1.0\nfile /etc/passwd\n", "demo_video"),
    "a film of 49 days": (media.film(ms=2**32 - 1), "demo_video"),
    "entities": (build_svg("<path d='M0 0'/>&b;", LAUGHS), "logo"),
    "an entity from a file": (build_svg("<title>&x;</title>", OUTSIDE), "logo"),
    "entities in UTF-16": (build_svg("&b;", LAUGHS).decode().encode("utf-16"), "logo"),
    "other XML": (b"<?xml version='1.0'?><note/>", "logo"),
    "no XML": (b"<svg xmlns='http://www.w3.org/2000/svg'><g>", "logo"),
    "a drawing with text": (build_svg("<text>Acme</text>"), "logo"),
    "a drawing with a picture": (build_svg("<image href='//evil.example/a.png'/>"), "logo"),
    "a drawing with a page": (build_svg("<foreignObject><p>a</p></foreignObject>"), "logo"),
    "many elements": (build_svg("<g/>" * 20_001), "logo"),
}


@pytest_asyncio.fixture(autouse=True)
async def unchanged(project: AppMediaProject, pool: Pool) -> AsyncIterator[None]:
    yield
    assert await pool.fetchval("select (select count(*) from app_media) + (select count(*) from media_upload)") == 0
    assert project.kept.names() == []


async def test_invalid_file_is_reported(project: AppMediaProject) -> None:
    for name, (content, kind) in FILES.items():
        answer = await project.send(content, name="", kind=kind)
        assert answer.status_code == 422, (name, answer.text)
        assert_refused(answer, 422, "VALIDATION", "file[0]")


async def test_each_kind_has_a_maximum_file_size(project: AppMediaProject) -> None:
    for kind, most in (("logo", 5), ("screenshot", 10), ("end_card", 5)):
        too_large = LOGO + bytes(most * MIB + 1 - len(LOGO))
        assert_refused(await project.send(too_large, kind=kind), 413, "PAYLOAD_TOO_LARGE")
    long = b"<svg>" + b" " * MIB
    assert_refused(await project.send(long, name="", kind="logo"), 413, "PAYLOAD_TOO_LARGE")


async def test_a_video_of_more_than_200_mib_is_refused_unread(project: AppMediaProject) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(202 * MIB)}

    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    answer = await project.caller.http.post(project.path, content=nothing(), headers=headers)
    assert_refused(answer, 413, "PAYLOAD_TOO_LARGE")


async def test_form_needs_exactly_a_kind_and_a_file(project: AppMediaProject) -> None:
    async def post(parts: list[tuple[str, Any]]) -> httpx.Response:
        return await project.caller.http.post(project.path, files=parts)

    file, kind = ("file", ("a.png", LOGO)), ("kind", (None, b"logo"))
    for parts, path in (
        ([file], "kind"),
        ([("kind", (None, b"icon")), file], "kind"),
        ([file, ("kind", (None, b"icon"))], "kind"),
        ([kind], "file"),
        ([kind, file, file], "file"),
        ([kind, file, ("caption", (None, b"a"))], "caption"),
        ([kind, file, ("transcript", (None, b"Hello"))], "transcript"),
        ([("kind", (None, b"demo_video")), ("transcript", (None, b"a" * 5001))], "transcript"),
    ):
        assert_refused(await post(parts), 422, "VALIDATION", path)


async def test_invalid_url_is_reported(project: AppMediaProject) -> None:
    for body, path in (
        ({"kind": "logo", "url": "file:///etc/passwd"}, "url"),
        ({"kind": "logo", "url": "http://127.0.0.1/a.png"}, "url"),
        ({"kind": "logo", "url": "http://[::ffff:10.0.0.1]/a.png"}, "url"),
        ({"kind": "logo", "url": "http://user@example.com/a.png"}, "url"),
        ({"kind": "icon", "url": "https://example.com/a.png"}, "kind"),
        ({"kind": "logo", "url": "https://example.com/a.png", "transcript": "Hello"}, "transcript"),
        ({"kind": "logo"}, "url"),
    ):
        assert_refused(await project.caller.http.post(project.path, json=body), 422, "VALIDATION", path)
    wrong = await project.caller.http.post(project.path, content=b"a", headers={"Content-Type": "image/png"})
    assert wrong.status_code == 415
    assert "multipart/form-data or application/json" in wrong.text
