"""Names: of the brand, and of the page itself."""

import pytest

from tests.workers.ingest.page.pages import HOME, INNER, found, jsonld, meta, value
from workers.ingest.page.extract import extract
from workers.ingest.shapes import Source


@pytest.mark.parametrize(
    ("html", "name", "rule"),
    [
        (jsonld('{"@type":"MobileApplication","name":"Zap"}'), "Zap", "jsonld.MobileApplication.name"),
        (
            jsonld('{"@type":"https://schema.org/WebApplication","name":"Zap"}'),
            "Zap",
            "jsonld.WebApplication.name",
        ),
        (jsonld('{"@type":"Article","publisher":{"name":"Zap"}}'), "Zap", "jsonld.publisher.name"),
        (meta("og:site_name", "Zap"), "Zap", "html.og:site_name"),
        (jsonld('{"@graph":[{"@type":"WebSite","name":"Zap"}]}'), "Zap", "jsonld.WebSite.name"),
        ('<meta name="application-name" content="Zap">', "Zap", "html.application-name"),
        ('<meta name="Apple-Mobile-Web-App-Title" content="Zap">', "Zap", "html.apple-mobile-web-app-title"),
        (jsonld('{"@type":["Thing","Organization"],"name":["Zap"]}'), "Zap", "jsonld.Organization.name"),
        ("<title>We do it | Acme</title>", "Acme", "html.title.host"),
        ("<title>Zap: the one</title>", "Zap", "html.title.first"),
        ('<img class="logo" alt="Zap logo">', "Zap", "html.logo"),
        ("<p>nothing", "Acme", "host"),
    ],
)
def test_the_name_comes_from_the_best_place_there_is(html: str, name: str, rule: str) -> None:
    finding = found(html)["appName"]
    assert (finding.value, finding.rule) == (name, rule)


def test_a_title_has_the_site_last_where_it_isnt_the_home() -> None:
    html = "<title>How we work - Zap</title><h1>How we work</h1>"
    assert value("appName", html, INNER) == "Zap"
    assert value("appName", html, HOME) == "How we work"


@pytest.mark.parametrize(
    "bad", ["Home", "Startseite", "index", "https://x.test", "@acme", "| |", "404", "x" * 81, ""]
)
def test_what_is_no_name_is_none(bad: str) -> None:
    assert value("appName", meta("og:site_name", bad)) == "Acme"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Zap - Device Mockup Generator", "Zap"), ("Zap: Things &amp; Tasks To Do", "Zap"),
        ("Zap (beta)", "Zap"), ("Zap GmbH", "Zap"), ("Zap, Inc.", "Zap"), ("AT&amp;amp;T", "AT&T"),
        ("E-Mountainbike", "E-Mountainbike"), ("Z\u200ba\u00adp\u202e", "Zap"),
    ],
)  # fmt: skip
def test_a_name_is_cut_to_itself(sent: str, name: str) -> None:
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
def test_a_title_is_without_its_site(html: str, title: str | None) -> None:
    assert extract(Source(url=INNER, body=html.encode())).title == title
