"""Links of a page to other pages of its site, best first: pages with the most facts about a brand."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4.element import Tag

from workers.ingest.languages import normalize_first_language_tag, primary_language_subtag
from workers.ingest.page.about_links import find_names_in_links, load_about_words, rank_about_text
from workers.ingest.page.address import page_url_comparison_key, root_url, site_of_url
from workers.ingest.page.document import HtmlDocument, read_tag_attribute, read_tag_text
from workers.ingest.page.languages import list_other_language_pages
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import RankedLink

MAX_ANCHOR_TAGS_CHECKED = 2000
MAX_LINKS_PER_PAGE = 50
WORST_RANK_CRAWL_LINK = RankedLink(url="", rank=1 << 30)
#: Rank from which a link has another language or another topic than the page about the brand.
FIRST_RANK_OF_OTHER_TOPICS = 2000
#: Topics of pages about the brand: the brand as a whole, and a part such as its mission.
ABOUT_TOPIC_COUNT = 2
MAX_CHECKED_LINK_ANCESTORS = 8
MAX_LINK_TEXT_CHARS = 100
#: Folders of a site's pages, folded.
FOLDERS_WITHOUT_TOPIC = frozenset("p page pages content info site sites web".split())
#: Endings of a path that isn't a page.
NON_PAGE_URL_PATTERN = re.compile(r"\.(?!(?:html?|xhtml|php|aspx?|jsp)$)[a-z0-9]{1,5}$", re.IGNORECASE)
#: The ending of a page, folded by `fold_text`.
FOLDED_PAGE_FILE_SUFFIX_PATTERN = re.compile(r"(?:html?|php|aspx?)$")
PAGE_FILE_SUFFIX_PATTERN = re.compile(r"\.(?:html?|xhtml|php|aspx?|jsp)$", re.IGNORECASE)
#: The file of a folder's own page.
INDEX_FILE_PATTERN = re.compile(r"/(?:index|default)\.(?:html?|xhtml|php|aspx?|jsp)$", re.IGNORECASE)
#: Signs between the words of an address.
ADDRESS_WORD_SEPARATOR_PATTERN = re.compile(r"[-_+.~ ]+")
LANGUAGE_IN_URL_PATTERN = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?", re.IGNORECASE)

#: Names of the topics after the page about the brand, folded by `fold_text`, in addresses and link texts; the best
#: topic first.
LINK_TOPIC_WORDS_BEST_FIRST: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        """pricing prices price plans plansandpricing plansundpreise preise preisliste tarife tarifs prix
        offres precios planes prezzi piani precos preços planos prijzen priser cennik 料金 价格 цены""",
        """features feature product products platform howitworks solutions tour overview funktionen produkt
        produkte lösungen loesungen sofunktionierts fonctionnalites fonctionnalités produit produits
        caracteristicas características funcionalidades producto productos recursos produtos funzionalita
        funzionalità prodotti functies producten funktioner funkcje 機能 功能 возможности""",
        """customers customer usecases casestudies casestudy customerstories successstories stories clients
        testimonials industries whoisitfor kunden referenzen anwendungsfälle anwendungsfaelle branchen
        fallstudien clientes casosdeexito casosdeéxito casosdeuso temoignages témoignages casclients clienti
        klanten kunder klienci 導入事例 客户案例 клиенты""",
    )
)
#: Names of pages without facts about a brand, or behind an account.
SKIPPED_PAGE_NAMES_PATTERN = re.compile(
    r"(?:login|signin|signup|register|account|privacy|terms|cookie|impressum|imprint|datenschutz|password).*"
    r"|join|cart|basket|checkout|logout|tos|legal|agb|anmelde\w+|anmeldung|warenkorb|konto|connexion|inscription"
    r"|mentionslegales|search|feed|rss|sitemap|status|tags?|category|author|archives?|wpadmin"
)


class LinkedPageAddress(NamedTuple):
    """Target page of an address; `key` is equal for two addresses of it."""

    url: str
    key: str
    words: list[str]
    about_rank: int | None
    other_host: bool
    languages: set[str]


def rank_page_links(page: HtmlDocument, language: str | None, name: str | None) -> list[RankedLink]:
    """Return a page's links to other pages of its site, best first, at most `MAX_LINKS_PER_PAGE`.

    `name` is the brand's name, which a link may have, as in *About Acme*. Each page is there once, without the root
    and hreflang pages of other languages. A page with `nofollow` has none.
    """
    if any("nofollow" in text.lower() for _, text in page.read_first_meta_texts("robots")):
        return []
    excluded = {
        build_linked_page_key(page.url),
        build_linked_page_key(root_url(page.url)),
        *(build_linked_page_key(url) for _, url in list_other_language_pages(page, language or "")),
    }
    best_links: dict[str, RankedLink] = {}
    names = find_names_in_links(name, page.domain_label)
    for target, rank in read_ranked_page_links(page, language, names):
        if target.key not in excluded and rank < best_links.get(target.key, WORST_RANK_CRAWL_LINK).rank:
            is_about = rank < FIRST_RANK_OF_OTHER_TOPICS
            best_links[target.key] = RankedLink(url=target.url, rank=rank, is_about=is_about)
    return sorted(best_links.values(), key=lambda link: link.rank)[:MAX_LINKS_PER_PAGE]


def read_ranked_page_links(
    page: HtmlDocument, language: str | None, names: frozenset[str]
) -> Iterator[tuple[LinkedPageAddress, int]]:
    targets: dict[str, LinkedPageAddress | None] = {}
    for tag in islice(page.tags["a"], MAX_ANCHOR_TAGS_CHECKED):
        href = read_tag_attribute(tag, "href")
        if href not in targets:
            targets[href] = find_linked_page_address(page, href, names)
        target = targets[href]
        text = read_tag_text(tag)[:MAX_LINK_TEXT_CHARS] if target else ""
        label = fold_text(text)
        if target and not SKIPPED_PAGE_NAMES_PATTERN.fullmatch(label):
            about_rank = rank_about_page(target, text, names)
            topic = rank_link_topic(target.words, label) if about_rank is None else about_rank
            yield target, rank_page_link(tag, target, topic, language)


def rank_page_link(tag: Tag, target: LinkedPageAddress, topic: int, language: str | None) -> int:
    """Return the link's rank by language, then topic, host, position and depth; the lowest is the best."""
    position, depth = rank_link_position(tag), min(len(target.words), 9)
    digits = (is_link_in_other_language(tag, target, language), topic, target.other_host, position, depth)
    return sum(digit * 10**place for place, digit in enumerate(reversed(digits)))


