"""Links of a page: its site's pages in reading order, and its refresh."""

import pytest

from tests.workers.ingest.page.pages import HOME, page
from workers.ingest.page.links import MAX_LINKS_PER_PAGE


def paths(html: str, url: str = HOME) -> list[str]:
    return [link.url.removeprefix("https://www.acme.test") for link in page(html, url).links]


def anchors(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">Read on</a>' for href in hrefs)


NAV = '<a href="/a">A</a><footer><a href="/f">F</a></footer><nav><ul><li><a href="/n">N</a></ul></nav>'
#: A page's HTML, and the addresses that it leads to.
LINKS = {
    "a base": ('<base target="_blank"><base href="/b/">' + anchors("tour"), ["/b/tour"]),
    "a base that is no address": ('<base href="http://[">' + anchors("tour"), ["/tour"]),
    "a base after one that is none": ('<base href="//[/x"><base href="/b/">' + anchors("tour"), ["/tour"]),
    "topics in their order, then the rest": (
        anchors("/blog", "/customers", "/pricing", "/customers/x", "/features", "/about-us"),
        ["/about-us", "/pricing", "/features", "/customers", "/customers/x", "/blog"],
    ),
    "a topic by its text": ('<a href="/a">A</a><a href="/p?id=7"><b>Preise</b></a>', ["/p?id=7", "/a"]),
    "navigation, footer, the rest": (NAV, ["/n", "/f", "/a"]),
    "the page's own language first": (
        f'<html lang="de">{anchors("/en/about", "/preise", "/de/kunden")}<a hreflang=fr href=/tarifs>T</a>',
        ["/preise", "/de/kunden", "/en/about", "/tarifs"],
    ),
    "a translation is no other page": (
        '<html lang="en"><link rel="alternate" hreflang="de" href="/de">' + anchors("/de", "/x"),
        ["/x"],
    ),
    "another host": (anchors("https://shop.acme.test/x", "/y"), ["/y", "https://shop.acme.test/x"]),
    "each once": (anchors("/a", "/a/", "/a#b", "https://www.acme.test/a"), ["/a"]),
    "nofollow": ('<meta name="robots" content="index, NOFOLLOW">' + anchors("/about"), []),
}


@pytest.mark.parametrize("which", LINKS)
def test_links_and_their_order(which: str) -> None:
    html, expected = LINKS[which]
    assert paths(html) == expected


def test_subdomains_of_a_public_host_are_other_sites() -> None:
    assert paths(anchors("https://b.github.io/about"), url="https://a.github.io/") == []


def test_number_of_links_is_capped() -> None:
    assert len(paths(anchors(*(f"/{number}" for number in range(500))))) == MAX_LINKS_PER_PAGE


TOPICS = "/company/about /ueber-uns.html /%C3%BCber-uns /qui-sommes-nous/ /chi-siamo /om-oss /Our_Story /会社概要"


@pytest.mark.parametrize("href", TOPICS.split())
def test_topics_are_detected_by_their_address(href: str) -> None:
    assert paths(anchors("/a", href))[0] == href


OTHERS = """
/ #top ? /#about HTTPS://WWW.ACME.TEST https://elsewhere.test/about //x.test/ mailto:a@acme.test
javascript:void(0) tel:1 ftp://www.acme.test/x https://u:p@acme.test/a /a.pdf /logo.PNG /feed.xml /app.js
/login /privacy-policy /datenschutzerklaerung /Impressum /de/agb https://[/ http://127.0.0.1/about
"""


@pytest.mark.parametrize("href", ["", "/a b", "/" + "x" * 3000, *OTHERS.split()])
def test_links_to_other_sites_and_files_are_left_out(href: str) -> None:
    assert paths(anchors(href)) == []


REFRESHES = (
    *("0;url=/en/", "0; URL=&#39;/en/&#39;", "5, url = /en/ ", "0 /en/", "00 ;; url=/en/"),
    "0.5;url=&quot;/en/&quot;",
)
LATE_OR_BROKEN = (
    *("6;url=/en/", "600", "0", "", "0;url=", "0;url=javascript:alert(1)", "0;url=/", "x", "0;url=http://["),
)


@pytest.mark.parametrize("content", [*REFRESHES, *LATE_OR_BROKEN])
def test_a_refresh_is_read_as_in_browsers(content: str) -> None:
    meta = f'<meta http-equiv=Refresh content="{content}">'
    assert page(meta).refresh == ("https://www.acme.test/en/" if content in REFRESHES else None)
    assert page(f"<noscript>{meta}</noscript>").refresh is None
