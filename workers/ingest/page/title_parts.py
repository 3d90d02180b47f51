"""Parts of a page's title that may be the brand's name.

A home page has its name first, any other page last. A part that equals the host, or a name that the page
declares elsewhere, is the name in any position.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from workers.ingest.page.address import PUBLIC_SUFFIXES, strip_domain_ending
from workers.ingest.page.declared_names import ScoredName
from workers.ingest.page.document import HtmlDocument, read_tag_text
from workers.ingest.page.names import (
    LEGAL_FORM_PATTERN,
    MAX_TITLE_PART_NAME_CHARS,
    MAX_UNPROVED_NAME_WORDS,
    TRAILING_PARENTHESIS_PATTERN,
    cut_generic_end,
    is_possible_brand_name,
    is_similar_name,
)
from workers.ingest.page.text import MAJOR_TITLE_SEPARATOR_PATTERN, clean_text_line, count_words, fold_text, split_title

MAX_TITLE_PART_HEADINGS_CHECKED = 10
MAX_CHECKED_TITLE_PARTS = 20
WELCOME_GREETING_PATTERN = re.compile(
    r"(?:herzlich\s+)?(?:welcome\s+to|willkommen\s+(?:bei|auf|in|im)|bienvenue\s+(?:chez|sur|à)|bienvenid[oa]s?\s+a"
    r"|benvenut[oi]\s+(?:su|in|a)|bem-vind[oa]s?\s+(?:à|ao|a)|welkom\s+bij|välkommen\s+till|velkommen\s+til)\s+",
    re.IGNORECASE,
)
#: Suffix of a name in titles of generated manuals.
MANUAL_TITLE_SUFFIX_PATTERN = re.compile(r"(?:\s+v?\d[\w.]*)?\s+documentation$", re.IGNORECASE)


def find_scored_title_names(page: HtmlDocument, declared: set[str]) -> Iterator[ScoredName]:
    """Yield a title's parts that may be a name, with confidence and rule; `declared` are the declared names, folded."""
    titles = [page.title, *(clean_text_line(text) for _, text in page.read_first_meta_texts("og:title"))]
    for part in (
        strip_title_affixes(part) for title in titles for part in split_title(title)[:MAX_CHECKED_TITLE_PARTS]
    ):
        if name := find_host_like_name_in_title_part(part, page):
            yield name, 0.70, "html.title.host"
        elif name := find_host_like_name_at_title_end(part, page):
            yield name, 0.55, "html.title.end"
        elif fold_text(strip_domain_ending(part)) in declared:
            yield part, 0.45, "html.title.part"
    if page.is_home:
        yield from find_names_at_ends_of_home_title(page)
    else:
        yield from find_name_at_end_of_inner_page_title(page)


def strip_title_affixes(part: str) -> str:
    """Return a title's part without a greeting, and without a remark in brackets or a legal form at its end.

    A page's name behind a hyphen and `documentation` are dropped from its end too.
    """
    ungreeted = WELCOME_GREETING_PATTERN.sub("", part, count=1) if WELCOME_GREETING_PATTERN.match(part) else part
    plain = LEGAL_FORM_PATTERN.sub("", TRAILING_PARENTHESIS_PATTERN.sub("", ungreeted))
    return cut_generic_end(MANUAL_TITLE_SUFFIX_PATTERN.sub("", plain))


def find_host_like_name_in_title_part(part: str, page: HtmlDocument) -> str:
    """Return the part similar to the host's name, or its text before a comma, as of `Acme, the free shop`; else ""."""
    head = part.partition(", ")[0]
    if fold_text(head) == fold_text(page.domain_label) or fold_text(head) == fold_host_name(page.url):
        return head
    return part if is_similar_name(fold_text(part), fold_text(page.domain_label)) else ""


def find_host_like_name_at_title_end(part: str, page: HtmlDocument) -> str:
    """Return the last word of a home page's line if it is the host's name: `Cheap tyres for all at Acme`; else ""."""
    last_word = part.rstrip(".!").rpartition(" ")[2]
    is_line = count_words(part) > MAX_UNPROVED_NAME_WORDS or strip_domain_ending(last_word) != last_word
    return last_word if page.is_home and is_line and is_domain_label_of_page(last_word, page) else ""


def is_domain_label_of_page(text: str, page: HtmlDocument) -> bool:
    """Return whether the text is the domain's label: `Acme` or `acme.co.uk` on `www.acme.co.uk`."""
    return bool(page.domain_label) and fold_text(strip_domain_ending(text)) == fold_text(page.domain_label)


def fold_host_name(url: str) -> str:
    """Return the host without `www` and the ending, folded: `bookstoscrape` of `books.toscrape.com`."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    suffix = PUBLIC_SUFFIXES.publicsuffix(host) or ""
    return fold_text(host.removesuffix(suffix))


def find_names_at_ends_of_home_title(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield possible brand names in a home page's title: its first part.

    If that part is a line about the brand, also yield the last part.
    """
    parts = map(strip_title_affixes, split_title(page.title)[:MAX_CHECKED_TITLE_PARTS])
    first = next(filter(is_possible_brand_name, parts), "")
    last = strip_title_affixes(find_name_in_last_title_part(page.title))
    is_line = count_words(first) > MAX_UNPROVED_NAME_WORDS
    if 0 < len(first) <= MAX_TITLE_PART_NAME_CHARS:
        yield first, 0.35 if is_line else 0.50, "html.title.first"
    if is_line and 0 < count_words(last) <= MAX_UNPROVED_NAME_WORDS and len(last) <= MAX_TITLE_PART_NAME_CHARS:
        yield last, 0.45, "html.title.last"


def find_name_in_last_title_part(title: str) -> str:
    """Return the last part of a title that names no page, or "".

    If the title has two kinds of separators, return that part's piece with the fewest words, of equals the last:
    `Acme` of `Contact | Acme - Fine tools`.
    """
    larger_parts = MAJOR_TITLE_SEPARATOR_PATTERN.split(title)
    for part in reversed(larger_parts if len(larger_parts) > 1 else split_title(title)):
        pieces = [piece for piece in reversed(split_title(part)) if is_possible_brand_name(piece)]
        if pieces:
            return min(pieces, key=count_words)
    return ""


def find_name_at_end_of_inner_page_title(page: HtmlDocument) -> Iterator[ScoredName]:
    last_part = find_name_in_last_title_part(page.title)
    before = page.title[: page.title.rfind(last_part)].rstrip()
    headings = {
        fold_text(read_tag_text(tag))
        for name in ("h1", "h2")
        for tag in page.tags[name][:MAX_TITLE_PART_HEADINGS_CHECKED]
    }
    # The part after `Film: ` is the page's subject.
    is_subject = fold_text(last_part) in headings or before.endswith((":", "："))
    if before and not is_subject and 0 < len(strip_title_affixes(last_part)) <= MAX_TITLE_PART_NAME_CHARS:
        yield strip_title_affixes(last_part), 0.45, "html.title.last"