def find_linked_page_address(page: HtmlDocument, href: str, names: frozenset[str]) -> LinkedPageAddress | None:
    """Return the target page of a link; None for an address off the site, or of a file that is no page.

    Return None too for a page without facts about a brand, such as a login.
    """
    url = page.resolve_link(href)
    if url is None or site_of_url(url) != page.site:
        return None
    parts = urlsplit(url)
    if NON_PAGE_URL_PATTERN.search(parts.path):
        return None
    segments = unquote(INDEX_FILE_PATTERN.sub("/", parts.path)).split("/")
    words = [word for segment in segments if (word := fold_text(segment))]
    if any(map(SKIPPED_PAGE_NAMES_PATTERN.fullmatch, words)):
        return None
    end = PAGE_FILE_SUFFIX_PATTERN.sub("", next(filter(fold_text, reversed(segments)), ""))
    return LinkedPageAddress(
        url,
        build_linked_page_key(url),
        words,
        rank_about_text(ADDRESS_WORD_SEPARATOR_PATTERN.sub(" ", end), names),
        parts.netloc != urlsplit(page.url).netloc,
        read_languages_in_url(parts.path, parts.netloc),
    )


def build_linked_page_key(url: str) -> str:
    """Return a key that is equal for a folder's address and its index file's."""
    return page_url_comparison_key(INDEX_FILE_PATTERN.sub("/", url))


def rank_about_page(target: LinkedPageAddress, text: str, names: frozenset[str]) -> int | None:
    """Return the rank of a link to a page about the brand by its address or text; None for another page.

    A page on a company below another topic's folder is about many companies, as in the news.
    """
    ranks = [rank for rank in (target.about_rank, rank_about_text(text, names)) if rank is not None]
    rank = min(ranks, default=None)
    if rank == 0 or all(is_folder_without_topic(word, names) for word in target.words[:-1]):
        return rank
    return None


def is_folder_without_topic(word: str, names: frozenset[str]) -> bool:
    is_about = rank_about_text(word, names) is not None
    return is_about or word in FOLDERS_WITHOUT_TOPIC or LANGUAGE_IN_URL_PATTERN.fullmatch(word) is not None


def read_languages_in_url(path: str, host: str) -> set[str]:
    """Return the languages in a URL's first folder and host label: `de` and `en` of `https://en.acme.com/de/prices`."""
    ends = (path.strip("/").partition("/")[0], host.partition(".")[0])
    return {
        primary_language_subtag(tag)
        for end in ends
        if LANGUAGE_IN_URL_PATTERN.fullmatch(end) and (tag := normalize_first_language_tag(end))
    }


def rank_link_topic(words: list[str], label: str) -> int:
    """Return the rank of a link's topic, by the address's end or the link's text: lower is better.

    The topics of pages about the brand are before them. Pages below a topic's page rank after all topics, other
    pages last.
    """
    last = FOLDED_PAGE_FILE_SUFFIX_PATTERN.sub("", words[-1]) if words else ""
    for index, names in enumerate(LINK_TOPIC_WORDS_BEST_FIRST, ABOUT_TOPIC_COUNT):
        if last in names or label in names:
            return index
    topic_count = ABOUT_TOPIC_COUNT + len(LINK_TOPIC_WORDS_BEST_FIRST)
    is_below = not load_about_words().any.isdisjoint(words) or any(
        names & {*words} for names in LINK_TOPIC_WORDS_BEST_FIRST
    )
    return topic_count if is_below else topic_count + 1


def rank_link_position(tag: Tag) -> int:
    """Return the position of a link: 0 in the navigation, 1 in the footer, 2 elsewhere."""
    names = [parent.name for parent in islice(tag.parents, MAX_CHECKED_LINK_ANCESTORS)]
    return 0 if "nav" in names or "header" in names else 1 if "footer" in names else 2


def is_link_in_other_language(tag: Tag, target: LinkedPageAddress, language: str | None) -> bool:
    """Return whether a link's hreflang or address declares another language than the page's.

    Return False if the page's language is unknown.
    """
    declared = normalize_first_language_tag(read_tag_attribute(tag, "hreflang"))
    languages = target.languages | ({primary_language_subtag(declared)} if declared else set())
    return bool(language) and bool(languages - {primary_language_subtag(language or "")})
