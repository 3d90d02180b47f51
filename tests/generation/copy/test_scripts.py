"""Words of scripts with vowel signs, which are no letters for a regular expression."""

import pytest

from generation.copy.claims import find_text_claims
from generation.copy.clauses import derive_copy_lines_of_sentence
from generation.copy.texts import split_lowercase_words
from generation.copy.write import write_piece_copy
from generation.proofreading.words import find_copy_faults
from generation.spec import BrandSnapshot, PieceSpec

KITCHEN = BrandSnapshot(
    name="Amrit Rasoi",
    descriptions=["हम रोज़ सुबह ताज़ी रोटी और दाल पकाते हैं। परिवारों के लिए बड़े कमरे में बैठने की जगह है। खाना थाली में परोसा जाता है।"],
    keywords=["घर का खाना"],
    language="hi",
)


def test_vowel_signs_belong_to_their_word() -> None:
    assert split_lowercase_words("ताज़ी रोटी और दाल") == ["ताज़ी", "रोटी", "और", "दाल"]
    assert derive_copy_lines_of_sentence("खाना थाली में परोसा जाता है।", "Amrit Rasoi", "hi") == [
        "खाना थाली में परोसा जाता है"
    ]


@pytest.mark.parametrize(
    ("language", "text", "kinds"),
    [
        ("hi", "चेन्नई की गलियों में निकलती खुशबू", set()),
        ("hi", "नई थाली सबसे कम कीमतों में", {"current", "superlative", "price"}),
        ("ar", "قهوة تُحضَّر على مهل", set()),
        ("ar", "بأفضل الأسعار", {"superlative", "price"}),
    ],
)
def test_a_claim_is_a_whole_word(language: str, text: str, kinds: set[str]) -> None:
    assert find_text_claims(text, language) == kinds


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_hindi_brand_has_a_copy_that_the_proofreader_passes(seed: str) -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=KITCHEN, seed=seed))
    assert len(copy.points) >= 2
    assert find_copy_faults(copy, KITCHEN) == []
