"""Ladder of `keywords`: the keywords that a page declares, in its own order."""

import re
from collections.abc import Iterable, Iterator

from schemas.brand import Candidate
from workers.ingest.derive.distinct import MOST, stem
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document
from workers.ingest.page.text import clean, squash, words

LIMIT, WORDS = 50, 5
#: Length from which a list is made for search engines: then only keywords in the page's text count.
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
    """Return the keywords; of a long list only the keywords in the page's text."""
    if len(found) <= MANY:
        return found
    descriptions = (text for _, text in page.meta("og:description", "description"))
    said = squash(" ".join([page.title, *descriptions, page.text]))
    return [word for word in found if squash(word) in said]


def distinct(texts: Iterable[str]) -> list[str]:
    """Return keywords in lower case, each once in any of its forms, at most `MOST`."""
    found: dict[str, str] = {}
    for word in parts(texts):
        found.setdefault(squash(stem(word)), word)
        if len(found) == MOST:
            break
    return list(found.values())


def parts(texts: Iterable[str]) -> list[str]:
    """Return possible keywords in the texts: no sentences, no numbers, no `key:value` of a program."""
    found = (clean(part).lower().lstrip("# ") for text in texts for part in BREAK.split(text))
    return [word for word in found if is_word(word)]


def is_word(word: str) -> bool:
    sized = len(word) <= LIMIT and words(word) <= WORDS
    return sized and any(map(str.isalpha, word)) and ":" not in word
