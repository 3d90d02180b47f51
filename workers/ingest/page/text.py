"""Text of a page as a value: cleaning, cutting and comparing, and the lengths of lines and descriptions."""

import html
import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

MAX_DESCRIPTION_CHARS = 500
MAX_TAGLINE_CHARS = 120
MIN_TAGLINE_WORDS = 3
#: Characters of a raw value that are read: several times the limit of any field.
MAX_RAW_TEXT_CHARS_READ = 5_000
HTML_TAG_IN_TEXT_PATTERN = re.compile(r"</?[a-zA-Z][^<>]*>")
#: Zero-width, soft hyphen, bidirectional controls and control characters, without the joiners that emoji and
#: Persian need.
INVISIBLE_CHARACTERS_PATTERN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
#: Abbreviations before a name, or within an address.
ABBREVIATIONS = "St Dr Dra Mr Mrs Ms Prof Ing Lic Mah Cad Sok Sk Av Str ul al pl".split()
NO_ABBREVIATION_REGEX = "".join(rf"(?<!\b{word}\.)" for word in ABBREVIATIONS)
#: The end of a sentence; an initial (`Malte C. wrote`), a day (`29. March`) or `Dr. Who` ends no sentence.
#: The first check is of the mark that each break has before it: at most places it is the only one.
SENTENCE_BREAK_PATTERN = re.compile(
    r"(?<=[.!?…。！？])(?:(?<=[!?…])\s+|(?:(?<=[^\W\d_]{2}\.)"
    + NO_ABBREVIATION_REGEX
    + r"|(?<=[)\]»”]\.))\s+(?![a-zß-ÿ\d])|(?<=[。！？]))"
)
#: A mark that ends a sentence. Most texts have none, and a search for it costs a tenth of one for a break.
SENTENCE_MARK_PATTERN = re.compile(r"[.!?…。！？]")
#: Separator between two parts of a title. Some marks only look like a bar; scripts without blanks use a bare hyphen.
UNSPACED_SCRIPT_CHARACTER_REGEX = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
TITLE_SEPARATOR_PATTERN = re.compile(
    rf"\s+[-–—−|·•»«›‹:/~⋆★]+\s+|\s*[|｜›∣❘│┃¦丨【】]+\s*|\s+»\s*|:\s+|\s+[–—～]\s*|\s*：\s*|(?<={UNSPACED_SCRIPT_CHARACTER_REGEX})[-_](?={UNSPACED_SCRIPT_CHARACTER_REGEX})"
)
#: Separator between the larger parts of a title with two kinds of separators: `Contact | Acme - Fine tools`.
MAJOR_TITLE_SEPARATOR_PATTERN = re.compile(r"\s*[|｜∣❘│┃¦丨]+\s*|\s+[»›•·]\s+")

#: Characters of a text without blanks: Chinese and Japanese letters, and wide marks. Korean has blanks.
UNSPACED_TEXT_CHARACTER_REGEX = r"[\u3001-\u30ff\u3400-\u9fff\uff01-\uff60]"
#: Border of two pieces of a text, marked by a unit separator, where no blank belongs.
BLANK_NOT_BETWEEN_WORDS_PATTERN = re.compile(
    rf"\x1f(?=[.,;:!?…)\]%’”])|(?<={UNSPACED_TEXT_CHARACTER_REGEX})\x1f(?={UNSPACED_TEXT_CHARACTER_REGEX})"
)

#: ASCII characters that `fold_text` drops: most texts are ASCII.
NON_ALPHANUMERIC_REMOVAL_TABLE = {code: None for code in range(128) if not chr(code).isalnum()}
#: Characters from Hangul on: earlier ones are never wide.
POSSIBLY_WIDE_CHARACTER_PATTERN = re.compile(r"[^\x00-\u10ff]")


def clean_text_line(value: str) -> str:
    """Return the first `MAX_RAW_TEXT_CHARS_READ` as one line, without entities (also double), tags, hidden ones."""
    plain = HTML_TAG_IN_TEXT_PATTERN.sub(
        " ", html.unescape(html.unescape(value[:MAX_RAW_TEXT_CHARS_READ].replace("\\n", " ")))
    )
    visible = plain if plain.isprintable() else INVISIBLE_CHARACTERS_PATTERN.sub("", plain)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def join_text_pieces(pieces: Iterable[str]) -> str:
    """Join the texts of one block across its inline tags and line breaks.

    A blank goes between two pieces, since the tree drops blank texts; none before a closing mark, nor between two
    characters of a script without blanks.
    """
    return BLANK_NOT_BETWEEN_WORDS_PATTERN.sub("", "\x1f".join(pieces)).replace("\x1f", " ")


def truncate_text(text: str, limit: int) -> str:
    """Cut the text to `limit` characters, after a sentence in its second half, else after a word, with `…`."""
    if len(text) <= limit:
        return text
    starts = (match.start() for match in SENTENCE_BREAK_PATTERN.finditer(text[: limit + 1]))
    if ends := [end for end in starts if limit // 2 < end <= limit]:
        return text[: ends[-1]]
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–—") + "…"


def is_tagline_sized(text: str, min_words: int = MIN_TAGLINE_WORDS) -> bool:
    return len(text) <= MAX_TAGLINE_CHARS and count_words(text) >= min_words


def split_sentences(text: str) -> list[str]:
    """Split the text into sentences, each with the blank after it."""
    if not may_have_sentence_break(text):
        return [text] if text else []
    ends = [match.end() for match in SENTENCE_BREAK_PATTERN.finditer(text)]
    return [sentence for start, end in pairwise([0, *ends, len(text)]) if (sentence := text[start:end])]


def may_have_sentence_break(text: str) -> bool:
    """Return whether a mark that may end a sentence stands before the text's last character."""
    return SENTENCE_MARK_PATTERN.search(text, 0, len(text) - 1) is not None


def first_sentence(text: str) -> str:
    return SENTENCE_BREAK_PATTERN.split(text, maxsplit=1)[0]


def fold_text(text: str) -> str:
    """Return the text's letters and digits, folded: equal if texts differ only in case, blanks, punctuation."""
    if text.isascii():
        return text.lower().translate(NON_ALPHANUMERIC_REMOVAL_TABLE)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def split_title(title: str) -> list[str]:
    """Return the parts of a title between its separators: three of `Acme - Pricing | Acme Inc.`."""
    return [part for part in (part.strip() for part in TITLE_SEPARATOR_PATTERN.split(title)) if part]


def count_words(text: str) -> int:
    """Count words; in scripts without blanks three characters count as one word."""
    wide = sum(
        unicodedata.east_asian_width(character) in "WF" for character in POSSIBLY_WIDE_CHARACTER_PATTERN.findall(text)
    )
    return max(len(text.split()), wide // 3)
