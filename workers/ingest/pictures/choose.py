"""Choice among pictures: which are fetched, which are of use, and which of them are the same one."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from schemas.pictures import Picture, PictureKind
from workers.ingest.pictures.measure import Measured
from workers.ingest.shapes import Sighting

#: Pictures of one source that are fetched, and with them those that are kept; logos among them.
MOST, MOST_LOGOS = 20, 4
#: Kinds in the order in which they are fetched and shown.
KINDS: Sequence[PictureKind] = ("logo", "screenshot", "image")
#: Pixels of the longer and the shorter side from which a picture is of use. A line of text in a logo is 24
#: high; smaller ones are for browsers' tabs. Of the others, what is smaller is a button, a badge, which has
#: 18 to 28, or a pixel that counts visitors; networks take previews from 200 on.
LOGO, OTHERS = (64, 24), (200, 100)
#: Pixels of the longest side: what platforms and phones make of a picture stays below it.
LONGEST = 8192

#: The size in an address: `512x512bb.png`, `-300x200.jpg`, `=w240-h480-rw`, `?w=640&q=75`.
IN_PATH = re.compile(r"(?<![0-9a-z])\d{2,5}x\d{1,5}[a-z]{0,4}(?![0-9a-z])|=[swh]\d+[\w-]*$", re.IGNORECASE)
IN_QUERY = frozenset("w h width height size s q quality dpr fit".split())


def sighted(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Those to fetch: each address once, of kinds in their order, else as the source has them."""
    once: dict[str, Sighting] = {}
    for one in sorted(sightings, key=lambda one: KINDS.index(one.kind)):
        once.setdefault(one.url, one)
    logos = [one for one in once.values() if one.kind == "logo"][:MOST_LOGOS]
    return [*logos, *(one for one in once.values() if one.kind != "logo")][:MOST]


def is_useful(kind: PictureKind, measured: Measured) -> bool:
    """A drawing of a logo is of use in any size, since it has all of them."""
    longer, shorter = sorted((measured.width, measured.height), reverse=True)
    scales = kind == "logo" and measured.type == "image/svg+xml"
    longest, shortest = (1, 1) if scales else LOGO if kind == "logo" else OTHERS
    return longest <= longer <= LONGEST and shortest <= shorter


def distinct(met: Iterable[tuple[Picture, str]]) -> list[Picture]:
    """Each picture once, by the address where its redirects ended; of several sizes the largest."""
    alike: dict[str, Picture] = {}
    for picture, final_url in met:
        first = alike.setdefault(essence(final_url), picture)
        if picture.width * picture.height > first.width * first.height:
            alike[essence(final_url)] = msgspec.structs.replace(picture, kind=first.kind)
    return list(alike.values())


def essence(url: str) -> str:
    """The address without what is only the size of a picture."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key.lower() not in IN_QUERY]
    return parts._replace(path=IN_PATH.sub("", parts.path), query=urlencode(query), fragment="").geturl()
