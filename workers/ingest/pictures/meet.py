"""Meeting of pictures: fetches those that a source names, and keeps what is a picture of use.

Each request goes through the guard, by robots.txt and the site rate limit. Of a logo the whole file is read,
of all others the first bytes. Whatever fails is left out: no picture is worth an ingest.
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

#: Seconds that all pictures of an ingest may take; and how many are fetched at once.
PICTURES_S, AT_ONCE = 4.0, 4

#: Fetches a picture as `WANTS` has its kind. Raises a `SourceError`, or `TimeoutError`.
Fetch = Callable[[Sighting], Awaitable[Fetched]]


class Met(NamedTuple):
    """Pictures, logos first, and the first logo whose file was read whole.

    `late`: time ran out before, or a server takes no requests for now.
    """

    pictures: Sequence[Picture] = ()
    logo: Logo | None = None
    late: bool = False


class One(NamedTuple):
    """Picture that was measured; where its redirects ended, and its file if it is a whole logo."""

    picture: Picture
    final_url: str
    logo: Logo | None


async def meet(web: Web, parser: Parser, sightings: Iterable[Sighting]) -> Met:
    """Those pictures that anybody can open."""
    return await meet_by(fetch_from(web), parser, sightings)


def fetch_from(web: Web) -> Fetch:
    session = Session(web, within_s=PICTURES_S)

    async def fetch(sighting: Sighting) -> Fetched:
        return await session.open(sighting.url, kind_of(sighting))

    return fetch


async def meet_by(fetch: Fetch, parser: Parser, sightings: Iterable[Sighting]) -> Met:
    """Those that `fetch` gets within `PICTURES_S`."""
    slots, late, clock = asyncio.Semaphore(AT_ONCE), False, asyncio.get_running_loop().time
    ends = clock() + PICTURES_S

    async def one(sighting: Sighting) -> One | None:
        nonlocal late
        try:
            async with asyncio.timeout_at(ends), slots:
                return await look(await fetch(sighting), parser, sighting)
        except TimeoutError:  # At once where a Crawl-delay is longer than the time that is left.
            late |= clock() >= ends
        except SourceError as error:
            late |= is_for_now(error)
        return None

    found = await asyncio.gather(*map(one, sighted(sightings)))
    met = [one for one in found if one is not None]
    pictures = distinct((one.picture, one.final_url) for one in met)
    return Met(pictures, next((one.logo for one in met if one.logo), None), late)


def is_for_now(error: SourceError) -> bool:
    """True if the picture may come another time. A server that isn't there mostly stays away."""
    return error.retryable and not isinstance(error, Unreachable)


async def look(fetched: Fetched, parser: Parser, sighting: Sighting) -> One | None:
    """The picture as its first bytes show it; None for what is none, or is of no use."""
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
    """Bytes of the whole file: those that came, or where that is a part, as many as its server says."""
    _, _, total = fetched.headers.get("Content-Range", "").partition("/")
    if not total and len(fetched.body) < limit:
        return len(fetched.body)
    said = total or (
        "" if "Content-Encoding" in fetched.headers else fetched.headers.get("Content-Length", "")
    )
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else None
