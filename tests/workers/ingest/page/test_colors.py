"""Colors in a page's head and manifest, and the page's style sheets."""

import json

import pytest

from schemas.brand import FieldCandidate
from tests.workers.ingest.page.pages import findings
from workers.ingest.page import extract, manifest
from workers.ingest.page.colors import find_page_head_color_candidates
from workers.ingest.page.document import HtmlDocument
from workers.ingest.shapes import FetchedPage, FetchedWebManifest

URL = "https://www.acme.test/about"


def head_colors(head: str) -> list[tuple[object, str | None, str]]:
    return [
        (candidate.value, candidate.role, candidate.rule)
        for candidate in find_page_head_color_candidates(HtmlDocument(head, url=URL))
    ]


@pytest.mark.parametrize(
    ("head", "role", "rule"),
    [
        ("<meta name=theme-color content=#C0392B>", "primary", "html.theme-color"),
        ("<meta name=Theme-Color content='rgb(192 57 43)'>", "primary", "html.theme-color"),
        (
            "<meta name=theme-color content=#c0392b media='(prefers-color-scheme: light)'>",
            "primary",
            "html.theme-color",
        ),
        (
            "<meta name=theme-color content=#c0392b media='(prefers-color-scheme: dark)'>",
            "accent",
            "html.theme-color.dark",
        ),
        ("<link rel=mask-icon href=/a.svg color=#c0392b>", "primary", "html.mask-icon"),
        ("<meta name=msapplication-TileColor content=#c0392b>", "primary", "html.msapplication-TileColor"),
    ],
)
def test_colors_of_the_head(head: str, role: str, rule: str) -> None:
    assert head_colors(head) == [(["#c0392b"], role, rule)]


def test_white_is_a_background_and_template_colors_are_ignored() -> None:
    assert head_colors("<meta name=theme-color content=white>") == [(["#ffffff"], "background", "html.theme-color")]
    for ignored in ("#5bbad5", "transparent", "", "#c0392b22", "brand"):
        assert head_colors(f"<meta name=theme-color content='{ignored}'><link rel=mask-icon color='{ignored}'>") == []


@pytest.mark.parametrize("members", [{}, {"theme_color": 7}, {"theme_color": "#5bbad5"}, []])
def test_a_manifest_has_two_colors_or_none(members: object) -> None:
    two_colors = {"theme_color": "#c0392b", "background_color": "#1f6f5c"}
    colors = [(candidate.value, candidate.role) for candidate in colors_of(two_colors)]
    assert colors == [(["#c0392b"], "primary"), (["#1f6f5c"], "background")]
    assert colors_of(members) == []


def colors_of(members: object) -> list[FieldCandidate]:
    reading = manifest.parse_web_manifest(FetchedWebManifest(url=URL, body=json.dumps(members).encode()))
    return [candidate for candidate in reading.candidates if candidate.field == "colors"]


def sheets(*hrefs: str, attributes: str = "") -> list[str]:
    links = "".join(f"<link rel=stylesheet href='{href}'{attributes}>" for href in hrefs)
    return extract.choose_style_sheet_urls(HtmlDocument(links, url=URL))


def test_three_sheets_of_the_site_are_read_site_wide_ones_first() -> None:
    assert sheets("/a.css", "//static.acme.test/b.css", "https://cdn.test/c.css") == [
        "https://www.acme.test/a.css",
        "https://static.acme.test/b.css",
    ]
    assert sheets(*(f"/{name}.css" for name in ("a", "b", "bootstrap", "c", "theme.min", "d"))) == [
        f"https://www.acme.test/{name}.css" for name in ("a", "b", "theme.min")
    ]


def test_print_and_third_party_sheets_are_not_read() -> None:
    assert sheets("/a.css", attributes=" media=print") == []
    assert sheets("/a.css", attributes=" media=print onload='this.media=\"all\"'") != []
    assert sheets("/wp-content/plugins/x/a.css", "/font-awesome.css", "data:text/css,a", "") == []
    alternate = "<link rel='alternate stylesheet' href=/a.css><link rel=icon href=/b.css>"
    assert extract.choose_style_sheet_urls(HtmlDocument(alternate, url=URL)) == []


def test_inline_styles_need_custom_properties() -> None:
    html = "<style>a{color:red}</style><style>:root{--brand:red}</style><svg><style>--x</style></svg>"
    assert extract.join_style_tags_with_custom_properties(HtmlDocument(html, url=URL), html) == ":root{--brand:red}"


def test_tailwinds_inline_configuration_names_colors() -> None:
    config = """tailwind.config = { darkMode: 'class', theme: { extend: {
        fontFamily: {brand: 'Inter'}, // primary: '#123456'
        colors: { /* brand: '#123456' */ 'primary': '#1E3A8A', brand: { 50: '#fdf2f2', DEFAULT: "#bf3a2c" },
          accent: 'var(--x)', "light": `#fff`, secondary: '#d97706' }, spacing: { main: '#123456' } } } }"""
    css = extract.extract_brand_facts_and_links_of_page(
        FetchedPage(url=URL, body=f"<script>{config}</script><style>:root{{--x:1}}</style>".encode())
    ).inline_style
    assert css == ":root{--primary:#1E3A8A;--brand-50:#fdf2f2;--brand:#bf3a2c;--secondary:#d97706;}\n:root{--x:1}"


@pytest.mark.parametrize(
    "config",
    ["", "tailwind.config = {", "tailwind.config = {colors: {" + "/*" * 9_000, "x.config={colors:{a:'#123456'}}"],
)
def test_a_broken_configuration_has_no_colors(config: str) -> None:
    page = FetchedPage(url=URL, body=f"<script>{config}</script>".encode())
    assert extract.extract_brand_facts_and_links_of_page(page).inline_style == ""


def test_the_most_used_color_of_classes_is_the_main_one() -> None:
    often = '<b class="bg-[#BF3A2C] text-[#111111]"></b>' * 4 + '<b class="hover:bg-[#1f6f5c]"></b>' * 3
    colors = findings(often + '<b class="bg-[#7c3aed]">' * 2)["colors"]
    assert [(color.color, color.role) for color in colors.colors] == [("#bf3a2c", "primary"), ("#1f6f5c", "accent")]
    assert "colors" not in findings('<b class="bg-[#0d6efd] text-[#111111]"></b>' * 9)
