"""App of either store: turns its listing into candidates, in the parsing process."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from domain.values import countries
from schemas.brand import BrandFieldName, BrandFieldValue, BrandPlatform
from schemas.pictures import PictureKind
from workers.ingest import detection
from workers.ingest.appstore import prose
from workers.ingest.appstore.address import convert_url_to_https
from workers.ingest.appstore.shapes import FetchedStoreApp
from workers.ingest.page.names import MAX_BRAND_NAME_CHARS, split_name_and_tagline
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    clean_text_line,
    first_sentence,
    fold_text,
    is_tagline_sized,
    truncate_text,
)
from workers.ingest.shapes import (
    LIST_ITEM_DESCRIPTION_RULE_SUFFIX,
    CandidateImage,
    ParsedNonPageDoc,
    SourceFact,
    build_candidates_of_scored_values,
)
from workers.ingest.skip_rules import SentenceSkipRules

#: Screenshots of a listing that are used: Apple takes ten for each device, Google eight.
MAX_LISTING_SCREENSHOTS = 20

#: Separators of scripts without blanks.
ASCII_BY_WIDE_TITLE_SEPARATOR = {"：": ":", "｜": "|"}
WIDE_SEPARATOR_PATTERN = re.compile(r"[：｜]|(?<=[\u3040-\u30ff\u4e00-\u9fff])[-－–](?=[\u3040-\u30ff\u4e00-\u9fff])")

ScoredValue = tuple[BrandFieldValue, float, str]
APP_STORE_LINK_NAME = "appStore"
#: Part of a Mac app's address in Apple's lookup.
APPLE_MAC_APP_URL_MARK = "mt=12"


class StoreListing(NamedTuple):
    """Listing of an app in its store, with empty fields where unset; `store` is its name in links and rules.

    `screenshots` are addresses, each with the name of its list. `genres` are no keywords: they name the store's shelf.
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
    platform: BrandPlatform


def extract_listing_candidates(app: StoreListing) -> ParsedNonPageDoc:
    skip_rules = SentenceSkipRules(detection.detect_text_language(clean_text_line(app.description))[0])
    opening = prose.find_description_opening_lines(app.description, skip_rules)
    ladders: dict[BrandFieldName, Iterator[ScoredValue]] = {
        "appName": find_listing_name_candidates(app),
        "appDescription": find_listing_description_candidates(app, opening, skip_rules),
        "tagline": find_listing_tagline_candidates(app, opening),
        "primaryLanguage": find_listing_language_candidates(app),
        "logoUrl": find_listing_logo_candidate(app),
        "links": build_listing_links_candidate(app),
        "platforms": iter([([app.platform], 0.70, "listing")]),
    }
    scored = (
        (field, value, confidence, f"{app.store}.{rule}")
        for field, ladder in ladders.items()
        for value, confidence, rule in ladder
    )
    return ParsedNonPageDoc(
        candidates=build_candidates_of_scored_values(app.url, scored),
        passages=list(prose.yield_listing_passages(f"{app.short}\n{app.description}", app.url)),
        facts=[SourceFact(kind="genre", value=genre) for genre in app.genres],
        pictures=list(list_app_listing_images(app)),
    )


def list_app_listing_images(app: StoreListing) -> Iterator[CandidateImage]:
    """Yield the listing's icon as a logo, then its screenshots in the store's order.

    At most `MAX_LISTING_SCREENSHOTS` screenshots are used. Images without a usable address are skipped.
    """
    images: list[tuple[PictureKind, str, str]] = [("logo", app.icon, "icon")]
    images += [("screenshot", address, rule) for address, rule in app.screenshots[:MAX_LISTING_SCREENSHOTS]]
    for kind, address, rule in images:
        if url := convert_url_to_https(address):
            yield CandidateImage(kind=kind, url=url, rule=f"{app.store}.{rule}", page=app.url)


def find_listing_name_candidates(app: StoreListing) -> Iterator[ScoredValue]:
    for text, confidence, rule in ((app.title, 0.95, "name"), (app.seller, 0.30, "seller")):
        if name := truncate_text(split_app_title(text)[0], MAX_BRAND_NAME_CHARS):
            yield name, confidence, rule


def split_app_title(title: str) -> tuple[str, str]:
    """Split an app's title into the brand and the line after it; the line is "" if the title has none.

    Examples: `Spark – Email App by Readdle`, `Duolingo：学习英语`.
    """
    head, tail = split_name_and_tagline(
        WIDE_SEPARATOR_PATTERN.sub(lambda match: f" {ASCII_BY_WIDE_TITLE_SEPARATOR.get(match[0], '-')} ", title)
    )
    return (head.strip(), tail) if tail else split_name_and_tagline(title)


def find_listing_description_candidates(
    app: StoreListing, opening: list[str], skip_rules: SentenceSkipRules
) -> Iterator[ScoredValue]:
    """Yield the `appDescription` candidates of a store listing, each with confidence and rule.

    Yield the description's `opening` and, as an alternative, its list items. Without an opening, yield the
    store's short text, if there is one.
    """
    if text := truncate_text(" ".join(opening), MAX_DESCRIPTION_CHARS):
        yield text, 0.95, "description"
        if items := prose.join_descriptive_items(app.description, skip_rules, MAX_DESCRIPTION_CHARS):
            yield items, 0.70, f"description{LIST_ITEM_DESCRIPTION_RULE_SUFFIX}"
    elif text := truncate_text(clean_text_line(app.short), MAX_DESCRIPTION_CHARS):
        yield text, 0.50, "short"


def find_listing_tagline_candidates(app: StoreListing, opening: list[str]) -> Iterator[ScoredValue]:
    name, tail = split_app_title(app.title)
    ladder = (
        (clean_text_line(app.short), 2, 0.95, "short"),
        (tail, 2, 0.80, "name.tail"),
        *((first_sentence(line), 3, 0.55, "description.first") for line in opening[:1]),
    )
    for line, min_words, confidence, rule in ladder:
        if is_tagline_sized(line, min_words) and fold_text(line) != fold_text(name):
            yield line, confidence, rule


def find_listing_language_candidates(app: StoreListing) -> Iterator[ScoredValue]:
    """Yield language tags of a store listing, with confidence and rule: its text's, then its storefront's main one.

    The text has precedence, since many listings aren't translated.
    """
    yield from detection.find_language_tag_candidates(clean_text_line(f"{app.short} {app.description}"), [])
    if language := countries.find_likeliest_language_of_country(app.country):
        yield language, 0.40, "storefront"


def find_listing_logo_candidate(app: StoreListing) -> Iterator[ScoredValue]:
    if icon := convert_url_to_https(app.icon):
        yield icon, 0.90, "icon"


def build_listing_links_candidate(app: StoreListing) -> Iterator[ScoredValue]:
    links_by_name = {"website": convert_url_to_https(app.website), app.store: app.url}
    yield {name: url for name, url in links_by_name.items() if url}, 0.90, "links"


def extract_brand_candidates_of_apple_app(listing: FetchedStoreApp) -> ParsedNonPageDoc:
    software = listing.software
    return extract_listing_candidates(
        StoreListing(
            store=APP_STORE_LINK_NAME,
            platform="desktop" if APPLE_MAC_APP_URL_MARK in (software.track_view_url or "") else "ios",
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
