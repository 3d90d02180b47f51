"""Declared keywords and taglines: only those that describe the brand are kept, for any source."""

import pytest

from schemas.brand import Candidate, Field, Value
from workers.ingest.derive.declared import telling

URL = "https://www.acme.test/"


def said(field: Field, value: Value, rule: str = "html.h1", language: str = "en") -> Value | None:
    named: tuple[tuple[Field, str], ...] = (("appName", "Acme Notes"), ("primaryLanguage", language))
    known = [Candidate(field=one, value=text, confidence=0.9, rule="x", url=URL) for one, text in named]
    one = Candidate(field=field, value=value, confidence=0.8, rule=rule, url=URL)
    return next((kept.value for kept in telling(URL, [*known, one]) if kept.field == field), None)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "At a glance",
            "Our features",
            "Acme Notes App",
            "Acme Notes, the official website",
            "Acme Notes 2",
        ),
        *("Sign in to Acme Notes", "Learn more about us", "Skip to content", "Welcome to Acme Notes"),
        *("We use cookies to give you the best experience", "Enable JavaScript to run this app"),
        *("Thursday, 24 July 2014", "Write down whatever you think of and…", "How it works for you"),
    ],
)
def test_a_common_line_is_no_tagline(line: str) -> None:
    assert said("tagline", line) is None


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Invoices that send themselves", "en"),
        ("The note pad of busy people", "en"),
        ("Rechnungen, die sich selbst schreiben", "de"),
        ("Ein Blick auf die Gezeiten und Strömungen", "de"),
        ("潮汐表和海流一目了然的工具", "zh"),
        ("Простые заметки каждый рабочий вечер", "ru"),
    ],
)
def test_a_line_about_the_product_is_a_tagline(line: str, language: str) -> None:
    assert said("tagline", line, language=language) == line


def test_a_tagline_field_needs_one_meaningful_word() -> None:
    assert said("tagline", "Your notes", "appStore.subtitle") is None
    assert said("tagline", "Just your recipes", "appStore.subtitle") == "Just your recipes"
    assert said("tagline", "Just your recipes") is None


def test_keywords_are_neither_the_name_nor_its_domain_nor_pieces_of_sentences() -> None:
    given = [
        "acme notes",
        "Acme-Notes",
        "acme",
        "acme.test",
        "acme notes app",
        "tides",
        "women in technology",
    ]
    pieces = ["in which it was said", "because a boat sails"]
    assert said("keywords", [*given, *pieces]) == ["tides", "women in technology"]
    assert said("keywords", ["acme notes"]) is None


def test_other_fields_stay_as_they_are() -> None:
    assert said("appDescription", "At a glance") == "At a glance"
