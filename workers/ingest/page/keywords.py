"""Ladder of `keywords`: those that a page declares, in its own order."""

import re
from collections.abc import Iterator

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document
from workers.ingest.page.text import clean, squash

MOST, LIMIT = 12, 50
#: Commas and semicolons of all scripts.
BREAK = re.compile(r"[,;\n،、，；]")


def candidates(page: Document) -> Iterator[Candidate]:
    for texts, confidence, rule in ladder(page):
        if words := distinct(texts):
            yield page.candidate("keywords", words, confidence, rule)


def ladder(page: Document) -> Iterator[tuple[list[str], float, str]]:
    for key in ("keywords", "applicationCategory"):
        values = [text for node in page.nodes for text in jsonld.texts(node.get(key), "name")]
        yield values, 0.85 if key == "keywords" else 0.60, f"jsonld.{key}"
    yield page.metas.get("keywords", [])[:1], 0.80, "html.keywords"
    yield page.metas.get("article:tag", []), 0.60, "html.article:tag"


def distinct(texts: list[str]) -> list[str]:
    """Keywords in lower case, each once, at most `MOST`; no sentences, and no `key:value` of a program."""
    found: dict[str, str] = {}
    for text in texts:
        for part in BREAK.split(text):
            word = clean(part).lower()
            if squash(word) and len(word) <= LIMIT and ":" not in word:
                found.setdefault(squash(word), word)
            if len(found) == MOST:
                return list(found.values())
    return list(found.values())
