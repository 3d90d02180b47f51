"""Ladder of `keywords`: those that a page declares, in its own order."""

import re
from collections.abc import Iterable, Iterator

from schemas.brand import Candidate
from workers.ingest.derive.distinct import MOST, stem
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document
from workers.ingest.page.text import clean, squash, words

LIMIT, WORDS = 50, 5
#: Keywords beyond which a list is one for search engines: only those count that the page itself uses.
MANY = 20
#: Commas and semicolons of all scripts.
BREAK = re.compile(r"[,;\n،、，；]")


def candidates(page: Document) -> Iterator[Candidate]:
    for texts, confidence, rule in ladder(page):
        if found := distinct(used(parts(texts), page)):
            yield page.candidate("keywords", found, confidence, rule)


def ladder(page: Document) -> Iterator[tuple[list[str], float, str]]:
    for key in ("keywords", "applicationCategory"):
        values = [text for node in page.nodes for text in jsonld.texts(node.get(key), "name")]
        yield values, 0.85 if key == "keywords" else 0.60, f"jsonld.{key}"
    yield page.metas.get("keywords", [])[:1], 0.80, "html.keywords"
    yield page.metas.get("article:tag", []), 0.60, "html.article:tag"


def used(found: list[str], page: Document) -> list[str]:
    """The keywords; of a long list those that the page says."""
    if len(found) <= MANY:
        return found
    descriptions = (text for _, text in page.meta("og:description", "description"))
    said = squash(" ".join([page.title, *descriptions, page.text]))
    return [word for word in found if squash(word) in said]


def distinct(texts: Iterable[str]) -> list[str]:
    """Keywords in lower case, each once in whichever form, at most `MOST`."""
    found: dict[str, str] = {}
    for word in parts(texts):
        found.setdefault(squash(stem(word)), word)
        if len(found) == MOST:
            break
    return list(found.values())


def parts(texts: Iterable[str]) -> list[str]:
    """Parts of the texts that may be keywords: no sentences, no numbers, and no `key:value` of a program."""
    found = (clean(part).lower().lstrip("# ") for text in texts for part in BREAK.split(text))
    return [word for word in found if is_word(word)]


def is_word(word: str) -> bool:
    sized = len(word) <= LIMIT and words(word) <= WORDS
    return sized and any(map(str.isalpha, word)) and ":" not in word
