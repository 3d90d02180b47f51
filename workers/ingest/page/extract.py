"""Extraction of one page: its candidates, passages and links."""

import re
from itertools import chain, islice

import msgspec
from bs4.element import Tag

from schemas.brand import FieldCandidate
from workers.ingest.choose import choose_brand_findings, keep_best_candidates
from workers.ingest.page import (
    audiences,
    brand_names,
    colors,
    descriptions,
    facts,
    inline_logos,
    keywords,
    languages,
    logos,
    pictures,
    platforms,
    taglines,
    tailwind,
    titles,
)
from workers.ingest.page.address import page_url_comparison_key, site_of_url
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.lead import find_lead_paragraph
from workers.ingest.page.links import rank_page_links
from workers.ingest.page.passages import list_page_passages
from workers.ingest.shapes import FetchedPage, ParsedPage

FIELDS_LESS_CONFIDENT_ON_ARTICLES = {"appDescription", "tagline", "keywords"}
#: Confidence factor of an article's own texts.
ARTICLE_PAGE_CONFIDENCE_FACTOR = 0.6
#: Confidence factor of candidates on a page that needs its scripts for its text.
SCRIPTED_PAGE_CONFIDENCE_FACTOR = 0.8
#: Seconds of the longest refresh that counts: a page with a longer one is meant to be read.
MAX_META_REFRESH_DELAY_S = 5
#: Refreshes that are checked: a page has one.
MAX_CHECKED_META_REFRESH_TAGS = 10
#: WHATWG HTML 4.2.5.3, with the tolerance of browsers: no `url=`, quotes around the address.
META_REFRESH_PATTERN = re.compile(r"\s*(?=[\d.])(\d{0,9})[\d.]*[\s;,]+(?:url\s*=)?\s*[\"']?\s*([^\"']*)", re.IGNORECASE)
MAX_STYLE_SHEETS = 3
MAX_CHECKED_STYLE_LINKS = 30
#: Characters of all `<style>`; further ones are ignored.
MAX_STYLE_TAGS_CHARS = 1 << 20
#: Addresses of third-party sheets, or of sheets without colors.
THIRD_PARTY_STYLE_SHEET_PATTERN = re.compile(
    r"\b(?:wp-includes|plugins|vendor|node_modules)/|bootstrap|awesome|swiper|slick|jquery|normalize|reset\b"
    r"|print|fonts?\b|icons?\b|lightbox|fancybox|cookie|consent|carousel|animate|leaflet|katex|prism|highlight",
    re.IGNORECASE,
)
#: Names of sheets for a whole site.
SITE_WIDE_STYLE_SHEET_PATTERN = re.compile(
    r"\b(?:variables|tokens|colou?rs|theme|themes|main|global|globals|app|site|base|brand)\b", re.IGNORECASE
)


def extract_brand_facts_and_links_of_page(source: FetchedPage) -> ParsedPage:
    html = decode_bytes_like_browser(source.body, source.content_type)
    page = HtmlDocument(html, url=source.url, header_language=source.language)
    name_candidates = list(brand_names.find_brand_name_candidates(page))
    name = find_most_confident_value(name_candidates)
    page_passages = list_page_passages(page)
    language_candidates = list(languages.find_language_candidates(page, page_passages))
    language = find_most_confident_value(language_candidates)
    lead = find_lead_paragraph(page_passages, name or page.domain_label, language) if page.is_home else None
    page_candidates = chain(
        name_candidates,
        descriptions.find_description_candidates(page, page_passages, lead),
        taglines.find_page_taglines(page, name, language, page_passages, lead),
        audiences.find_jsonld_audience_candidates(page),
        keywords.find_declared_keyword_candidates(page),
        language_candidates,
        logos.find_logo_candidates(page),
        colors.find_page_head_color_candidates(page),
        colors.build_candidates_of_scored_colors(page.url, tailwind.find_scored_class_colors(html)),
        platforms.find_platform_candidates(page),
    )
    return ParsedPage(
        url=page.url,
        title=titles.choose_page_title(page, name),
        candidates=keep_best_candidates(
            lower_confidence_on_script_or_article(page, candidate) for candidate in page_candidates
        ),
        text_length=len(page.visible_text),
        passages=page_passages,
        facts=facts.list_page_facts(page),
        scripted=page.needs_scripts,
        refresh=find_meta_refresh_target(page),
        manifest=find_web_manifest_url(page),
        styles=choose_style_sheet_urls(page),
        inline_style=join_style_tags_with_custom_properties(page, html),
        links=rank_page_links(page, language, name),
        pictures=pictures.find_page_images(page),
        logo=inline_logos.find_inline_logo(page, name),
    )


