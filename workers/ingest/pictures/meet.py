"""Fetch of candidate images: fetches the images that a source names, and keeps the useful ones.

Each request goes through the SSRF guard, by robots.txt and the site rate limit. The whole file of a logo
is read, of all others the first bytes. A failed image is left out: an ingest never fails because of one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from schemas.errors import SourceError, Unreachable
from schemas.pictures import Picture
from workers.ingest.parser.parser import Parser, ask
from workers.ingest.pictures.choose import distinct, is_useful, sighted
from workers.ingest.pictures.measure import Measured, is_drawing, measure
from workers.ingest.shapes import Drawing, Logo, Sighting, Size
from workers.ingest.website.session import WANTS, Session, Web
from workers.web.fetch import Fetched

#: Seconds that all images of an ingest may take; and images that are fetched at once.
PICTURES_S, AT_ONCE = 4.0, 4

#: Fetches an image with the `WANTS` of its kind. Raises a `SourceError`, or `TimeoutError`.
Fetch = Callable[[Sighting], Awaitable[Fetched]]


class Met(NamedTuple):
    """Fetched images, logos first, and the first logo with its whole file.

    `late`: the time ran out, or a server takes no requests for now.
    """

    pictures: Sequence[Picture] = ()
    logo: Logo | None = None
    late: bool = False


class One(NamedTuple):
    """Measured image; its address after redirects, and its file if it is a whole logo."""

    picture: Picture
    final_url: str
    logo: Logo | None


async def meet(web: Web, parser: Parser, sightings: Iterable[Sighting]) -> Met:
    """Fetch the public images of a source."""
    return await meet_by(fetch_from(web), parser, sightings)


def fetch_from(web: Web) -> Fetch:
    session = Session(web, within_s=PICTURES_S)

    async def fetch(sighting: Sighting) -> Fetched:
        return await session.open(sighting.url, kind_of(sighting))

    return fetch


async def meet_by(fetch: Fetch, parser: Parser, sightings: Iterable[Sighting]) -> Met:
    """Fetch the candidates by `fetch` within `PICTURES_S`."""
    slots, late, clock = asyncio.Semaphore(AT_ONCE), False, asyncio.get_running_loop().time
    ends = clock() + PICTURES_S

    async def one(sighting: Sighting) -> One | None:
        nonlocal late
        try:
            async with asyncio.timeout_at(ends), slots:
                return await look(await fetch(sighting), parser, sighting)
        except TimeoutError:  # Raised at once if a Crawl-delay is longer than the time left.
            late |= clock() >= ends
        except SourceError as error:
            late |= is_for_now(error)
        return None

    found = await asyncio.gather(*map(one, sighted(sightings)))
    met = [one for one in found if one is not None]
    pictures = distinct((one.picture, one.final_url) for one in met)
    return Met(pictures, next((one.logo for one in met if one.logo), None), late)


def is_for_now(error: SourceError) -> bool:
    """Return whether a later fetch may succeed. A server that is unreachable mostly stays so."""
    return error.retryable and not isinstance(error, Unreachable)


async def look(fetched: Fetched, parser: Parser, sighting: Sighting) -> One | None:
    """Build the image from its first bytes; None if it is no image, or not useful."""
    measured = await measured_of(fetched.body, parser)
    if measured is None or not is_useful(sighting.kind, measured):
        return None
    length = length_of(fetched, WANTS[kind_of(sighting)].limit)
    picture = Picture(
        kind=sighting.kind,
        url=sighting.url,
        width=measured.width,
        height=measured.height,
        type=measured.type,
        rule=sighting.rule,
        page=sighting.page,
        bytes=length,
        alt=sighting.alt,
    )
    whole = sighting.kind == "logo" and length == len(fetched.body)
    return One(picture, fetched.url, Logo(url=picture.url, body=fetched.body) if whole else None)


async def measured_of(head: bytes, parser: Parser) -> Measured | None:
    if not is_drawing(head):
        return measure(head)
    size = await ask(parser, Drawing(body=head))
    assert isinstance(size, Size)  # noqa: S101  the parser of a drawing returns one
    return Measured("image/svg+xml", size.width, size.height)


def kind_of(sighting: Sighting) -> str:
    return "logo" if sighting.kind == "logo" else "picture"


def length_of(fetched: Fetched, limit: int) -> int | None:
    """Return the bytes of the whole file: the received ones, or for a part the total of its server."""
    _, _, total = fetched.headers.get("Content-Range", "").partition("/")
    if not total and len(fetched.body) < limit:
        return len(fetched.body)
    said = total or (
        "" if "Content-Encoding" in fetched.headers else fetched.headers.get("Content-Length", "")
    )
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else None
