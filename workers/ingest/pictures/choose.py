"""Choice among candidate images: the ones to fetch, the useful ones, and duplicates."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from schemas.pictures import PictureFoundByIngest, PictureKind
from workers.ingest.pictures.measure import ImageTypeAndSize
from workers.ingest.shapes import CandidateImage

#: Images of one source that are fetched, and so the most that are kept.
MAX_IMAGES_PER_SOURCE = 20
MAX_LOGOS_PER_SOURCE = 4
#: Kinds in the order in which they are fetched and shown.
IMAGE_FETCH_KIND_ORDER: Sequence[PictureKind] = ("logo", "screenshot", "image")
#: Pixels of the longer and the shorter side of a useful logo. A line of text in a logo is 24 high; smaller
#: logos are for browsers' tabs.
MIN_LOGO_SIDES_PX = (64, 24)
#: The same for other images. A smaller one is a button, a badge (18 to 28 high) or a tracking pixel; networks
#: take previews from 200 on.
MIN_IMAGE_SIDES_PX = (200, 100)
#: Pixels of the longest side: images of platforms and phones stay below it.
MAX_IMAGE_SIDE_PX = 8192

#: The size in an address: `512x512bb.png`, `-300x200.jpg`, `=w240-h480-rw`, `?w=640&q=75`.
IMAGE_SIZE_PATTERN = re.compile(r"(?<![0-9a-z])\d{2,5}x\d{1,5}[a-z]{0,4}(?![0-9a-z])|=[swh]\d+[\w-]*$", re.IGNORECASE)
IMAGE_SIZE_QUERY_KEYS = frozenset("w h width height size s q quality dpr fit".split())


def choose_candidate_images(candidates: Iterable[CandidateImage]) -> list[CandidateImage]:
    """Return up to `MAX_IMAGES_PER_SOURCE` images to fetch, each URL once: a few logos, screenshots, others."""
    by_url: dict[str, CandidateImage] = {}
    for candidate in sorted(candidates, key=lambda candidate: IMAGE_FETCH_KIND_ORDER.index(candidate.kind)):
        by_url.setdefault(candidate.url, candidate)
    logos = [candidate for candidate in by_url.values() if candidate.kind == "logo"][:MAX_LOGOS_PER_SOURCE]
    return [*logos, *(candidate for candidate in by_url.values() if candidate.kind != "logo")][:MAX_IMAGES_PER_SOURCE]


def is_useful_image_size(kind: PictureKind, measured: ImageTypeAndSize) -> bool:
    """Return whether an image is large enough for its kind, and not too large; an SVG logo may be of 1 pixel."""
    longer, shorter = sorted((measured.width, measured.height), reverse=True)
    is_scalable = kind == "logo" and measured.type == "image/svg+xml"
    min_longer, min_shorter = (1, 1) if is_scalable else MIN_LOGO_SIDES_PX if kind == "logo" else MIN_IMAGE_SIDES_PX
    return min_longer <= longer <= MAX_IMAGE_SIDE_PX and min_shorter <= shorter


def keep_largest_distinct_images(images: Iterable[tuple[PictureFoundByIngest, str]]) -> list[PictureFoundByIngest]:
    """Return each image once, by its final address without a size; of several the largest, with the first's kind."""
    by_key: dict[str, PictureFoundByIngest] = {}
    for picture, final_url in images:
        first_of_key = by_key.setdefault(strip_size_from_image_url(final_url), picture)
        if picture.width * picture.height > first_of_key.width * first_of_key.height:
            by_key[strip_size_from_image_url(final_url)] = msgspec.structs.replace(picture, kind=first_of_key.kind)
    return list(by_key.values())


def strip_size_from_image_url(url: str) -> str:
    """Return an image's URL without the parts of path and query that only set its size."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key.lower() not in IMAGE_SIZE_QUERY_KEYS]
    return parts._replace(path=IMAGE_SIZE_PATTERN.sub("", parts.path), query=urlencode(query), fragment="").geturl()
