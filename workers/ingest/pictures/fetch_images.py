"""Fetch of candidate images: fetches the images that a source names, and keeps the useful ones.

Each request goes through the SSRF guard, by robots.txt and the site rate limit. The whole file of a logo
is read, of all others the first bytes. A failed image is left out: an ingest never fails because of one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from schemas.errors import SourceError, Unreachable
from schemas.pictures import Picture
from workers.ingest.parser.parser import Parser, parse_document
from workers.ingest.pictures.choose import choose_candidates, distinct_images, is_useful
from workers.ingest.pictures.measure import Measured, is_drawing, measure
from workers.ingest.shapes import CandidateImage, FetchedDrawing, Logo, Size
from workers.ingest.website.session import WANTS, CrawlSession, Web
from workers.web.fetch import FetchedResponse

#: Seconds that all images of an ingest may take.
PICTURES_S = 4.0
MAX_PARALLEL = 4

#: Fetches an image with the `WANTS` of its kind. Raises a `SourceError`, or `TimeoutError`.
Fetch = Callable[[CandidateImage], Awaitable[FetchedResponse]]


class FetchedImages(NamedTuple):
    """Fetched images, logos first, and the first logo with its whole file.

    `late`: the time ran out, or a server takes no requests for now.
    """

    pictures: Sequence[Picture] = ()
    logo: Logo | None = None
    late: bool = False


class MeasuredImage(NamedTuple):
    """Measured image; its address after redirects, and its file if it is a whole logo."""

    picture: Picture
    final_url: str
    logo: Logo | None


def open_fetch(web: Web) -> Fetch:
    """Return a fetch of public images."""
    session = CrawlSession(web, within_s=PICTURES_S)

    async def fetch(candidate: CandidateImage) -> FetchedResponse:
        return await session.open(candidate.url, request_kind(candidate))

    return fetch


async def fetch_images(fetch: Fetch, parser: Parser, candidates: Iterable[CandidateImage]) -> FetchedImages:
    """Fetch the candidates by `fetch` within `PICTURES_S`."""
    slots, late, clock = asyncio.Semaphore(MAX_PARALLEL), False, asyncio.get_running_loop().time
    ends = clock() + PICTURES_S

    async def fetch_and_measure(candidate: CandidateImage) -> MeasuredImage | None:
        nonlocal late
        try:
            async with asyncio.timeout_at(ends), slots:
                return await measure_image(await fetch(candidate), parser, candidate)
        except TimeoutError:  # Raised at once if a Crawl-delay is longer than the time left.
            late |= clock() >= ends
        except SourceError as error:
            # A later fetch may succeed, but a server that is unreachable mostly stays so.
            late |= error.retryable and not isinstance(error, Unreachable)
        return None

    results = await asyncio.gather(*map(fetch_and_measure, choose_candidates(candidates)))
    images = [image for image in results if image is not None]
    pictures = distinct_images((image.picture, image.final_url) for image in images)
    return FetchedImages(pictures, next((image.logo for image in images if image.logo), None), late)


async def measure_image(
    fetched: FetchedResponse, parser: Parser, candidate: CandidateImage
) -> MeasuredImage | None:
    """Build the image from its first bytes; None if it is no image, or not useful."""
    measured = await measure_head(fetched.body, parser)
    if measured is None or not is_useful(candidate.kind, measured):
        return None
    length = whole_length(fetched, WANTS[request_kind(candidate)].limit)
    picture = Picture(
        kind=candidate.kind,
        url=candidate.url,
        width=measured.width,
        height=measured.height,
        type=measured.type,
        rule=candidate.rule,
        page=candidate.page,
        bytes=length,
        alt=candidate.alt,
    )
    is_whole_logo = candidate.kind == "logo" and length == len(fetched.body)
    return MeasuredImage(
        picture, fetched.url, Logo(url=picture.url, body=fetched.body) if is_whole_logo else None
    )


async def measure_head(head: bytes, parser: Parser) -> Measured | None:
    if not is_drawing(head):
        return measure(head)
    size = await parse_document(parser, FetchedDrawing(body=head))
    assert isinstance(size, Size)  # noqa: S101  the parser of a drawing returns one
    return Measured("image/svg+xml", size.width, size.height)


def request_kind(candidate: CandidateImage) -> str:
    return "logo" if candidate.kind == "logo" else "picture"


def whole_length(fetched: FetchedResponse, limit: int) -> int | None:
    """Return the bytes of the whole file: the received ones, or for a part the total of its server.

    Return None if the server declares no usable total.
    """
    _, _, total = fetched.headers.get("Content-Range", "").partition("/")
    if not total and len(fetched.body) < limit:
        return len(fetched.body)
    declared = total or (
        "" if "Content-Encoding" in fetched.headers else fetched.headers.get("Content-Length", "")
    )
    return int(declared) if declared.isascii() and declared.isdecimal() and len(declared) < 16 else None
