"""Texts as values: the fast path for most texts equals the general one."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from workers.ingest.page.text import INVISIBLE_CHARACTERS_PATTERN, count_words, fold_text, truncate_text


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_squash_equals_folding_of_letters_and_digits(text: str) -> None:
    assert fold_text(text) == "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


@given(st.text("ab \n한字ァ￥é“\U0001f600"))
def test_words_are_counted_by_blanks_or_by_wide_characters(text: str) -> None:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    assert count_words(text) == max(len(text.split()), wide // 3)


@given(st.text("ab .。！字", min_size=20), st.integers(min_value=5, max_value=40))
def test_a_cut_text_is_within_its_limit(text: str, limit: int) -> None:
    assert len(truncate_text(text, limit)) <= limit


def test_no_character_before_hangul_is_wide() -> None:
    assigned = [chr(code) for code in range(0x1100) if unicodedata.category(chr(code)) != "Cn"]
    assert not {unicodedata.east_asian_width(character) for character in assigned} & {"W", "F"}


def test_printable_characters_are_visible() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert not any(character.isprintable() for character in INVISIBLE_CHARACTERS_PATTERN.findall(everything))
