"""Fetch of candidate images: fetches the images that a source names, and keeps the useful ones.

Each request goes through the SSRF guard, by robots.txt and the site rate limit. The whole file of a logo
is read, of all others the first bytes. A failed image is left out: an ingest never fails because of one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from schemas.errors import SourceError, SourceUnreachable
from schemas.pictures import PictureFoundByIngest
from workers.ingest.parser.parser import DocumentParser, parse_any_ingest_document
from workers.ingest.pictures.choose import choose_candidate_images, is_useful_image_size, keep_largest_distinct_images
from workers.ingest.pictures.measure import ImageTypeAndSize, is_svg_file, measure_image_type_and_size
from workers.ingest.shapes import CandidateImage, FetchedLogo, FetchedSvg, SvgSize
from workers.ingest.website.session import EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND, CrawlSession, WebCrawlResources
from workers.web.fetch import FetchedResponse

#: Seconds that all images of an ingest may take.
MAX_IMAGE_FETCHING_S = 4.0
MAX_PARALLEL_IMAGE_FETCHES = 4

#: Fetches an image with the `EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND` of its kind. Raises a `SourceError`, or
#: `TimeoutError`.
FetchImage = Callable[[CandidateImage], Awaitable[FetchedResponse]]


class FetchedPicturesAndLogoFiles(NamedTuple):
    """Fetched images, logos first, and the logos with their whole files, the best first.

    `late`: the time ran out, or a server takes no requests for now.
    """

    pictures: Sequence[PictureFoundByIngest] = ()
    logos: Sequence[FetchedLogo] = ()
    late: bool = False


class MeasuredImage(NamedTuple):
    """Measured image; its address after redirects, and its file if it is a whole logo."""

    picture: PictureFoundByIngest
    final_url: str
    logo: FetchedLogo | None


def build_web_image_fetcher(web: WebCrawlResources) -> FetchImage:
    """Return a function that fetches a candidate image from the public web."""
    session = CrawlSession(web, within_s=MAX_IMAGE_FETCHING_S)

    async def fetch(candidate: CandidateImage) -> FetchedResponse:
        return await session.request_url(candidate.url, choose_logo_or_picture_request_kind(candidate))

    return fetch


async def fetch_useful_images(
    fetch: FetchImage, parser: DocumentParser, candidates: Iterable[CandidateImage]
) -> FetchedPicturesAndLogoFiles:
    """Fetch candidate images by `fetch` within `MAX_IMAGE_FETCHING_S` seconds; return the useful ones.

    A failed or late image is left out. The result's `late` means that a later fetch may get more.
    """
    slots, late, clock = asyncio.Semaphore(MAX_PARALLEL_IMAGE_FETCHES), False, asyncio.get_running_loop().time
    ends = clock() + MAX_IMAGE_FETCHING_S

    async def fetch_and_measure(candidate: CandidateImage) -> MeasuredImage | None:
        nonlocal late
        try:
            async with asyncio.timeout_at(ends), slots:
                return await build_measured_image(await fetch(candidate), parser, candidate)
        except TimeoutError:  # Raised at once if a Crawl-delay is longer than the time left.
            late |= clock() >= ends
        except SourceError as error:
            # A later fetch may succeed, but a server that is unreachable mostly stays so.
            late |= error.retryable and not isinstance(error, SourceUnreachable)
        return None

    results = await asyncio.gather(*map(fetch_and_measure, choose_candidate_images(candidates)))
    images = [image for image in results if image is not None]
    pictures = keep_largest_distinct_images((image.picture, image.final_url) for image in images)
    return FetchedPicturesAndLogoFiles(pictures, [image.logo for image in images if image.logo], late)


async def build_measured_image(
    fetched: FetchedResponse, parser: DocumentParser, candidate: CandidateImage
) -> MeasuredImage | None:
    """Return a fetched candidate as an image, measured by its first bytes; None for no known type or useful size."""
    measured = await measure_image_head(fetched.body, parser)
    if measured is None or not is_useful_image_size(candidate.kind, measured):
        return None
    length = read_image_byte_count_from_headers(
        fetched, EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND[choose_logo_or_picture_request_kind(candidate)].limit
    )
    picture = PictureFoundByIngest(
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
        picture, fetched.url, FetchedLogo(url=picture.url, body=fetched.body) if is_whole_logo else None
    )


async def measure_image_head(head: bytes, parser: DocumentParser) -> ImageTypeAndSize | None:
    if not is_svg_file(head):
        return measure_image_type_and_size(head)
    size = await parse_any_ingest_document(parser, FetchedSvg(body=head))
    assert isinstance(size, SvgSize)  # noqa: S101  the parser of a drawing returns one
    return ImageTypeAndSize("image/svg+xml", size.width, size.height)


def choose_logo_or_picture_request_kind(candidate: CandidateImage) -> str:
    return "logo" if candidate.kind == "logo" else "picture"


def read_image_byte_count_from_headers(fetched: FetchedResponse, limit: int) -> int | None:
    """Return the size in bytes of the whole file of a fetched image, of which `limit` bytes are read at most.

    For a part it is the total that the server declares. Return None if the server declares no usable total.
    """
    _, _, total = fetched.headers.get("Content-Range", "").partition("/")
    if not total and len(fetched.body) < limit:
        return len(fetched.body)
    declared = total or ("" if "Content-Encoding" in fetched.headers else fetched.headers.get("Content-Length", ""))
    return int(declared) if declared.isascii() and declared.isdecimal() and len(declared) < 16 else None
