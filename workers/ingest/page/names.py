"""Names: the check of a possible name, and the name within a text."""

import re

from workers.ingest.page.text import TITLE_SEPARATOR_PATTERN, clean_text_line, fold_text

#: Characters of a name; of a part of a title that may be one; of a name with a line after it.
MAX_BRAND_NAME_CHARS = 80
MAX_TITLE_PART_NAME_CHARS = 40
MAX_LEADING_NAME_CHARS = 30
LEGAL_FORM_PATTERN = re.compile(
    r",?\s+(?:GmbH(?: & Co\.? KG)?|AG|SE|e\.\s?V\.|UG|Inc\.?|LLC|Ltd\.?|Corp\.?|S\.A\.|SAS|S\.r\.l\.|B\.V\.)$"
)
TRAILING_PARENTHESIS_PATTERN = re.compile(r"(?<=\w)\s+\([^()]*\)$")
IMPOSSIBLE_BRAND_NAME_PATTERN = re.compile(r"https?://|www\.|^@|^[\W\d_]*$", re.IGNORECASE)
GENERIC_PAGE_NAMES = frozenset(
    """home homepage startseite start accueil inicio iniciopagina index untitled welcome main default page
    website site blog news login signin loading error logo pagenotfound notfound 404 anasayfa hjem etusivu
    strona hem home1 mysite app""".split()
)


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
        and fold_text(text) not in GENERIC_PAGE_NAMES
    )


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
