"""How a text from a page becomes a value, and how two of them compare."""

import html
import re
import unicodedata

#: Characters of a raw value that are looked at: several times what any field may hold.
READ = 5_000
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
#: Zero-width, soft hyphen, bidirectional controls and control characters; the joiners that emoji and
#: Persian need stay.
INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
#: The end of a sentence; an initial (`Malte C. wrote`) or a day (`29. March`) ends none.
SENTENCE = re.compile(r"(?<=[!?…])\s+|(?<=[^\W\d_]{2}\.)\s+(?![a-zß-ÿ\d])|(?<=[。！？])")
SEPARATOR = re.compile(r"\s+[-–—−|·•»«›‹:/~⋆★]+\s+|\s*[|»›]\s*|:\s+|\s+[–—]\s*")


def clean(value: str) -> str:
    """One line of plain text: no entity (often escaped twice), tag, invisible character or run of blanks."""
    plain = TAG.sub(" ", html.unescape(html.unescape(value[:READ].replace("\\n", " "))))
    return " ".join(unicodedata.normalize("NFC", INVISIBLE.sub("", plain)).split())


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended at a sentence if one ends in the second half, else at a word."""
    if len(text) <= limit:
        return text
    ends = [match.start() for match in SENTENCE.finditer(text[: limit + 1]) if match.start() > limit // 2]
    if ends:
        return text[: ends[-1]]
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–—") + "…"


def first_sentence(text: str) -> str:
    return SENTENCE.split(text, maxsplit=1)[0]


def squash(text: str) -> str:
    """Letters and digits only, folded: two texts that squash alike say the same."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def segments(title: str) -> list[str]:
    """A title's parts: `Acme - Pricing | Acme Inc.` has three."""
    return [part for part in (part.strip() for part in SEPARATOR.split(title)) if part]


def words(text: str) -> int:
    """Words; scripts without blanks count three characters as one."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return max(len(text.split()), wide // 3)
