"""App of either store: turns its listing into candidates, in the parsing process."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from domain.values import countries
from schemas.brand import Field, Value
from schemas.pictures import PictureKind
from workers.ingest import detection
from workers.ingest.appstore import prose
from workers.ingest.appstore.address import secure
from workers.ingest.asides import SkipRules
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.names import split_name
from workers.ingest.page.text import clean, cut, first_sentence, squash, words
from workers.ingest.shapes import LIST_SUFFIX, CandidateImage, Reading, candidates_of

DESCRIPTION, TAGLINE, NAME = 500, 120, 80
#: Screenshots of a listing that are used: Apple takes ten for each device, Google eight.
SCREENSHOTS = 20
#: The genre of apps without a better one: alone it has no meaning.
NO_GENRE = ["entertainment"]

#: Separators of scripts without blanks.
NARROW = {"：": ":", "｜": "|"}
WIDE = re.compile(r"[：｜]|(?<=[\u3040-\u30ff\u4e00-\u9fff])[-－–](?=[\u3040-\u30ff\u4e00-\u9fff])")

#: A value, its confidence, its rule.
Scored = tuple[Value, float, str]


class App(NamedTuple):
    """Listing of an app in its store, with empty fields where unset; `store` is its name in links and rules.

    `screenshots` are addresses, each with the name of its list.
    """

    store: str
    url: str
    country: str
    title: str
    seller: str
    website: str
    short: str
    description: str
    genres: list[str]
    icon: str
    screenshots: list[tuple[str, str]]


def read(app: App) -> Reading:
    asides = SkipRules(detection.detect(clean(app.description))[0])
    opening = prose.opening(app.description, asides)
    found: dict[Field, Iterator[Scored]] = {
        "appName": names(app),
        "appDescription": descriptions(app, opening, asides),
        "tagline": taglines(app, opening),
        "keywords": keywords(app.genres),
        "primaryLanguage": languages(app),
        "logoUrl": logos(app),
        "links": links(app),
    }
    scored = (
        (field, value, worth, f"{app.store}.{rule}")
        for field, ladder in found.items()
        for value, worth, rule in ladder
    )
    return Reading(
        candidates=candidates_of(app.url, scored),
        passages=list(prose.passages(f"{app.short}\n{app.description}", app.url)),
        pictures=list(pictures(app)),
    )


def pictures(app: App) -> Iterator[CandidateImage]:
    """Yield the icon, and the screenshots in the store's order."""
    found: list[tuple[PictureKind, str, str]] = [("logo", app.icon, "icon")]
    found += [("screenshot", address, rule) for address, rule in app.screenshots[:SCREENSHOTS]]
    for kind, address, rule in found:
        if url := secure(address):
            yield CandidateImage(kind=kind, url=url, rule=f"{app.store}.{rule}", page=app.url)


def names(app: App) -> Iterator[Scored]:
    for text, worth, rule in ((app.title, 0.95, "name"), (app.seller, 0.30, "seller")):
        if name := cut(split(text)[0], NAME):
            yield name, worth, rule


def split(title: str) -> tuple[str, str]:
    """Split the brand from the line after it: `Spark – Email App by Readdle`, `Duolingo：学习英语`."""
    head, tail = split_name(WIDE.sub(lambda found: f" {NARROW.get(found[0], '-')} ", title))
    return (head.strip(), tail) if tail else split_name(title)


def descriptions(app: App, opening: list[str], asides: SkipRules) -> Iterator[Scored]:
    """Yield the opening, and the list items as an alternative. Without an opening, yield the short text."""
    if text := cut(" ".join(opening), DESCRIPTION):
        yield text, 0.95, "description"
        if items := prose.listed(app.description, asides, DESCRIPTION):
            yield items, 0.70, f"description{LIST_SUFFIX}"
    elif text := cut(clean(app.short), DESCRIPTION):
        yield text, 0.50, "short"


def taglines(app: App, opening: list[str]) -> Iterator[Scored]:
    name, tail = split(app.title)
    ladder = (
        (clean(app.short), 2, 0.95, "short"),
        (tail, 2, 0.80, "name.tail"),
        *((first_sentence(line), 3, 0.55, "description.first") for line in opening[:1]),
    )
    for line, fewest, worth, rule in ladder:
        if words(line) >= fewest and len(line) <= TAGLINE and squash(line) != squash(name):
            yield line, worth, rule


def keywords(genres: list[str]) -> Iterator[Scored]:
    found = distinct_keywords(genres)
    if found and found != NO_GENRE:
        yield found, 0.90, "genres"


def languages(app: App) -> Iterator[Scored]:
    """Yield the language of the text, since many listings aren't translated; then the storefront's."""
    yield from detection.weigh(clean(f"{app.short} {app.description}"), [])
    if language := countries.language(app.country):
        yield language, 0.40, "storefront"


def logos(app: App) -> Iterator[Scored]:
    if icon := secure(app.icon):
        yield icon, 0.90, "icon"


def links(app: App) -> Iterator[Scored]:
    shown = {"website": secure(app.website), app.store: app.url}
    yield {name: url for name, url in shown.items() if url}, 0.90, "links"
