"""Choice among candidate images: the ones to fetch, the useful ones, and duplicates."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from schemas.pictures import Picture, PictureKind
from workers.ingest.pictures.measure import Measured
from workers.ingest.shapes import Sighting

#: Images of one source that are fetched, and so the most that are kept; logos among them.
MOST, MOST_LOGOS = 20, 4
#: Kinds in the order in which they are fetched and shown.
KINDS: Sequence[PictureKind] = ("logo", "screenshot", "image")
#: Pixels of the longer and the shorter side from which an image is useful. A line of text in a logo is 24
#: high; smaller logos are for browsers' tabs. A smaller image of another kind is a button, a badge (18 to 28
#: high) or a tracking pixel; networks take previews from 200 on.
LOGO, OTHERS = (64, 24), (200, 100)
#: Pixels of the longest side: images of platforms and phones stay below it.
LONGEST = 8192

#: The size in an address: `512x512bb.png`, `-300x200.jpg`, `=w240-h480-rw`, `?w=640&q=75`.
IN_PATH = re.compile(r"(?<![0-9a-z])\d{2,5}x\d{1,5}[a-z]{0,4}(?![0-9a-z])|=[swh]\d+[\w-]*$", re.IGNORECASE)
IN_QUERY = frozenset("w h width height size s q quality dpr fit".split())


def sighted(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return the candidates to fetch: each address once, by kind, then in the source's order."""
    once: dict[str, Sighting] = {}
    for one in sorted(sightings, key=lambda one: KINDS.index(one.kind)):
        once.setdefault(one.url, one)
    logos = [one for one in once.values() if one.kind == "logo"][:MOST_LOGOS]
    return [*logos, *(one for one in once.values() if one.kind != "logo")][:MOST]


def is_useful(kind: PictureKind, measured: Measured) -> bool:
    """Return whether an image is large enough. A drawing of a logo is useful in any size, since it scales."""
    longer, shorter = sorted((measured.width, measured.height), reverse=True)
    scales = kind == "logo" and measured.type == "image/svg+xml"
    longest, shortest = (1, 1) if scales else LOGO if kind == "logo" else OTHERS
    return longest <= longer <= LONGEST and shortest <= shorter


def distinct(met: Iterable[tuple[Picture, str]]) -> list[Picture]:
    """Return each image once, by the address after redirects; of several sizes the largest."""
    alike: dict[str, Picture] = {}
    for picture, final_url in met:
        first = alike.setdefault(essence(final_url), picture)
        if picture.width * picture.height > first.width * first.height:
            alike[essence(final_url)] = msgspec.structs.replace(picture, kind=first.kind)
    return list(alike.values())


def essence(url: str) -> str:
    """Return the address without the parts that only set an image's size."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key.lower() not in IN_QUERY]
    return parts._replace(path=IN_PATH.sub("", parts.path), query=urlencode(query), fragment="").geturl()
