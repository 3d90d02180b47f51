"""Frequencies of words in a language, by the `small` lists of wordfreq.

Only the parsing process imports this module. A list is read at its first use: 12 ms and 6 MB a language.
"""

import gzip
import math
from collections.abc import Mapping
from functools import cache

import msgspec
from wordfreq import available_languages, get_frequency_dict
from wordfreq.util import data_path

#: wordfreq has one list for both kinds of Norwegian, and one for Bosnian, Croatian and Serbian.
FREQUENCY_LIST_BY_LANGUAGE = {"no": "nb", "nn": "nb", "bs": "sh", "hr": "sh", "sr": "sh"}
#: Zipf value, the decimal logarithm of uses among a billion words, of a word on no list.
UNLISTED_WORD_ZIPF = 1.0
#: Simplified Chinese character by the code point of the traditional one: the Chinese list has only these.
CHINESE_CHARACTERS_FILE = "_chinese_mapping.msgpack.gz"
#: Zipf value from which a word is a function word: `the` has 7.7, `house` 5.6.
MIN_FUNCTION_WORD_ZIPF = 5.75


@cache
def load_word_frequencies(language: str) -> Mapping[str, float]:
    """Return the share of each common word among all words of the language; empty for a language without a list."""
    name = FREQUENCY_LIST_BY_LANGUAGE.get(language, language)
    return get_frequency_dict(name, "small") if name in available_languages("small") else {}


def get_word_zipf(word: str, language: str) -> float:
    """Return the word's Zipf value in the language: `UNLISTED_WORD_ZIPF` at least, about 7.7 at most."""
    share = load_word_frequencies(language).get(word, 0)
    return max(UNLISTED_WORD_ZIPF, math.log10(share) + 9) if share else UNLISTED_WORD_ZIPF


@cache
def list_function_words(language: str) -> frozenset[str]:
    """Return the words of the language from `MIN_FUNCTION_WORD_ZIPF` on."""
    min_share = 10 ** (MIN_FUNCTION_WORD_ZIPF - 9)
    return frozenset(word for word, share in load_word_frequencies(language).items() if share >= min_share)


def simplify_chinese_characters(text: str) -> str:
    """Return the text with each traditional character replaced by its simplified one, as the Chinese list has it."""
    return text.translate(load_simplified_characters())


@cache
def load_simplified_characters() -> dict[int, str]:
    packed = gzip.decompress(data_path(CHINESE_CHARACTERS_FILE).read_bytes())
    return msgspec.msgpack.decode(packed, type=dict[int, str])
