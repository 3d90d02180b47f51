"""Selling points: own texts state them, and negated, foreign and other speakers' words don't."""

import re
import time

import pytest

from tests.workers.ingest.derive.prose import prose
from workers.ingest.derive.selling_points import (
    MAX_NEGATION_CHARS,
    MAX_SELLING_POINTS,
    compile_negation_patterns,
    find_selling_points,
)
from workers.ingest.derive.tables import load_selling_point_table
from workers.ingest.shapes import Passage, SourceProse

URL = "https://acme.test/"


def find_keys(source: SourceProse, language: str = "en") -> list[str]:
    return [point.key for point in find_selling_points(source, language)]


def test_the_strongest_point_comes_first_with_its_name_tone_and_quote() -> None:
    source = prose(
        "Unsere Preise sind fair.",
        "Wir backen mit 40 Jahren Erfahrung.",
        headings=["Täglich frisch aus dem Ofen"],
        about=["Bäckerei Korn: Brot aus Handarbeit", "Erfahrung, die man schmeckt: Handarbeit seit 1950"],
        language="de",
    )
    strongest, second, third = find_selling_points(source, "de")
    assert strongest[:3] == ("handmade", "Handarbeit", "bodenständig")
    assert (strongest.texts, strongest.weight, strongest.quote) == (2, 6, "Bäckerei Korn: Brot aus Handarbeit")
    assert [second.key, third.key] == ["experience", "fresh"]


def test_a_point_needs_two_texts_or_a_prominent_one() -> None:
    text, other = "We deliver on time.", "Always punctual, in all weathers."
    assert find_keys(prose(text)) == find_keys(prose(text, text)) == []
    assert find_keys(prose(text, other)) == find_keys(prose(headings=[text])) == ["punctual"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "No experience needed"),
        ("en", "Write to us about your work experience"),
        ("en", "Is it handmade?"),
        ("de", "Auch ohne Erfahrung"),
        ("de", "Erfahrung ist nicht nötig"),
        ("ja", "豊富な経験は不要です"),
    ],
)
def test_negated_and_foreign_words_and_questions_state_no_point(language: str, text: str) -> None:
    assert find_keys(prose(about=[text], language=language), language) == []


def test_a_brands_name_customers_and_articles_state_no_point() -> None:
    assert find_keys(prose(about=["Fast Fox: shoes"], name="Fast Fox")) == []
    said = [Passage(text="Fast and punctual!", kind="heading", role="testimonial", speaker="customer", url=URL)]
    assert find_keys(SourceProse(url=URL, passages=said)) == []
    assert find_keys(prose("Fast and punctual.", "The fast train is punctual.", story=True)) == []


def test_points_of_software_need_a_trade_that_may_offer_it() -> None:
    words = "Seamless integration of mind and body"
    assert "integrations" in find_keys(prose(about=[f"{words}: our API platform for developers"]))
    assert "integrations" not in find_keys(prose(about=[f"Restaurant Korn: bistro with {words}"]))


def test_the_strongest_of_similar_points_speaks_for_the_others() -> None:
    source = prose(about=["Affordable, at a fair price"], headings=["A fair price for all"])
    assert find_keys(source) == ["fair_price"]


def test_each_point_has_words_in_each_language() -> None:
    table = load_selling_point_table()
    languages = {*table.negation}
    assert {*table.foreign} == languages
    for key, point in table.points.items():
        assert {*point.stems} == {*point.name} == {*point.tone} == languages, key
        assert all(point.name.values()), key
        for language in languages:
            assert all(re.fullmatch(r"\*?[^*_]{2,}_?", stem) for stem in point.stems[language].split("|")), key


@pytest.mark.parametrize("language", [*load_selling_point_table().negation])
def test_all_stems_and_repeated_pieces_are_read_in_linear_time(language: str) -> None:
    table = load_selling_point_table()
    stated = [stem.strip("*_") for point in table.points.values() for stem in point.stems[language].split("|")]
    assert len(find_selling_points(prose(about=stated, language=language), language)) == MAX_SELLING_POINTS
    before, after = compile_negation_patterns(language)
    started = time.process_time()
    for piece in ("no ", "a", "- ", "' ", *stated[:5]):
        text = piece * 20_000
        find_selling_points(prose(text, language=language), language)
        for start in range(0, 20_000, 1_000):
            before.search(text, start, start + MAX_NEGATION_CHARS)
            after.match(text, start, start + MAX_NEGATION_CHARS)
    assert time.process_time() - started < 5
