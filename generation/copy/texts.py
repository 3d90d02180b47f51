"""Text functions: clean, split into sentences, compare. Sentences are slices of their text."""

import re
import unicodedata
from collections.abc import Iterator

HTML_TAG_PATTERN = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
#: Control, zero-width and bidi characters. The joiners for emoji and Persian stay.
INVISIBLE_CHAR_PATTERN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
#: Marks before or between the items of a list.
BULLET_CHARACTERS = r"[•▪▸►▶✓✔☑✅★☆◆●○·∙➤➜→✦❖⭐]"
LIST_ITEM_MARK_PATTERN = re.compile(rf"^\s*(?:(?:{BULLET_CHARACTERS}\ufe0f?|[-–—*+]|\d{{1,2}}[.)])\s*)+")
#: Abbreviations that end with a dot.
DOTTED_ABBREVIATIONS = "bzw usw inkl ggf evtl etc approx incl Dr Mr Mrs St vs Inc Ltd Nr No vgl zzgl Sr Sra env ex"
ABBREVIATION_LOOKBEHINDS = "".join(rf"(?<!\b{word}\.)" for word in DOTTED_ABBREVIATIONS.split())
#: Sentence boundary: a line's end, a bullet, or a mark and a blank. An initial or a day's number ends no
#: sentence.
SENTENCE_BOUNDARY_PATTERN = re.compile(
    rf"[\r\n]+|\s+(?={BULLET_CHARACTERS})|(?<=[!?…])\s+|{ABBREVIATION_LOOKBEHINDS}(?:(?<=\w[^\W\d_]\.)|(?<=\d\d\.)|(?<=[+.]\.)|(?<=[)\]»”]\.))\s+(?![a-zß-ÿ-])"
    r"|(?<=[。！？।؟])"
)
#: Scripts without blanks between words.
UNSPACED_SCRIPT_RANGES = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
#: Accents, and the vowel signs of Arabic and Devanagari, for a class of a pattern: `\w` lacks them.
COMBINING_MARKS = r"\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u0957\u0962\u0963"
WORD_PATTERN = re.compile(
    rf"[{UNSPACED_SCRIPT_RANGES}]{{1,2}}"
    rf"|[^\W\d_{UNSPACED_SCRIPT_RANGES}](?:[^\W{UNSPACED_SCRIPT_RANGES}]|['’{COMBINING_MARKS}])*"
)
#: Minimum characters of a phrase in a script without blanks: a shorter text is one word.
MIN_UNSPACED_PHRASE_CHARACTERS = 4
_UNSPACED_TEXT_PATTERN = re.compile(f"[{UNSPACED_SCRIPT_RANGES}]")
NUMBER_PATTERN = re.compile(r"\d+(?:[.,:]\d+)*")


def strip_html_to_line(text: str) -> str:
    """Return a text as one line in NFC, without HTML tags and invisible characters."""
    return " ".join(
        unicodedata.normalize("NFC", INVISIBLE_CHAR_PATTERN.sub("", HTML_TAG_PATTERN.sub(" ", text))).split()
    )


def split_sentences(text: str) -> Iterator[str]:
    """Yield slices of the text: its sentences, its lines, and the items of its lists without bullets."""
    start = 0
    for end in [*SENTENCE_BOUNDARY_PATTERN.finditer(text), None]:
        piece = text[start : end.start() if end else None]
        if sentence := LIST_ITEM_MARK_PATTERN.sub("", piece, count=1).strip():
            yield sentence
        start = end.end() if end else start


def split_lowercase_words(text: str) -> list[str]:
    """Return a text's words in lower case; pairs of characters in a script without blanks."""
    return [word.replace("’", "'") for word in WORD_PATTERN.findall(text.lower())]


def is_phrase(text: str) -> bool:
    """Return whether a text has several words; in a script without blanks, at least four characters."""
    if has_unspaced_script(text):
        return len(text) >= MIN_UNSPACED_PHRASE_CHARACTERS
    return " " in text.strip()


def has_unspaced_script(text: str) -> bool:
    return _UNSPACED_TEXT_PATTERN.search(text) is not None


def strip_end_marks(text: str, marks: str) -> str:
    """Return a text without the marks around it; Spanish `¡` goes with its `!`."""
    stripped = text.strip(marks)
    return stripped.lstrip("¡") if "!" in marks and not stripped.endswith("!") and "!" not in stripped else stripped


def is_letter_or_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def capitalize_first_word(text: str, name: str = "") -> str:
    """Capitalize the text, unless it begins with the brand's `name`, or its first word keeps its letters.

    Such words have capitals of their own, as `iPhone`, or letters of a script without capitals, as `yoriは`.
    """
    first = text.split(maxsplit=1)[0] if text else ""
    has_uncased_letters = any(letter.isalpha() and letter.lower() == letter.upper() for letter in first)
    begins_with_name = bool(name) and re.match(rf"{re.escape(name)}(?!\w)", text) is not None
    is_kept = has_uncased_letters or begins_with_name or first[1:] != first[1:].lower()
    return text if is_kept else text[:1].upper() + text[1:]
