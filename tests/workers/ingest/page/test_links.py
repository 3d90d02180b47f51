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


ABOUT_LINKS = {
    "/o-mne.html": "O mně",
    "/tentang": "Tentang Kami",
    "/o-nas": "О нас",
    "/s/1": "О клинике",
    "/about/hello": "アクメの紹介",
    "/s/2": "會館介紹",
    "/s/3": "私たちについて",
    "/s/4": "회사 소개",
    "/s/5": "من نحن",
    "/s/6": "01 Über uns / About",
    "/s/7": "À propos d’Acme",
    "/about-acme": "More",
    "/about-us-2/": "More",
    "/hakkimizda/index.php": "Devamı",
    "/pages/our-story": "Read",
}


@pytest.mark.parametrize("href", ABOUT_LINKS)
def test_pages_about_the_brand_are_recognized_by_text_or_address(href: str) -> None:
    html = f'<title>アクメ</title><a href="{href}">{ABOUT_LINKS[href]}</a>'
    assert [link.is_about for link in page(html).links] == [True]


OTHER_LINKS = {
    "/about-time-management": "About time management",
    "/blog/all-about-tea": "All about tea",
    "/economy/unternehmen": "Unternehmen",
    "/onassis": "Onassis",
    "/service/about/rooms": "Rooms",
}


@pytest.mark.parametrize("href", OTHER_LINKS)
def test_articles_and_companies_in_general_are_not_about_the_brand(href: str) -> None:
    assert [link.is_about for link in page(f'<a href="{href}">{OTHER_LINKS[href]}</a>').links] == [False]


def test_index_file_is_its_folder() -> None:
    assert paths(anchors("/index.html#about", "/team/index.php", "/team/")) == ["/team/index.php"]


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
