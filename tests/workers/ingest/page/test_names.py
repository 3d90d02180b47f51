"""Names of the brand, and titles of the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.workers.ingest.page.pages import HOME, INNER, findings, jsonld, meta, page, value
from workers.ingest.page.kinds import JSONLD_ORGANIZATION_TYPES
from workers.ingest.page.logo_texts import find_name_in_logo_text


@pytest.mark.parametrize(
    ("html", "name", "rule"),
    [
        (jsonld('{"@type":"MobileApplication","name":"Zap"}'), "Zap", "jsonld.MobileApplication.name"),
        (jsonld('{"@type":"https://schema.org/WebApplication","name":"Zap"}'), "Zap", "jsonld.WebApplication.name"),
        (jsonld('{"@type":"Article","publisher":{"name":"Zap"}}'), "Zap", "jsonld.publisher.name"),
        (meta("og:site_name", "Zap"), "Zap", "html.og:site_name"),
        (jsonld('{"@graph":[{"@type":"WebSite","name":"Zap"}]}'), "Zap", "jsonld.WebSite.name"),
        ('<meta name="application-name" content="Zap">', "Zap", "html.application-name"),
        ('<meta name="Apple-Mobile-Web-App-Title" content="Zap">', "Zap", "html.apple-mobile-web-app-title"),
        (jsonld('{"@type":["Thing","Organization"],"name":["Zap"]}'), "Zap", "jsonld.Organization.name"),
        (jsonld('{"@type":"Article","publisher":"Zap"}'), "Zap", "jsonld.publisher.name"),
        (jsonld('{"@type":"Article","publisher":["https://x.test/#o","Zap"]}'), "Zap", "jsonld.publisher.name"),
        (jsonld('{"@type":"Person","name":"Zoe"}'), "Acme", "host"),
        (jsonld('{"publisher":{"@type":"Person","name":"Zoe"}}'), "Zoe", "jsonld.Person.name"),
        (jsonld('{"@type":["Person","Organization"],"name":"Zoe"}'), "Zoe", "jsonld.Person.name"),
        ("<title>We do it | Acme</title>", "Acme", "html.title.host"),
        ("<title>Acme, the free shop | Things</title>", "Acme", "html.title.host"),
        ("<title>Guide — Acme 1.2.3 documentation</title>", "Acme", "html.title.host"),
        ("<title>Welcome to Zap</title>", "Zap", "html.title.first"),
        ("<title>All that you want for less at ACME! - Free delivery</title>", "ACME", "html.title.end"),
        ("<title>Tools and toys you need by Acme | Shop</title>", "Acme", "html.title.end"),
        ("<title>Tools by Acme</title>", "Tools by Acme", "html.title.first"),
        (meta("og:site_name", "Shop - Acme"), "Acme", "html.og:site_name"),
        (meta("og:site_name", "Zap - Tools"), "Zap", "html.og:site_name"),
        ("<title>Home | Zap</title>", "Zap", "html.title.first"),
        ("<title>All the things you ever want to do</title><h1>Zap</h1>", "Zap", "html.h1"),
        ("<title>Home</title><h1>Zap</h1>", "Zap", "html.h1"),
        ("<title>Draw whatever you say to it | Zap</title>", "Zap", "html.title.last"),
        ("<title>Home</title><h1>Draw!</h1>", "Acme", "host"),
        ("<title>Home</title><h1>Hi there</h1>", "Acme", "host"),
        ("<title>Home</title><h1>Draw all that you say</h1>", "Acme", "host"),
        ("<title>Zap: the one</title>", "Zap", "html.title.first"),
        ('<img class="logo" alt="Zap logo">', "Zap", "html.logo"),
        ('<img class="logo" alt="Go to Zap homepage">', "Zap", "html.logo"),
        ('<a href="https://other.test/"><img class="logo" alt="Other"></a>', "Acme", "host"),
        ('<img class="logo" alt="Логотип Зап">', "Зап", "html.logo"),
        ('<img class="logo" alt="ロゴ">', "Acme", "host"),
        ('<img class="logo" alt="Your Logo"><h1>Logo</h1>', "Acme", "host"),
        ("<title>Acme-Home</title>", "Acme", "html.title.host"),
        ("<title>Zap｜ありとあらゆる絵を描く道具です</title>", "Zap", "html.title.first"),
        (
            "<title>ありとあらゆる絵を描く道具です。すぐに届きます【ザップ工房】</title>",
            "ザップ工房",
            "html.title.last",
        ),
        ("<title>【公式】ザップ工房</title>", "ザップ工房", "html.title.first"),
        ("<title>Zap∣Draw all that you ever want to say</title>", "Zap", "html.title.first"),
        ("<title>Яхты «Зап» - ремонт</title>", "Яхты «Зап»", "html.title.first"),
        ("<title>Draw whatever you say to it | Zap - Rome and all Italy</title>", "Zap", "html.title.last"),
        ("<title>Draw whatever you say to it | Zap | Accueil</title>", "Zap", "html.title.last"),
        ("<p>nothing", "Acme", "host"),
    ],
)
def test_the_name_comes_from_the_best_place(html: str, name: str, rule: str) -> None:
    finding = findings(html)["appName"]
    assert (finding.value, finding.rule) == (name, rule)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *((f"{words} Zap", "Zap") for words in ("Logo", "Logo of", "Logo von", "Logo de", "Logo di", "Logo van")),
        *((f"{words} Zap", "Zap") for words in ("Logotipo da", "Logo firmy", "Логотип компании", "شعار")),
        *((f"Zap{words}", "Zap") for words in ("'ın logosu", "のロゴ", " 로고", "的标志", " white logo", "-logo 2")),
        ("Logo de l’Atelier Zap", "Atelier Zap"),
        ("Das Logo der Firma Zap", "Zap"),
        ("logo - Zap - logo", "Zap"),
        # Words that are a part of the name stay.
        *((f"Logo {name}", name) for name in ("De Zap", "Main Zap", "Zap Noir", "Studio 54", "La Zap")),
        *((text, "") for text in ("Logo", "Your logo here", "Company Logo", "ваш логотип", "회사 로고", "Logo 2")),
        *((text, "") for text in ("WordPress.com-Logo", "Logoipsum", "Elementor logo")),
    ],
)
def test_a_logos_text_gives_the_name_without_the_words_around_it(text: str, name: str) -> None:
    assert find_name_in_logo_text(text) == name


def test_inner_pages_have_the_site_last_in_the_title() -> None:
    html = "<title>How we work - Zap</title><h1>How we work</h1>"
    assert value("appName", html, INNER) == "Zap"
    assert value("appName", html, HOME) == "How we work"


@given(
    kind=some.sampled_from(sorted(JSONLD_ORGANIZATION_TYPES)),
    prefix=some.sampled_from(["", "schema:", "https://schema.org/"]),
)
def test_every_kind_of_organization_has_a_brands_name(kind: str, prefix: str) -> None:
    node = f'{{"@type":"{prefix}{kind}","name":"Zap","description":"Zap draws all that anybody says."}}'
    finding = findings(jsonld(node))
    assert (finding["appName"].value, finding["appName"].rule) == ("Zap", "jsonld.Organization.name")
    assert finding["appDescription"].rule == "jsonld.brand.description"


def test_organization_types_include_both_roots_and_no_other_things() -> None:
    assert {
        *("Organization", "LocalBusiness", "Dentist", "OnlineStore", "NGO", "MusicGroup")
    } <= JSONLD_ORGANIZATION_TYPES
    assert not JSONLD_ORGANIZATION_TYPES & {"Thing", "Place", "Person", "Product", "WebSite", "Article", "Audience"}


def test_two_nodes_of_one_name_are_one_organization() -> None:
    twice = jsonld('[{"@type":"Corporation","name":"Zap GmbH"},{"@type":"Brand","name":"Zap"}]')
    assert value("appName", twice) == "Zap"


def test_among_listed_organizations_the_one_in_the_title_wins() -> None:
    listed = "".join(jsonld(f'{{"@type":"Restaurant","name":"Kitchen {n}"}}') for n in range(3))
    assert value("appName", listed) == "Acme"
    assert value("appName", "<title>Kitchen 2 and others | Kitchen 1</title>" + listed, INNER) == "Kitchen 1"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Stage review: How We Worked", "Acme"),
        ("Stage review: How We Worked - Zap", "Zap"),
        ("記事：その後", "Acme"),
        ("記事の話：あの後-日刊新聞", "日刊新聞"),
        ("Zap » Blog Archive » A Day At Sea", "Acme"),
        ("A day - Zap (Zone of All People, a very long remark)", "Zap"),
        ("A Day At Sea - Zap", "Zap"),
        ("How We Work | Zap – Fine Tools Of Rome", "Zap"),
        ("How We Work | Zap News – Zap", "Zap"),
    ],
)
def test_the_subject_of_a_title_is_no_name(title: str, name: str) -> None:
    assert value("appName", f"<title>{title}</title><h2>A Day At Sea</h2>", INNER) == name


def test_a_host_with_its_subdomain_may_be_the_name() -> None:
    url = "https://books.acme.test/light"
    assert (
        value("appName", "<title>A light | Books to Read - Other</title>", "https://books.toread.com/a")
        == "Books to Read"
    )
    assert value("appName", "<title>A light | Books - Other</title>", url) == "Other"


def test_a_publishing_person_yields_to_the_sites_name() -> None:
    zoe = jsonld('{"@graph":[{"@type":["Person","Organization"],"@id":"#z","name":"Zoe"},{"publisher":{"@id":"#z"}}]}')
    assert value("appName", zoe) == "Zoe"
    assert value("appName", zoe + meta("og:site_name", "Zap")) == "Zap"
    assert value("appName", zoe + "<title>Day | Acme</title>") == "Acme"


@pytest.mark.parametrize(
    "title",
    """Главная|최신 뉴스|Startseite|Accueil|ホーム|首页|Ana Sayfa|ANA SAYFA|الرئيسية|Strona główna|Úvod|Inicio|Início
    |Pagina iniziale|Αρχική""".replace("\n", "").split("|"),
)
def test_a_pages_own_title_is_no_name_in_any_language(title: str) -> None:
    assert value("appName", f"<title>{title}</title>{meta('og:site_name', title)}<h1>{title}</h1>") == "Acme"


def test_a_name_in_a_longer_name_is_confirmed() -> None:
    line = meta("og:site_name", "M. Patachon, Burger maison")
    assert value("appName", line) == "M. Patachon, Burger maison"
    assert value("appName", f"{line}<title>M. Patachon - Burger</title>") == "M. Patachon"
    assert findings(f"{line}<title>M. Patachon - Burger</title>")["appName"].confidence == 0.95
    close = meta("application-name", "Other") + meta("al:ios:app_name", "Zap")
    assert value("appName", f"{close}<footer>© 2026 Zap Tools of Rome</footer>") == "Zap"


@pytest.mark.parametrize("domain", ["acme.test.com", "zap.com", "Zap.co.uk"])
def test_a_site_name_that_is_a_domain_yields_to_the_titles_brand(domain: str) -> None:
    html = meta("og:site_name", domain)
    assert value("appName", html, INNER) == domain
    assert value("appName", html + "<title>How we work | Acme News</title>", INNER) == "Acme News"


@pytest.mark.parametrize(
    "line",
    [
        "© 2026 Zap. All rights reserved.", "Copyright 2011-2026 Zap, Inc.", "(c) Zap | Imprint",
        "About © 2024 – 2026 by Zap GmbH", "Copyright © 2026 Zap All Rights Reserved",
    ],
)  # fmt: skip
def test_the_copyright_line_corroborates_a_name(line: str) -> None:
    close = meta("application-name", "Other") + meta("al:ios:app_name", "Zap")
    assert value("appName", close) == "Other"
    assert value("appName", f"{close}<footer>Terms {line}</footer>") == "Zap"


@pytest.mark.parametrize("text", ["Copyright policy and terms", "© ", "© 2026", "© 2026. All rights reserved"])
def test_a_copyright_line_without_an_owner_is_ignored(text: str) -> None:
    assert {
        candidate.rule
        for candidate in page(f"<footer>{text}</footer>", INNER).candidates
        if candidate.field == "appName"
    } == {"host"}


GENERIC_OR_INVALID = ("Home", "Startseite", "index", "https://x.test", "@acme", "| |", "404", "x" * 81, "")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        *((name, "Acme") for name in GENERIC_OR_INVALID),
        ("Zap - Device Mockup Generator", "Zap"), ("Zap: Things &amp; Tasks To Do", "Zap"),
        ("Zap (beta)", "Zap"), ("Zap GmbH", "Zap"), ("Zap, Inc.", "Zap"), ("AT&amp;amp;T", "AT&T"),
        ("E-Mountainbike", "E-Mountainbike"), ("Z\u200ba\u00adp\u202e", "Zap"),
    ],
)  # fmt: skip
def test_names_are_cleaned_of_additions_or_ignored(sent: str, name: str) -> None:
    assert value("appName", meta("og:site_name", sent)) == name


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>How we work | Acme</title>", "How we work"),
        ("<title>How - and why - Other</title><h1>How - and why</h1>", "How - and why"),
        ("<title>How we work (and why)</title>", "How we work (and why)"),
        (meta("og:title", "For sharing | Acme") + "<title>x</title>", "For sharing | Acme"),
        ("<svg><title>Icon</title></svg><p>", None),
        ("<p>", None),
    ],
)
def test_page_titles_are_without_the_site(html: str, title: str | None) -> None:
    assert page(html, INNER).title == title
