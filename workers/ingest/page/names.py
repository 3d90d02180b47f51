"""Names: the check of a possible name, and the name within a text."""

import re

from workers.ingest.page.text import SEPARATOR, clean, squash

#: Characters of a name; of a part of a title that may be one; of a name with a line after it.
MAX_NAME_CHARS = 80
MAX_PART_CHARS = 40
MAX_HEAD_CHARS = 30
LEGAL_FORM = re.compile(
    r",?\s+(?:GmbH(?: & Co\.? KG)?|AG|SE|e\.\s?V\.|UG|Inc\.?|LLC|Ltd\.?|Corp\.?|S\.A\.|SAS|S\.r\.l\.|B\.V\.)$"
)
PARENTHESIS = re.compile(r"(?<=\w)\s+\([^()]*\)$")
NOT_A_NAME = re.compile(r"https?://|www\.|^@|^[\W\d_]*$", re.IGNORECASE)
GENERIC = frozenset(
    """home homepage startseite start accueil inicio iniciopagina index untitled welcome main default page
    website site blog news login signin loading error logo pagenotfound notfound 404 anasayfa hjem etusivu
    strona hem home1 mysite app""".split()
)


def split_name(value: str) -> tuple[str, str]:
    """Split a text into a name and the line after it, as in `Acme - Device Mockup Generator`.

    Without such a line, return the text without its legal form or remark in brackets, and "".
    """
    text = clean(value)
    for match in SEPARATOR.finditer(text):
        head, tail = text[: match.start()], text[match.end() :]
        if is_name(head) and len(head) <= MAX_HEAD_CHARS:
            return head, tail
    return LEGAL_FORM.sub("", PARENTHESIS.sub("", text)), ""


def is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME_CHARS and not NOT_A_NAME.search(text) and squash(text) not in GENERIC


def resembles(part: str, label: str) -> bool:
    """Return whether they are equal, or one begins or ends with the other and is little longer."""
    if min(len(part), len(label)) < 2:
        return False
    shorter, longer = sorted((part, label), key=len)
    is_affix = longer.startswith(shorter) or longer.endswith(shorter)
    return is_affix and len(longer) - len(shorter) <= (6 if len(shorter) > 2 else 0)
