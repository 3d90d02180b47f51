"""Names: the check of a possible name, and the name within a text."""

import json
import re
from functools import cache
from importlib.resources import files

from workers.ingest.page.text import TITLE_SEPARATOR_PATTERN, clean_text_line, count_words, fold_text

#: Characters of a name; of a part of a title that may be one; of a name with a line after it.
MAX_BRAND_NAME_CHARS = 80
MAX_TITLE_PART_NAME_CHARS = 40
MAX_LEADING_NAME_CHARS = 30
LEGAL_FORM_PATTERN = re.compile(
    r",?\s+(?:GmbH(?: & Co\.? KG)?|AG|SE|e\.\s?V\.|UG|Inc\.?|LLC|Ltd\.?|Corp\.?|S\.A\.|SAS|S\.r\.l\.|B\.V\.)$"
)
TRAILING_PARENTHESIS_PATTERN = re.compile(r"(?<=\w)\s+\([^()]*\)$")
IMPOSSIBLE_BRAND_NAME_PATTERN = re.compile(r"https?://|www\.|^@|^[\W\d_]*$", re.IGNORECASE)
#: Hyphen without blanks before the last word, as in `Acme-Home`.
LAST_HYPHEN_PATTERN = re.compile(r"[-–—_](?=[^-–—_]*$)")
#: Words of a name at most, without other evidence for it: a longer text is a line about the brand.
MAX_UNPROVED_NAME_WORDS = 4
#: Words from which a text with the mark of a sentence is a line: `Hola!` is a name.
MIN_SENTENCE_WORDS = 3


def split_name_and_tagline(value: str) -> tuple[str, str]:
    """Split a text into a name and the line after it, as in `Acme - Device Mockup Generator`.

    Without such a line, return the text without its legal form or remark in brackets, and "".
    """
    text = clean_text_line(value)
    for match in TITLE_SEPARATOR_PATTERN.finditer(text):
        head, tail = text[: match.start()], text[match.end() :]
        if is_possible_brand_name(head) and len(head) <= MAX_LEADING_NAME_CHARS:
            return head, tail
    return LEGAL_FORM_PATTERN.sub("", TRAILING_PARENTHESIS_PATTERN.sub("", text)), ""


def is_possible_brand_name(text: str) -> bool:
    return (
        0 < len(text) <= MAX_BRAND_NAME_CHARS
        and not IMPOSSIBLE_BRAND_NAME_PATTERN.search(text)
        and not is_generic_page_name(text)
    )


@cache
def load_generic_page_names() -> frozenset[str]:
    """Load the titles of pages that name no brand in any language, such as `Startseite`, folded."""
    data = json.loads(files(__package__).joinpath("generic_names.json").read_text("utf-8"))
    return frozenset(fold_text(name) for names in data.values() for name in names)


def is_generic_page_name(text: str) -> bool:
    return fold_text(text) in load_generic_page_names()


def cut_generic_end(text: str) -> str:
    """Return the text without a page's name behind a hyphen: `Acme` of `Acme-Home`."""
    hyphen = LAST_HYPHEN_PATTERN.search(text)
    return text[: hyphen.start()].strip() if hyphen and is_generic_page_name(text[hyphen.end() :]) else text


def is_line_about_brand(text: str) -> bool:
    """Return whether a text is too long for a name, or a sentence with its mark."""
    words = count_words(text)
    return words > MAX_UNPROVED_NAME_WORDS or (words >= MIN_SENTENCE_WORDS and text.endswith((".", "!", "?", "…")))


def is_similar_name(part: str, label: str) -> bool:
    """Return whether two folded texts are equal, or the longer one begins or ends with the shorter one.

    The longer one may have six more characters, none if the shorter one has two. Return False if
    either one has fewer than two.
    """
    if min(len(part), len(label)) < 2:
        return False
    shorter, longer = sorted((part, label), key=len)
    is_affix = longer.startswith(shorter) or longer.endswith(shorter)
    return is_affix and len(longer) - len(shorter) <= (6 if len(shorter) > 2 else 0)
