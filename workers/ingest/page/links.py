"""Links of a page to others of its site, best first: to those that tell most of a brand."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4.element import Tag

from workers.ingest.languages import primary, standard
from workers.ingest.page.address import bare, root, site
from workers.ingest.page.alternates import others
from workers.ingest.page.document import Document, attribute, text_of
from workers.ingest.page.text import squash
from workers.ingest.shapes import Link

#: Anchors that are looked at, and links that are kept.
READ, MOST = 2000, 50
UNRANKED = Link(url="", rank=1 << 30)
NEAR = 8
#: Endings of a path that is no page.
ENDING = re.compile(r"\.(?!(?:html?|xhtml|php|aspx?|jsp)$)[a-z0-9]{1,5}$", re.IGNORECASE)
#: The ending of a page, squashed.
PAGE_ENDING = re.compile(r"(?:html?|php|aspx?)$")
LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?", re.IGNORECASE)

#: Names of the four topics, squashed, in addresses and link texts; the first topic tells most.
TOPICS: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        """about aboutus company ourstory ourmission mission whoweare whatwedo ueberuns uberuns überuns
        unternehmen werwirsind apropos quisommesnous entreprise sobre sobrenosotros quienessomos quiénessomos
        nosotros empresa sobrenos quemsomos chisiamo azienda overons omos omoss onas onás hakkımızda 会社概要
        关于我们 о-нас онас""",
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
#: Names of pages that tell nothing of a brand, or nothing without an account.
NEVER = re.compile(
    r"(?:login|signin|signup|register|account|privacy|terms|cookie|impressum|imprint|datenschutz|password).*"
    r"|join|cart|basket|checkout|logout|tos|legal|agb|anmelde\w+|anmeldung|warenkorb|konto|connexion|inscription"
    r"|mentionslegales|search|feed|rss|sitemap|status|tags?|category|author|archives?|wpadmin"
)


class Seen(NamedTuple):
    """Link as it stands on the page."""

    url: str
    foreign: bool
    topic: int
    elsewhere: bool
    position: int
    depth: int

    @property
    def rank(self) -> int:
        """Rank by language, then topic, host, position and depth; the lowest is the best."""
        digits = (self.foreign, self.topic, self.elsewhere, self.position, min(self.depth, 9))
        return int("".join(str(int(digit)) for digit in digits))


def links(page: Document, language: str | None) -> list[Link]:
    """Links, at most `MOST`, each page once, best first; of equals the first on the page."""
    if any("nofollow" in text.lower() for _, text in page.meta("robots")):
        return []
    known = {bare(page.url), bare(root(page.url)), *(bare(url) for _, url in others(page, language or ""))}
    found: dict[str, Link] = {}
    for seen in read(page, language):
        link, key = Link(url=seen.url, rank=seen.rank), bare(seen.url)
        if key not in known and link.rank < found.get(key, UNRANKED).rank:
            found[key] = link
    return sorted(found.values(), key=lambda link: link.rank)[:MOST]


def read(page: Document, language: str | None) -> Iterator[Seen]:
    home = site(page.url)
    for tag in islice(page.tags["a"], READ):
        url = page.link(attribute(tag, "href"))
        if url and site(url) == home and not ENDING.search(urlsplit(url).path):
            label = squash(text_of(tag)[:100])
            words = [squash(part) for part in unquote(urlsplit(url).path).split("/") if squash(part)]
            if not any(map(NEVER.fullmatch, (*words, label))):
                yield Seen(
                    url=url,
                    foreign=is_foreign(tag, url, language),
                    topic=topic(words, label),
                    elsewhere=urlsplit(url).netloc != urlsplit(page.url).netloc,
                    position=position(tag),
                    depth=len(words),
                )


def topic(words: list[str], label: str) -> int:
    """Topic by the end of the address or by the link's text; pages below one of those come after them."""
    last = PAGE_ENDING.sub("", words[-1]) if words else ""
    for index, names in enumerate(TOPICS):
        if last in names or label in names:
            return index
    below = any(names & {*words} for names in TOPICS)
    return len(TOPICS) if below else len(TOPICS) + 1


def position(tag: Tag) -> int:
    """Position of a link: 0 in the navigation, 1 in the footer, 2 elsewhere."""
    names = [parent.name for parent in islice(tag.parents, NEAR)]
    return 0 if "nav" in names or "header" in names else 1 if "footer" in names else 2


def is_foreign(tag: Tag, url: str, language: str | None) -> bool:
    """True if its hreflang or its address says that its page is in another language."""
    parts = urlsplit(url)
    ends = (parts.path.strip("/").partition("/")[0], parts.netloc.partition(".")[0])
    declared = [attribute(tag, "hreflang"), *(end for end in ends if LANGUAGE.fullmatch(end))]
    tags = filter(None, map(standard, declared))
    return bool(language) and any(primary(one) != primary(language or "") for one in tags)
