"""Ladder of `appName`: what a page calls its brand, from declared names down to its host."""

import re
from collections.abc import Iterator

from bs4.element import Tag

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document, attribute, text_of
from workers.ingest.page.text import SEPARATOR, clean, segments, squash

#: Characters of a name; of a part of a title that may be one; of a name before a line that follows it.
LIMIT = 80
PART_LIMIT = 40
HEAD_LIMIT = 30
LEGAL_FORM = re.compile(
    r",?\s+(?:GmbH(?: & Co\.? KG)?|AG|SE|e\.\s?V\.|UG|Inc\.?|LLC|Ltd\.?|Corp\.?|S\.A\.|SAS|S\.r\.l\.|B\.V\.)$"
)
PARENTHESIS = re.compile(r"(?<=\w)\s+\([^()]*\)$")
LOGO_WORD = re.compile(r"\b(?:the\s+)?logo(?:type)?\b", re.IGNORECASE)
APPS = {"SoftwareApplication", "MobileApplication", "WebApplication", "VideoGame"}
SITES = {"WebSite"}
ORGANIZATION = re.compile(
    r"\w*Organization|Corporation|Brand|LocalBusiness|Online(?:Business|Store)|Project|NGO"
)
META_NAMES = (
    "application-name",
    "apple-mobile-web-app-title",
    "al:ios:app_name",
    "al:android:app_name",
    "twitter:app:name:iphone",
    "twitter:app:name:ipad",
    "twitter:app:name:googleplay",
)
NOT_A_NAME = re.compile(r"https?://|www\.|^@|^[\W\d_]*$", re.IGNORECASE)
GENERIC = frozenset(
    """home homepage startseite start accueil inicio iniciopagina index untitled welcome main default page
    website site blog news login signin loading error logo pagenotfound notfound 404 anasayfa hjem etusivu
    strona hem home1 mysite app""".split()
)


def candidates(page: Document) -> Iterator[Candidate]:
    for value, confidence, rule in ladder(page):
        name, _ = parted(value)
        if is_name(name):
            yield page.candidate("appName", name, confidence, rule)


def parted(value: str) -> tuple[str, str]:
    """A name, and the line that some append to it, as in `Acme - Device Mockup Generator`."""
    whole = clean(value)
    for match in SEPARATOR.finditer(whole):
        head, tail = whole[: match.start()], whole[match.end() :]
        if is_name(head) and len(head) <= HEAD_LIMIT:
            return head, tail
    return LEGAL_FORM.sub("", PARENTHESIS.sub("", whole)), ""


def is_name(text: str) -> bool:
    return 0 < len(text) <= LIMIT and not NOT_A_NAME.search(text) and squash(text) not in GENERIC


def ladder(page: Document) -> Iterator[tuple[str, float, str]]:
    yield from declared(page)
    yield from from_title(page)
    yield from from_logo(page)
    if page.label:
        yield page.label.replace("-", " ").title(), 0.30, "host"


def declared(page: Document) -> Iterator[tuple[str, float, str]]:
    yield from apps(page)
    yield from publishers(page)
    yield from ((text, 0.90, "html.og:site_name") for _, text in page.meta("og:site_name"))
    yield from typed(page, SITES, 0.85)
    yield from ((text, 0.80, f"html.{name}") for name, text in page.meta(*META_NAMES))
    for node in page.nodes:
        if any(ORGANIZATION.fullmatch(kind) for kind in jsonld.types(node)):
            yield from named(node, 0.75, "jsonld.Organization.name")


def apps(page: Document) -> Iterator[tuple[str, float, str]]:
    """Names of apps: of a page with one app its own, of one with many that in the host or the title."""
    found = list(typed(page, APPS, 0.95))
    for value, confidence, rule in found:
        if len(found) == 1 or belongs(value, page):
            yield value, confidence, rule


def belongs(value: str, page: Document) -> bool:
    name = squash(clean(value))
    return name == squash(page.label) or name in map(squash, segments(page.title))


def publishers(page: Document) -> Iterator[tuple[str, float, str]]:
    for node in page.nodes:
        for publisher in jsonld.linked(node, "publisher", page.nodes):
            yield from named(publisher, 0.90, "jsonld.publisher.name")


def typed(page: Document, kinds: set[str], confidence: float) -> Iterator[tuple[str, float, str]]:
    for node in page.nodes:
        if kind := jsonld.types(node) & kinds:
            yield from named(node, confidence, f"jsonld.{min(kind)}.name")


def named(node: jsonld.Node, confidence: float, rule: str) -> Iterator[tuple[str, float, str]]:
    for text in jsonld.texts(node.get("name"), "name")[:1]:
        yield text, confidence, rule


def from_title(page: Document) -> Iterator[tuple[str, float, str]]:
    """Parts of the title: the host's label, and the first part of a home page or the last of another."""
    titles = [page.title, *(clean(text) for _, text in page.meta("og:title"))]
    parts = [part for title in titles for part in segments(title)]
    for part in parts:
        if resembles(squash(part), squash(page.label)):
            yield part, 0.70, "html.title.host"
    for title in titles[:1]:
        shown = segments(title)
        if page.is_home and shown and len(shown[0]) <= PART_LIMIT:
            yield shown[0], 0.50, "html.title.first"
        if not page.is_home and len(shown) > 1 and is_site(shown[-1], page):
            yield shown[-1], 0.45, "html.title.last"


def is_site(part: str, page: Document) -> bool:
    """True if a part is short, and not the page's headline."""
    heading = text_of(page.headline) if page.headline else ""
    return len(part) <= PART_LIMIT and squash(part) != squash(heading)


def resembles(part: str, label: str) -> bool:
    """True if they are the same, or one begins or ends with the other and is little longer."""
    if min(len(part), len(label)) < 2:
        return False
    shorter, longer = sorted((part, label), key=len)
    whole = longer.startswith(shorter) or longer.endswith(shorter)
    return whole and len(longer) - len(shorter) <= (6 if len(shorter) > 2 else 0)


def from_logo(page: Document) -> Iterator[tuple[str, float, str]]:
    """Alternative texts of the first two logos, without the word logo."""
    for image in list(filter(is_logo, page.tags["img"]))[:2]:
        name = LOGO_WORD.sub("", clean(attribute(image, "alt"))).strip(" -–—|:,.")
        if len(name) <= PART_LIMIT:
            yield name, 0.45, "html.logo"


def is_logo(image: Tag) -> bool:
    texts = (
        attribute(tag, key) for tag in (image, image.parent) if tag for key in ("class", "id", "alt", "src")
    )
    return any("logo" in text.lower() for text in texts)
