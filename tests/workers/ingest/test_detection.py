"""A text's language, and what it is worth beside a declared one."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator

import langcodes
import pytest

from tests.corpora import corpus
from workers.ingest.detection import ENOUGH, detect, weigh
from workers.ingest.languages import primary, standard

GERMAN = "Mit dieser Karte findest du alle Häfen und alle Gezeiten, und zwar auch ganz ohne Netz. " * 3


def store_texts() -> Iterator[tuple[str, str]]:
    """Language and text of each store listing that the repositories keep, long ones only."""
    for expected in sorted(corpus("github").glob("*/expected.json")):
        for listings in json.loads(expected.read_text()).values():
            for locale, listing in listings.items():
                tag = standard(locale) if langcodes.tag_is_valid(locale) else None
                text = listing.get("description") or listing.get("full_description") or ""
                if tag and len(text) >= ENOUGH:
                    yield primary(tag), re.sub(r"<[^>]+>", " ", text)


def test_the_languages_of_store_texts() -> None:
    answers: dict[str, list[bool]] = defaultdict(list)
    for language, text in store_texts():
        found, _ = detect(text)
        answers[language].append(found is not None and primary(found) == language)
    right = [language for language, answered in answers.items() if all(answered)]
    assert len(right) >= 35
    assert {"ar", "cs", "de", "en", "es", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "nl"} <= set(right)
    assert {"pl", "pt", "ro", "ru", "sv", "tr", "uk", "vi", "zh"} <= set(right)
    all_answers = [answer for answered in answers.values() for answer in answered]
    assert sum(all_answers) / len(all_answers) >= 0.97


def test_no_text_has_no_language() -> None:
    assert detect(" \n") == (None, 0.0)
    assert list(weigh("", [])) == []


@pytest.mark.parametrize(
    ("declared", "best"),
    [
        ([], ("de", 0.9, "text")),
        ([("en_US", "html.lang")], ("de", 0.9, "text")),
        ([("de-at", "html.lang")], ("de-AT", 0.95, "html.lang+text")),
        ([("english", "html.lang"), ("de_CH", "html.og:locale")], ("de-CH", 0.95, "html.og:locale+text")),
    ],
)
def test_a_sure_detection_overrules_what_is_declared_and_takes_its_region(
    declared: list[tuple[str, str]], best: tuple[str, float, str]
) -> None:
    assert next(weigh(GERMAN, declared)) == best


def test_a_short_text_overrules_nothing() -> None:
    assert next(weigh("Alle Häfen und Gezeiten", [("en", "html.lang")])) == ("en", 0.8, "html.lang")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en_us", "en-US"), ("de;q=0.8, en", "de"), ("zh-hant", "zh-Hant"), ("english", None),
        ("x-default", None), ("und", None), ("en-x-" + "-".join(["abcdefgh"] * 1000), None), ("", None),
    ],
)  # fmt: skip
def test_a_tag_is_standard_or_none(text: str, tag: str | None) -> None:
    assert standard(text) == tag
