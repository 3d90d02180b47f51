"""Images of a real server: the useful ones are kept, and the cost of the others is limited."""

import asyncio

import pytest

from tests.media import picture, png_claiming
from tests.workers.web.web import (
    Answers,
    Script,
    Site,
    allowed_client,
    flood_after,
    image_response,
    raw_response,
    robots_txt,
    serve,
)
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.pictures import fetch_images as meeting
from workers.ingest.pictures.fetch_images import (
    FetchedPicturesAndLogoFiles,
    build_web_image_fetcher,
    fetch_useful_images,
)
from workers.ingest.shapes import CandidateImage
from workers.ingest.website.session import build_crawl_resources


async def fetched_from(
    parser: DocumentParser, answers: Answers, *paths: str
) -> tuple[FetchedPicturesAndLogoFiles, Site]:
    """Fetch the images at the paths; paths that begin with `/logo` are logos."""
    async with serve(answers) as site, allowed_client(site) as client:
        candidates = [
            CandidateImage(
                kind="logo" if path.startswith("/logo") else "image",
                url=path if path.startswith("http") else site.url(path),
                rule="html.og:image",
                page=site.url(),
            )
            for path in paths
        ]
        return await fetch_useful_images(
            build_web_image_fetcher(build_crawl_resources(client)), parser, candidates
        ), site


async def test_logos_are_fetched_first_and_whole_others_in_part(parser: DocumentParser) -> None:
    large = picture(size=(640, 360)) + bytes(300_000)
    logo = picture(size=(180, 180))
    answers = {"/a.png": image_response(large), "/logo.png": image_response(logo), "/robots.txt": raw_response(404)}
    images, site = await fetched_from(parser, answers, "/a.png", "/logo.png")
    assert [(image.kind, image.width, image.height, image.bytes) for image in images.pictures] == [
        ("logo", 180, 180, len(logo)),
        ("image", 640, 360, len(large)),
    ]
    assert [fetched.body for fetched in images.logos] == [logo]
    headers_by_path = dict(site.asked)
    assert headers_by_path["/a.png"]["range"] == "bytes=0-65535"
    assert "range" not in headers_by_path["/logo.png"]


async def test_a_partial_response_has_the_whole_length(parser: DocumentParser) -> None:
    head = picture(size=(640, 360))
    answer = image_response(head, content_range=f"bytes 0-{len(head) - 1}/123456").replace(b" 200 ", b" 206 ")
    images, _ = await fetched_from(parser, {"/a.png": answer}, "/a.png")
    assert [image.bytes for image in images.pictures] == [123_456]


IMAGE_HEAD = b"HTTP/1.1 200 X\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n" + picture(size=(640, 360))


async def promising(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send an image that declares 200 MB."""
    head = b"HTTP/1.1 200 X\r\ncontent-type: image/png\r\ncontent-length: 200000000\r\n\r\n"
    writer.write(head + picture(size=(640, 360)) + bytes(2 << 20))
    await writer.drain()


@pytest.mark.parametrize("path", ["/a.png", "/logo.png"])
@pytest.mark.parametrize("script", [flood_after(IMAGE_HEAD), promising])
async def test_no_more_bytes_are_read_than_needed(parser: DocumentParser, path: str, script: Script) -> None:
    images, _ = await fetched_from(parser, {path: script}, path)
    assert [(image.width, image.height) for image in images.pictures] == [(640, 360)]
    assert images.logos == []
    assert not images.late


async def test_useless_images_are_left_out(parser: DocumentParser) -> None:
    useless = [
        raw_response(404),
        raw_response(500),
        raw_response(302, location="http://10.0.0.1/a.png"),
        raw_response(302, location="http://169.254.169.254/latest"),
        raw_response(302, location="/4.png"),
        raw_response(body=picture(size=(640, 360)), content_type="text/html"),
        image_response(b"<html><body>Not found"),
        image_response(b""),
        image_response(picture(size=(640, 360))[:20]),
        image_response(picture(size=(1, 1))),
        image_response(picture(size=(199, 199))),
        image_response(picture(size=(640, 99))),
        image_response(png_claiming(60_000, 60_000)),
        image_response(b"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='20'/>", "image/svg+xml"),
        image_response(picture(size=(640, 360)), content_encoding="gzip, gzip"),
    ]
    answers = {f"/{number}.png": answer for number, answer in enumerate(useless)}
    answers["/useful.png"] = image_response(picture(size=(200, 200)))
    images, site = await fetched_from(parser, answers, *answers)
    assert {*answers} < {*site.paths}
    assert [(image.url, image.height) for image in images.pictures] == [(site.url("/useful.png"), 200)]


async def test_of_several_sizes_the_largest_image_is_kept(parser: DocumentParser) -> None:
    answers = {
        "/p-300x200.png": image_response(picture(size=(300, 200))),
        "/p-600x400.png": image_response(picture(size=(600, 400))),
        "/p.png?w=900": image_response(picture(size=(900, 600))),
        "/moved": raw_response(302, location="/q.png"),
        "/q.png": image_response(picture(size=(400, 400))),
    }
    paths = ("/p-300x200.png", "/p-600x400.png", "/moved", "/q.png", "/q.png")
    images, site = await fetched_from(parser, answers, *paths)
    assert [(image.url, image.width) for image in images.pictures] == [
        (site.url("/p-600x400.png"), 600),
        (site.url("/moved"), 400),
    ]


@pytest.mark.parametrize(("status", "late"), [(429, True), (503, True), (404, False), (403, False)])
async def test_temporary_refusals_mark_the_images_as_late(parser: DocumentParser, status: int, late: bool) -> None:
    images, _ = await fetched_from(
        parser,
        {"/a.png": raw_response(status), "/logo.png": image_response(picture(size=(180, 180)))},
        "/a.png",
        "/logo.png",
    )
    assert [image.kind for image in images.pictures] == ["logo"]
    assert images.late is late


async def test_an_unreachable_server_is_not_late(parser: DocumentParser) -> None:
    async with serve({}) as gone:
        pass
    async with allowed_client(gone) as client:
        candidate = CandidateImage(kind="image", url=gone.url("/a.png"), rule="html.og:image", page=gone.url())
        images = await fetch_useful_images(build_web_image_fetcher(build_crawl_resources(client)), parser, [candidate])
    assert images == FetchedPicturesAndLogoFiles([], [], late=False)


async def test_a_long_crawl_delay_skips_images_at_once(parser: DocumentParser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "MAX_IMAGE_FETCHING_S", 9.0)
    rules = robots_txt("Crawl-delay: 10")
    answers = {"/robots.txt": rules, **{f"/{name}.png": image_response(picture(size=(300, 300))) for name in "abc"}}
    images, _ = await fetched_from(parser, answers, "/a.png", "/b.png", "/c.png")
    assert len(images.pictures) == 1
    assert not images.late
