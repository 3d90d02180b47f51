"""Real texts: store descriptions of developers, in some fifty languages."""

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.corpora import corpus, store_description, store_texts
from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.shapes import Passage, SourceProse

SHORT_TEXTS = ("name", "title", "subtitle", "short_description")


@cache
def first_listings() -> dict[str, SourceProse]:
    """Return the prose of the first listing of each name."""
    return dict(reversed([*listings()]))


def listings() -> Iterator[tuple[str, SourceProse]]:
    """Yield the prose of each listing, by repository and locale, or by the app's name."""
    for repository, locale, listing in store_texts():
        about = [listing[name] for name in SHORT_TEXTS if name in listing]
        plain = re.sub(r"<[^>]+>", "\n", store_description(listing))
        yield f"{repository}/{locale}", prose(plain, about)
    for answer in sorted(corpus("appstore").glob("[bs]*.json")):
        for app in json.loads(answer.read_text())["results"]:
            yield app["trackName"], prose(app["description"], [app["trackName"]])


def prose(text: str, about: list[str]) -> SourceProse:
    """Build the prose as a store's reader does: with its title, short description and opening."""
    lines = list(filter(None, (" ".join(line.split()) for line in text.splitlines())))
    passages = [Passage(text=line) for line in lines]
    return SourceProse(url="https://acme.test/", about=[*about, *lines[:1]], passages=passages)


def test_every_listing_is_read_and_every_quote_is_in_it() -> None:
    listings_read = 0
    for _, source in listings():
        listings_read += 1
        for candidate in derive_keywords_voice_audience_and_icp(source).candidates:
            for quote in candidate.evidence:
                assert any(quote in text for text in (*source.about, *(passage.text for passage in source.passages)))
    assert listings_read > 200


@pytest.mark.parametrize(
    ("listing", "field", "value"),
    [
        ("FossifyOrg+Calendar/android/en-US", "brandVoice", "Call on readers to act."),
        ("Crustack+NotallyX/android/en-US", "keywords", "notes app"),
        ("Faltenreich+Diaguard/android/de-DE", "keywords", "Diabetes Tagebuch"),
        ("GIF Keyboard", "brandVoice", "Addresses readers as “you”."),
        ("Spark – Email App by Readdle", "icp", "Teams looking for email apps."),
        ("BBEdit", "audience", "Designers, writers and software developers"),
        ("Spark – Email App by Readdle", "audience", "Teams"),
        ("Flock: Team Communication App", "audience", "Enterprises, small businesses and startups"),
    ],
)
def test_values_of_known_listings(listing: str, field: str, value: str) -> None:
    assert value in next(
        candidate.value
        for candidate in derive_keywords_voice_audience_and_icp(first_listings()[listing]).candidates
        if candidate.field == field
    )


@pytest.mark.parametrize("listing", ["Darkempire78+OpenCalc/android/en-US", "2dust+v2rayNG/android/en-US"])
def test_a_listing_without_users_has_no_audience(listing: str) -> None:
    fields = {
        candidate.field for candidate in derive_keywords_voice_audience_and_icp(first_listings()[listing]).candidates
    }
    assert not {"audience", "icp"} & fields
