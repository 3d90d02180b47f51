"""Ladder of `keywords`: the keywords that a page declares, in its own order."""

import re
from collections.abc import Iterable, Iterator

from schemas.brand import FieldCandidate
from workers.ingest.derive.distinct import MAX_BRAND_KEYWORDS, stem_term
from workers.ingest.page import jsonld
from workers.ingest.page.document import HtmlDocument
from workers.ingest.page.text import clean_text_line, count_words, fold_text

MAX_KEYWORD_CHARS = 50
MAX_KEYWORD_WORDS = 5
#: Length from which a list is made for search engines: then only keywords in the page's text count.
MAX_UNFILTERED_PAGE_KEYWORDS = 20
#: Commas and semicolons of all scripts.
KEYWORD_SEPARATOR_PATTERN = re.compile(r"[,;\n،、，；]")


def find_declared_keyword_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    for texts, confidence, rule in find_scored_keyword_lists(page):
        if keywords := split_unique_keywords(keep_keywords_used_on_page(split_possible_keywords(texts), page)):
            yield page.build_candidate("keywords", keywords, confidence, rule)


def find_scored_keyword_lists(page: HtmlDocument) -> Iterator[tuple[list[str], float, str]]:
    for key in ("keywords", "applicationCategory"):
        values = [text for node in page.jsonld_nodes for text in jsonld.unwrap_jsonld_texts(node.get(key), "name")]
        yield values, 0.85 if key == "keywords" else 0.60, f"jsonld.{key}"
    yield page.meta_contents_by_name.get("keywords", [])[:1], 0.80, "html.keywords"
    yield page.meta_contents_by_name.get("article:tag", []), 0.60, "html.article:tag"


def keep_keywords_used_on_page(keywords: list[str], page: HtmlDocument) -> list[str]:
    """Return the keywords; of a list of more than `MAX_UNFILTERED_PAGE_KEYWORDS`, only those in the page's texts."""
    if len(keywords) <= MAX_UNFILTERED_PAGE_KEYWORDS:
        return keywords
    descriptions = (text for _, text in page.read_first_meta_texts("og:description", "description"))
    page_text = fold_text(" ".join([page.title, *descriptions, page.visible_text]))
    return [word for word in keywords if fold_text(word) in page_text]


def split_unique_keywords(texts: Iterable[str]) -> list[str]:
    """Split texts at commas, semicolons and line breaks into keywords in lower case.

    Return each once in any of its forms, at most `MAX_BRAND_KEYWORDS`.
    """
    by_stem: dict[str, str] = {}
    for word in split_possible_keywords(texts):
        by_stem.setdefault(fold_text(stem_term(word)), word)
        if len(by_stem) == MAX_BRAND_KEYWORDS:
            break
    return list(by_stem.values())


def split_possible_keywords(texts: Iterable[str]) -> list[str]:
    """Return the texts' parts, split at commas and the like, in lower case: no sentences, numbers or `key:value`."""
    words_of_texts = (
        clean_text_line(part).lower().lstrip("# ") for text in texts for part in KEYWORD_SEPARATOR_PATTERN.split(text)
    )
    return [word for word in words_of_texts if is_possible_keyword(word)]


def is_possible_keyword(word: str) -> bool:
    is_short = len(word) <= MAX_KEYWORD_CHARS and count_words(word) <= MAX_KEYWORD_WORDS
    return is_short and any(map(str.isalpha, word)) and ":" not in word
