"""Ladder of `keywords`: the keywords that a page declares, in its own order."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

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
#: Words without a separator that are a list: `photo editor camera`.
MIN_BLANK_SEPARATED_KEYWORDS = 3
#: A class name of schema.org, such as `BusinessApplication`.
SCHEMA_CLASS_NAME_PATTERN = re.compile(r"(?:[A-Z][a-z]+){1,4}(?:Application|Business|Organization|Store)")


def find_declared_keyword_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    for texts, confidence, rule in find_scored_keyword_lists(page):
        if keywords := split_unique_keywords(keep_keywords_used_on_page(split_possible_keywords(texts), page)):
            yield page.build_candidate("keywords", keywords, confidence, rule)


def find_scored_keyword_lists(page: HtmlDocument) -> Iterator[tuple[list[str], float, str]]:
    jsonld_values = (jsonld.unwrap_jsonld_texts(node.get("keywords"), "name") for node in page.jsonld_nodes)
    yield list(chain.from_iterable(jsonld_values)), 0.85, "jsonld.keywords"
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


def split_store_keywords(text: str) -> list[str]:
    """Split a store's keyword field into unique keywords: at commas and the like, else at blanks.

    Fewer words than `MIN_BLANK_SEPARATED_KEYWORDS` are one keyword.
    """
    words = text.split()
    is_list = KEYWORD_SEPARATOR_PATTERN.search(text.strip()) is not None or len(words) < MIN_BLANK_SEPARATED_KEYWORDS
    return split_unique_keywords([text] if is_list else words)


def split_possible_keywords(texts: Iterable[str]) -> list[str]:
    """Return the texts' parts, split at commas and the like, in lower case.

    Sentences, numbers, `key:value` and class names of schema.org are left out.
    """
    parts = (clean_text_line(part) for text in texts for part in KEYWORD_SEPARATOR_PATTERN.split(text))
    words_of_texts = (part.lower().lstrip("# ") for part in parts if not SCHEMA_CLASS_NAME_PATTERN.fullmatch(part))
    return [word for word in words_of_texts if is_possible_keyword(word)]


def is_possible_keyword(word: str) -> bool:
    is_short = len(word) <= MAX_KEYWORD_CHARS and count_words(word) <= MAX_KEYWORD_WORDS
    return is_short and any(map(str.isalpha, word)) and ":" not in word
