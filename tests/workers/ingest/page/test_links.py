"""Links of a page: the pages of its site in the order to read them, and where it sends its visitors."""

import pytest

from workers.ingest.page.extract import extract
from workers.ingest.page.links import MOST
from workers.ingest.shapes import Source

HOME = "https://www.acme.test/"


def paths(html: str, url: str = HOME) -> list[str]:
    links = extract(Source(url=url, body=html.encode())).links
    return [link.url.removeprefix("https://www.acme.test") for link in links]


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ('<base target="_blank"><base href="/b/">', "/b/tour"),
        ('<base href="http://[">', "/tour"),
        ('<base href="//[/x"><base href="/b/">', "/tour"),
    ],
)
def test_a_base_that_is_no_address_leads_nowhere_else(base: str, path: str) -> None:
    assert paths(base + anchors("tour")) == [path]


def anchors(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">Read on</a>' for href in hrefs)


def test_topics_come_in_their_order_and_everything_else_after_them() -> None:
    assert paths(anchors("/blog", "/customers", "/pricing", "/customers/x", "/features", "/about-us")) == [
        *("/about-us", "/pricing", "/features", "/customers", "/customers/x", "/blog")
    ]


TOPICS = (
    "/company/about /ueber-uns.html /%C3%BCber-uns /qui-sommes-nous/ /chi-siamo /om-oss /Our_Story /会社概要"
)


@pytest.mark.parametrize("href", TOPICS.split())
def test_a_topic_is_known_by_its_address(href: str) -> None:
    assert paths(anchors("/a", href))[0] == href


def test_a_topic_is_known_by_the_links_text() -> None:
    assert paths('<a href="/a">A</a><a href="/p?id=7"><b>Preise</b></a>') == ["/p?id=7", "/a"]


def test_the_navigation_comes_before_the_footer_and_both_before_the_rest() -> None:
    html = '<a href="/a">A</a><footer><a href="/f">F</a></footer><nav><ul><li><a href="/n">N</a></ul></nav>'
    assert paths(html) == ["/n", "/f", "/a"]


def test_the_pages_own_language_comes_first() -> None:
    html = '<html lang="de">' + anchors("/en/about", "/preise", "/de/kunden")
    html += '<a hreflang="fr" href="/tarifs">Tarifs</a>'
    assert paths(html) == ["/preise", "/de/kunden", "/en/about", "/tarifs"]


def test_a_translation_of_the_page_is_no_other_page() -> None:
    html = '<html lang="en"><link rel="alternate" hreflang="de" href="/willkommen">'
    assert paths(html + anchors("/willkommen", "/x")) == ["/x"]


OTHERS = """
/ #top ? /#about HTTPS://WWW.ACME.TEST https://elsewhere.test/about //x.test/ mailto:a@acme.test
javascript:void(0) tel:1 ftp://www.acme.test/x https://u:p@acme.test/a /a.pdf /logo.PNG /feed.xml /app.js
/login /privacy-policy /datenschutzerklaerung /Impressum /de/agb https://[/ http://127.0.0.1/about
"""


@pytest.mark.parametrize("href", ["", "/a b", "/" + "x" * 3000, *OTHERS.split()])
def test_what_is_no_page_of_the_site_is_left_out(href: str) -> None:
    assert paths(anchors(href)) == []


def test_another_host_of_the_domain_is_the_site_too_and_comes_later() -> None:
    assert paths(anchors("https://shop.acme.test/x", "/y")) == ["/y", "https://shop.acme.test/x"]


def test_somebody_elses_blog_on_the_same_host_is_another_site() -> None:
    assert paths(anchors("https://b.github.io/about"), url="https://a.github.io/") == []


def test_each_page_once_at_its_best_place_and_not_too_many() -> None:
    assert paths(anchors("/a", "/a/", "/a#b", "https://www.acme.test/a")) == ["/a"]
    assert len(paths(anchors(*(f"/{number}" for number in range(500))))) == MOST


def test_a_page_that_asks_for_it_leads_nowhere() -> None:
    assert paths('<meta name="robots" content="index, NOFOLLOW">' + anchors("/about")) == []


def refresh(head: str) -> str | None:
    return extract(Source(url=HOME, body=head.encode())).refresh


@pytest.mark.parametrize(
    "content",
    [
        "0;url=/en/",
        "0; URL=&#39;/en/&#39;",
        "5, url = /en/ ",
        "0 /en/",
        "00 ;; url=/en/",
        "0.5;url=&quot;/en/&quot;",
    ],
)
def test_a_refresh_is_read_as_browsers_read_it(content: str) -> None:
    assert refresh(f'<meta http-equiv=Refresh content="{content}">') == "https://www.acme.test/en/"


@pytest.mark.parametrize(
    "content",
    ["6;url=/en/", "600", "0", "", "0;url=", "0;url=javascript:alert(1)", "0;url=/", "x", "0;url=http://["],
)
def test_a_refresh_that_is_late_or_leads_nowhere_is_none(content: str) -> None:
    assert refresh(f'<meta http-equiv="refresh" content="{content}">') is None


def test_a_refresh_for_browsers_without_scripts_is_none() -> None:
    assert refresh('<noscript><meta http-equiv="refresh" content="0;url=/no-js"></noscript>') is None