def find_most_confident_value(candidates: list[FieldCandidate]) -> str | None:
    """Return the most confident value among candidates of one field; None without candidates."""
    return next((str(finding.value) for finding in choose_brand_findings(candidates).values()), None)


def lower_confidence_on_script_or_article(page: HtmlDocument, candidate: FieldCandidate) -> FieldCandidate:
    """Return the candidate, with less confidence if the page needs scripts, or for a text or keywords on an article."""
    factor = SCRIPTED_PAGE_CONFIDENCE_FACTOR if page.needs_scripts else 1.0
    if candidate.field in FIELDS_LESS_CONFIDENT_ON_ARTICLES and page.is_article_page:
        factor *= ARTICLE_PAGE_CONFIDENCE_FACTOR
    return msgspec.structs.replace(candidate, confidence=candidate.confidence * factor)


def find_web_manifest_url(page: HtmlDocument) -> str | None:
    links = (tag for tag in page.tags["link"] if "manifest" in read_tag_attribute(tag, "rel").lower().split())
    return next((url for tag in links if (url := page.resolve_link(read_tag_attribute(tag, "href")))), None)


def find_meta_refresh_target(page: HtmlDocument) -> str | None:
    """Return another address to which the page's `<meta>` refreshes within `MAX_META_REFRESH_DELAY_S` s; None for none.

    A refresh in a `<noscript>` doesn't count: it means that scripts are needed.
    """
    tags = (tag for tag in page.tags["meta"] if read_tag_attribute(tag, "http-equiv").lower() == "refresh")
    for tag in islice(tags, MAX_CHECKED_META_REFRESH_TAGS):
        if not tag.find_parent("noscript"):
            return parse_meta_refresh_url(page, read_tag_attribute(tag, "content"))
    return None


def parse_meta_refresh_url(page: HtmlDocument, content: str) -> str | None:
    match = META_REFRESH_PATTERN.match(content[:3000])
    if not match or not match[2] or int(match[1] or 0) > MAX_META_REFRESH_DELAY_S:
        return None
    url = page.resolve_link(match[2])
    return url if url and page_url_comparison_key(url) != page_url_comparison_key(page.url) else None


def choose_style_sheet_urls(page: HtmlDocument) -> list[str]:
    """Return the URLs of a page's style sheets to fetch, at most `MAX_STYLE_SHEETS`, in the page's order.

    Sheets for a whole site have precedence. Sheets of other sites, frameworks and widgets are left out.
    """
    hrefs = (
        href for tag in page.tags["link"] if is_style_sheet_link(tag) and (href := read_tag_attribute(tag, "href"))
    )
    candidates = (href for href in hrefs if not THIRD_PARTY_STYLE_SHEET_PATTERN.search(href))
    urls = dict.fromkeys(map(page.resolve_link, islice(candidates, MAX_CHECKED_STYLE_LINKS)))
    own_urls = [url for url in urls if url and site_of_url(url) == site_of_url(page.url)]
    best = sorted(own_urls, key=lambda url: SITE_WIDE_STYLE_SHEET_PATTERN.search(url.rpartition("/")[2]) is None)[
        :MAX_STYLE_SHEETS
    ]
    return [url for url in own_urls if url in best]


def is_style_sheet_link(tag: Tag) -> bool:
    kinds = read_tag_attribute(tag, "rel").lower().split()
    preloaded = "preload" in kinds and read_tag_attribute(tag, "as").lower() == "style"
    if not ("stylesheet" in kinds or preloaded) or "alternate" in kinds:
        return False
    return "print" not in read_tag_attribute(tag, "media").lower() or "onload" in tag.attrs


def join_style_tags_with_custom_properties(page: HtmlDocument, html: str) -> str:
    """Return the text of all `<style>` with custom properties, up to `MAX_STYLE_TAGS_CHARS` characters.

    An inline configuration of Tailwind comes first, as custom properties: a property of the same name is its choice.
    """
    styles = (tag.get_text() for tag in page.tags["style"] if tag.find_parent("svg") is None)
    texts = (tailwind.write_tailwind_config_as_css(page, html), *styles)
    return "\n".join(text for text in texts if "--" in text)[:MAX_STYLE_TAGS_CHARS]
