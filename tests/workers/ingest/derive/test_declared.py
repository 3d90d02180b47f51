"""Declared keywords and taglines: only those that describe the brand are kept, for any source."""

import pytest

from schemas.brand import BrandFieldName, BrandFieldValue, FieldCandidate
from workers.ingest.derive.declared import drop_vague_taglines_and_keywords

URL = "https://www.acme.test/"


def kept_value(
    field: BrandFieldName, value: BrandFieldValue, rule: str = "html.h1", language: str = "en"
) -> BrandFieldValue | None:
    declared: tuple[tuple[BrandFieldName, str], ...] = (("appName", "Acme Notes"), ("primaryLanguage", language))
    context = [
        FieldCandidate(field=candidate, value=text, confidence=0.9, rule="x", url=URL) for candidate, text in declared
    ]
    candidate = FieldCandidate(field=field, value=value, confidence=0.8, rule=rule, url=URL)
    return next(
        (
            kept_candidate.value
            for kept_candidate in drop_vague_taglines_and_keywords(URL, [*context, candidate])
            if kept_candidate.field == field
        ),
        None,
    )


@pytest.mark.parametrize(
    "line",
    [
        *("At a glance", "Our features", "Acme Notes App", "Acme Notes, the official website"),
        *("Acme Notes 2", "Sign in to Acme Notes", "Learn more about us", "Skip to content"),
        *("Welcome to Acme Notes", "We use cookies to give you the best experience"),
        *("Enable JavaScript to run this app", "Thursday, 24 July 2014"),
        *("Write down whatever you think of and…", "How it works for you"),
    ],
)
def test_a_common_line_is_no_tagline(line: str) -> None:
    assert kept_value("tagline", line) is None


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Invoices that send themselves", "en"),
        ("The note pad of busy people", "en"),
        ("Rechnungen, die sich selbst schreiben", "de"),
        ("Ein Blick auf die Gezeiten und Strömungen", "de"),
        ("潮汐表和海流一目了然的工具", "zh"),
        ("Acme Notes is a family from Bonn", "en"),
        ("Notes that keep their promise…", "en"),
        ("Простые заметки каждый рабочий вечер", "ru"),
    ],
)
def test_a_line_about_the_product_is_a_tagline(line: str, language: str) -> None:
    assert kept_value("tagline", line, language=language) == line


def test_a_tagline_field_needs_one_meaningful_word_and_a_description_none() -> None:
    assert kept_value("appDescription", "At a glance") == "At a glance"
    assert kept_value("tagline", "Your notes", "appStore.subtitle") is None
    assert kept_value("tagline", "Just your recipes", "appStore.subtitle") == "Just your recipes"
    assert kept_value("tagline", "Just your recipes") is None


def test_keywords_are_neither_the_name_nor_its_domain_nor_pieces_of_sentences() -> None:
    keywords = [*("acme notes", "Acme-Notes", "acme", "acme.test", "acme notes app", "tides", "women in technology")]
    pieces = ["in which it was said", "because a boat sails"]
    assert kept_value("keywords", [*keywords, *pieces]) == ["tides", "women in technology"]
    assert kept_value("keywords", ["acme notes"]) is None
