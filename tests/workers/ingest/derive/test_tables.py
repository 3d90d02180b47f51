"""The tables of trades, audiences and grammar: complete in each language, and without a stem of two trades."""

import re
from collections import Counter

import msgspec
import pytest

from schemas.brand import BrandPart
from workers.ingest.derive.icp import describe_ideal_customer
from workers.ingest.derive.stems import INNER_STEM_MARK, WHOLE_WORD_MARK, StemIndex
from workers.ingest.derive.tables import (
    CustomerGrammar,
    load_audiences,
    load_customer_grammar,
    load_customers_headings,
    load_sections,
    load_trades,
    read_table,
)

LANGUAGES = "en de fr es it pt nl pl cs tr ru ja ko zh ar".split()
UNSPACED_LANGUAGES = {"ja", "ko", "zh"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_trade_and_audience_has_words_of_each_language(language: str) -> None:
    shortest = 2 if language in UNSPACED_LANGUAGES else 3
    audiences = load_audiences()
    for name, trade in load_trades().items():
        assert trade.need[language].strip(), name
        assert {*trade.customers, *trade.possible_customers, *trade.peers} <= audiences.keys(), name
        assert all(len(stem.strip("*_")) >= shortest for stem in trade.stems[language].split("|")), name
    for name, texts in audiences.items():
        label, *stems = texts[language]
        assert label.strip(), name
        assert stems, name
        assert all(len(stem.strip("*_")) >= shortest for stem in stems), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stem_is_of_one_trade(language: str) -> None:
    stems = Counter(stem for trade in load_trades().values() for stem in {*trade.stems[language].split("|")})
    assert {stem for stem, times in stems.items() if times > 1} == set()


def test_a_grammar_has_sentences_of_all_parts() -> None:
    grammars = msgspec.json.decode(read_table("grammar.json"), type=dict[str, CustomerGrammar])
    assert {*grammars} == {*LANGUAGES} == {*load_sections()}
    for grammar in grammars.values():
        assert {*re.findall(r"{(\w+)}", grammar.sentence)} == {"customers", "place", "need"}
        assert {*re.findall(r"{(\w+)}", grammar.want)} in ({"customers", "place", "use"}, set())
        assert {*re.findall(r"{(\w+)}", grammar.details)} == {"sentence", "specifics"}
        assert "{priorities}" in grammar.priorities
        assert "{place}" in grammar.town


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_above_customers_are_a_pattern_of_each_language(language: str) -> None:
    assert re.compile(load_customers_headings()[language]).search("") is None


@pytest.mark.parametrize(
    ("alternatives", "text", "is_found"),
    [
        ("dent", "A dentist", True),
        ("dent", "An accident", False),
        (f"{INNER_STEM_MARK}dent", "An accident", True),
        (f"bar{WHOLE_WORD_MARK}", "The bar.", True),
        (f"bar{WHOLE_WORD_MARK}", "Barbers", False),
        ("岩石", "墓石と岩石の店", True),
        ("istanbul", "İSTANBUL", True),
    ],
)
def test_a_stem_stands_at_a_words_beginning_unless_marked(alternatives: str, text: str, is_found: bool) -> None:
    assert bool([*StemIndex({"it": alternatives}).find_stems(text)]) is is_found


def test_the_longest_stem_of_a_place_counts() -> None:
    index = StemIndex({"hotel": "hotel", "kennel": "hotel for dogs"})
    assert [match.owner for match in index.find_stems("A hotel for dogs, and a hotel")] == ["kennel", "hotel"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_without_a_need_leave_no_hole_in_a_sentence(language: str) -> None:
    grammar = load_customer_grammar(language)
    assert grammar is not None
    parts = [
        BrandPart(part="role", value="nurses", quote="q"),
        BrandPart(part="organization", value="hotels", quote="q"),
    ]
    assert describe_ideal_customer(parts, grammar).casefold().endswith("hotels")
