"""Ladder of `appName`: names of the brand on a page, from declared names down to its host."""

import re
from collections.abc import Iterator

from bs4.element import Tag

from schemas.brand import FieldCandidate
from workers.ingest.page import title_parts
from workers.ingest.page.address import site_of_url, strip_domain_ending
from workers.ingest.page.declared_names import ScoredName, list_metadata_brand_names
from workers.ingest.page.document import HtmlDocument, read_tag_attribute, read_tag_text
from workers.ingest.page.logo_texts import find_name_in_logo_text, has_logo_word
from workers.ingest.page.names import MAX_TITLE_PART_NAME_CHARS, is_possible_brand_name, split_name_and_tagline
from workers.ingest.page.text import clean_text_line, count_words, fold_text

#: Highest confidence of a domain, a name where none was set: less than a part of the title that equals the
#: host.
MAX_DOMAIN_AS_NAME_CONFIDENCE = 0.60
#: Words of a headline that may be a name.
MAX_HEADLINE_NAME_WORDS = 3
#: Part of a logo's class or address; `logos` are those of customers and partners, a `catalogo` is a catalog.
LOGO_MARK_PATTERN = re.compile(r"(?<!cata)logo(?!s(?![a-z])|phone)", re.IGNORECASE)
COPYRIGHT_YEARS_REGEX = r"(?:(?:19|20)\d\d(?:\s?[-–—]\s?(?:\d{2,4}|present))?)?"
COPYRIGHT_OWNER_PATTERN = re.compile(
    r"(?:(?:©|\(c\))(?:\s*copyright\b)?|copyright(?=\s{1,3}(?:19|20)\d\d))"
    rf"[\s©,]{{0,5}}{COPYRIGHT_YEARS_REGEX}[\s,.:–—-]{{0,5}}(?:by\s)?"
    r"([^\W\d_][^.|,;©–—()]{1,60})",
    re.IGNORECASE,
)
RIGHTS_RESERVED_PATTERN = re.compile(
    r"(?:^|\s+)(?:all rights|alle rechte|tous droits|todos (?:los|os)|tutti i|tüm hakları|wszelkie prawa|všechna práva"
    r"|все права|powered by)\b.*",
    re.IGNORECASE,
)
#: Characters of a footer's end; further ones are ignored.
MAX_FOOTER_CHARS = 2000


def find_brand_name_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    for value, confidence, rule in find_scored_brand_names(page):
        head, tail = split_name_and_tagline(value)
        name = tail if title_parts.is_domain_label_of_page(tail, page) else head
        limit = MAX_DOMAIN_AS_NAME_CONFIDENCE if strip_domain_ending(name) != name else 1.0
        if is_possible_brand_name(name):
            yield page.build_candidate("appName", name, min(confidence, limit), rule)


def find_scored_brand_names(page: HtmlDocument) -> Iterator[ScoredName]:
    names = [*list_metadata_brand_names(page)]
    yield from names
    yield from title_parts.find_scored_title_names(
        page, {fold_text(strip_domain_ending(split_name_and_tagline(value)[0])) for value, _, _ in names}
    )
    yield from read_names_from_logo_alt(page)
    yield from read_name_from_headline(page)
    yield from read_name_from_copyright(page)
    if page.domain_label:
        yield page.domain_label.replace("-", " ").title(), 0.30, "host"


def read_names_from_logo_alt(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield the names in the alternative texts of a page's first two logos, each with a confidence and a rule.

    Logos that link to another site, and long texts, are left out.
    """
    for image in [tag for tag in page.tags["img"] if is_logo_image(tag) and not is_image_linked_offsite(tag, page)][:2]:
        name = find_name_in_logo_text(clean_text_line(read_tag_attribute(image, "alt")))
        if len(name) <= MAX_TITLE_PART_NAME_CHARS:
            yield name, 0.45, "html.logo"


def is_logo_image(image: Tag) -> bool:
    texts = (
        read_tag_attribute(tag, key) for tag in (image, image.parent) if tag for key in ("class", "id", "alt", "src")
    )
    return any(LOGO_MARK_PATTERN.search(text) or has_logo_word(text) for text in texts)


def is_image_linked_offsite(image: Tag, page: HtmlDocument) -> bool:
    """Return whether the image links to another site, as the logo of a partner does."""
    parent = image.parent
    url = page.resolve_link(read_tag_attribute(parent, "href")) if parent is not None and parent.name == "a" else None
    return url is not None and site_of_url(url) != site_of_url(page.url)


def read_name_from_headline(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield a home page's headline as a possible name if it has at most three words, none in lower case: `Big Acme`."""
    text = read_tag_text(page.headline_h1_tag) if page.is_home and page.headline_h1_tag else ""
    is_short = 0 < count_words(text) <= MAX_HEADLINE_NAME_WORDS and len(text) <= MAX_TITLE_PART_NAME_CHARS
    if is_short and not text.endswith((".", "!", "?", ":")) and not any(word[0].islower() for word in text.split()):
        yield text, 0.40, "html.h1"


def read_name_from_copyright(page: HtmlDocument) -> Iterator[ScoredName]:
    """Yield the owner in a page's copyright `<meta>` and footer, as a possible brand name of low confidence.

    It corroborates other names, and is hardly a name itself. Yield nothing without an owner.
    """
    footers = (clean_text_line(tag.get_text(" ")[-MAX_FOOTER_CHARS:]) for tag in page.tags["footer"][-1:])
    for text in (*(text for _, text in page.read_first_meta_texts("copyright")), *footers):
        if match := COPYRIGHT_OWNER_PATTERN.search(text):
            yield RIGHTS_RESERVED_PATTERN.sub("", match[1]).strip(), 0.25, "html.copyright"
