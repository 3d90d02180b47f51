"""Claims: each kind is detected in each language, and plain sentences have none."""

import pytest

from generation.copy.claims import PRODUCT_CLAIM_KINDS, find_text_claims
from generation.copy.languages import LANGUAGE_TABLES
from tests.generation.copy.brands import BRANDS, CLAIMS

PLAIN = [
    ("en", "Feel free to plan a trip without ads"),
    ("en", "A 7-day plan for the coast, in 3 steps"),
    ("de", "Ein Wochenplan für die Küste"),
    ("fr", "Les ports de tous les pays"),
    ("es", "La marea sale a las 8"),
]


@pytest.mark.parametrize(("language", "text"), [(one, text) for one in CLAIMS for text in CLAIMS[one]])
def test_a_claim_is_detected(language: str, text: str) -> None:
    assert find_text_claims(text, language)


@pytest.mark.parametrize("language", LANGUAGE_TABLES)
def test_each_kind_has_words_or_signs_in_each_language(language: str) -> None:
    assert PRODUCT_CLAIM_KINDS - LANGUAGE_TABLES[language].never.keys() <= {"quote", "year", "link"}


@pytest.mark.parametrize(("language", "text"), PLAIN)
def test_a_plain_sentence_claims_nothing(language: str, text: str) -> None:
    assert find_text_claims(text, language) == frozenset()


def test_a_name_claims_nothing_by_itself() -> None:
    assert find_text_claims("Plan a trip with Best Tides", "en", ["Best Tides"]) == frozenset()
    assert "superlative" in find_text_claims("The best trip with Best Tides", "en", ["Best Tides"])


def test_a_claim_in_another_language_than_declared_is_detected() -> None:
    assert find_text_claims("Stimmt in 99 Prozent aller Fälle", "en")


def test_any_digit_is_a_claim_in_a_language_without_a_table() -> None:
    assert find_text_claims(BRANDS["ja"].descriptions[0], "ja") == {"users"}


def test_a_claim_in_a_sentence_of_another_language_is_detected() -> None:
    assert find_text_claims("Ist das so?. Earn money with every trip", "de") == {"money"}
