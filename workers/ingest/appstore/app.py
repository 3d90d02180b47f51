"""App of either store: turns its listing into candidates, in the parsing process."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from domain.values import countries
from schemas.brand import Field, Value
from schemas.pictures import PictureKind
from workers.ingest import detection
from workers.ingest.appstore import prose
from workers.ingest.appstore.address import to_https
from workers.ingest.appstore.shapes import Listing
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.names import MAX_NAME_CHARS, split_name
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    clean,
    first_sentence,
    is_tagline_sized,
    squash,
    truncate,
)
from workers.ingest.shapes import LIST_SUFFIX, CandidateImage, ParsedDocument, candidates_of
from workers.ingest.skip_rules import SkipRules

#: Screenshots of a listing that are used: Apple takes ten for each device, Google eight.
MAX_SCREENSHOTS = 20
#: The genre of apps without a better one: alone it has no meaning.
CATCH_ALL_GENRE = ["entertainment"]

#: Separators of scripts without blanks.
ASCII_SEPARATORS = {"：": ":", "｜": "|"}
WIDE_SEPARATOR = re.compile(r"[：｜]|(?<=[\u3040-\u30ff\u4e00-\u9fff])[-－–](?=[\u3040-\u30ff\u4e00-\u9fff])")

Scored = tuple[Value, float, str]
APP_STORE = "appStore"


class StoreListing(NamedTuple):
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


def read_store_app(app: StoreListing) -> ParsedDocument:
    skip_rules = SkipRules(detection.detect(clean(app.description))[0])
    opening = prose.opening(app.description, skip_rules)
    ladders: dict[Field, Iterator[Scored]] = {
        "appName": names(app),
        "appDescription": descriptions(app, opening, skip_rules),
        "tagline": taglines(app, opening),
        "keywords": keywords(app.genres),
        "primaryLanguage": languages(app),
        "logoUrl": logos(app),
        "links": links(app),
    }
    scored = (
        (field, value, confidence, f"{app.store}.{rule}")
        for field, ladder in ladders.items()
        for value, confidence, rule in ladder
    )
    return ParsedDocument(
        candidates=candidates_of(app.url, scored),
        passages=list(prose.passages(f"{app.short}\n{app.description}", app.url)),
        pictures=list(pictures(app)),
    )


def pictures(app: StoreListing) -> Iterator[CandidateImage]:
    """Yield the icon, and the screenshots in the store's order."""
    images: list[tuple[PictureKind, str, str]] = [("logo", app.icon, "icon")]
    images += [("screenshot", address, rule) for address, rule in app.screenshots[:MAX_SCREENSHOTS]]
    for kind, address, rule in images:
        if url := to_https(address):
            yield CandidateImage(kind=kind, url=url, rule=f"{app.store}.{rule}", page=app.url)


def names(app: StoreListing) -> Iterator[Scored]:
    for text, confidence, rule in ((app.title, 0.95, "name"), (app.seller, 0.30, "seller")):
        if name := truncate(split_brand(text)[0], MAX_NAME_CHARS):
            yield name, confidence, rule


def split_brand(title: str) -> tuple[str, str]:
    """Split an app's title into the brand and the line after it; the line is "" if the title has none.

    Examples: `Spark – Email App by Readdle`, `Duolingo：学习英语`.
    """
    head, tail = split_name(
        WIDE_SEPARATOR.sub(lambda match: f" {ASCII_SEPARATORS.get(match[0], '-')} ", title)
    )
    return (head.strip(), tail) if tail else split_name(title)


def descriptions(app: StoreListing, opening: list[str], skip_rules: SkipRules) -> Iterator[Scored]:
    """Yield the opening, and the list items as an alternative. Without an opening, yield the short text."""
    if text := truncate(" ".join(opening), MAX_DESCRIPTION_CHARS):
        yield text, 0.95, "description"
        if items := prose.descriptive_items(app.description, skip_rules, MAX_DESCRIPTION_CHARS):
            yield items, 0.70, f"description{LIST_SUFFIX}"
    elif text := truncate(clean(app.short), MAX_DESCRIPTION_CHARS):
        yield text, 0.50, "short"


def taglines(app: StoreListing, opening: list[str]) -> Iterator[Scored]:
    name, tail = split_brand(app.title)
    ladder = (
        (clean(app.short), 2, 0.95, "short"),
        (tail, 2, 0.80, "name.tail"),
        *((first_sentence(line), 3, 0.55, "description.first") for line in opening[:1]),
    )
    for line, min_words, confidence, rule in ladder:
        if is_tagline_sized(line, min_words) and squash(line) != squash(name):
            yield line, confidence, rule


def keywords(genres: list[str]) -> Iterator[Scored]:
    words_of_genres = distinct_keywords(genres)
    if words_of_genres and words_of_genres != CATCH_ALL_GENRE:
        yield words_of_genres, 0.90, "genres"


def languages(app: StoreListing) -> Iterator[Scored]:
    """Yield the language of the text, since many listings aren't translated; then the storefront's."""
    yield from detection.weigh_languages(clean(f"{app.short} {app.description}"), [])
    if language := countries.language(app.country):
        yield language, 0.40, "storefront"


def logos(app: StoreListing) -> Iterator[Scored]:
    if icon := to_https(app.icon):
        yield icon, 0.90, "icon"


def links(app: StoreListing) -> Iterator[Scored]:
    links_by_name = {"website": to_https(app.website), app.store: app.url}
    yield {name: url for name, url in links_by_name.items() if url}, 0.90, "links"


def read_listing(listing: Listing) -> ParsedDocument:
    software = listing.software
    return read_store_app(
        StoreListing(
            store=APP_STORE,
            url=listing.url,
            country=listing.country,
            title=software.track_name or "",
            seller=software.seller_name or "",
            website=software.seller_url or "",
            short="",
            description=software.description or "",
            genres=software.genres or [],
            icon=software.artwork_url512 or software.artwork_url100 or "",
            screenshots=[
                *((url, "screenshots") for url in software.screenshot_urls or []),
                *((url, "ipadScreenshots") for url in software.ipad_screenshot_urls or []),
            ],
        )
    )
