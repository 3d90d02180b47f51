"""Logos that pages draw themselves: the right one of a header, as visitors see it, and nothing of hostile ones."""

import re

import pytest
import resvg_py
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.drawings import clean_svg_drawing
from tests.generation.svg import COSTLY, drawings
from tests.workers.ingest.page.pages import HOME, page
from workers.ingest.page import inline_svg
from workers.ingest.parser.parser import DocumentParser, parse_page
from workers.ingest.shapes import FetchedPage

MARK = '<path d="M0 0h60v20H0z" fill="#c0392b"/>'
BOX = 'viewBox="0 0 60 20"'
LOGO = f"<svg {BOX}>{MARK}</svg>"
MENU_ICON = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor"><path d="M3 6h18M3 12h18"/></svg>'


def drawn(html: str) -> str:
    """Return the text of the page's own logo, "" without one."""
    logo = page(html).logo
    return logo.data.decode() if logo else ""


@pytest.mark.parametrize(
    "html",
    [
        # Tailwind.
        (f'<header class="flex h-16"><div class="flex lg:flex-1"><a href="/" class="-m-1.5"><span>Acme</span>{LOGO}</a>'
        f'</div><button class="lg:hidden">{MENU_ICON}</button></header>'),
        # React.
        f'<div id="root"><div class="App-header"><svg class="logo" {BOX}>{MARK}</svg></div></div><nav></nav>'.replace(
            "App-header", "header"
        ),
        # The name of the brand.
        f'<title>Acme</title><h1>Acme</h1><nav><div><svg role="img" aria-label="Acme" {BOX}>{MARK}</svg></div></nav>',
        f"<title>Acme</title><h1>Acme</h1><nav><div><svg {BOX}><title>Acme</title>{MARK}</svg></div></nav>",
        # A menu, a search and a switch of languages come first.
        (f'<header><button aria-label="Menu">{MENU_ICON}</button><a class="search" href="/">{MENU_ICON}</a>'
        f'<a class="lang-option" href="/de/">{MENU_ICON}</a><a class="navbar-brand" href="/">{LOGO}</a></header>'),
        f'<nav><ul><li><a href="/">{MENU_ICON} Home</a></li></ul><a href="/" class="site-logo">{LOGO}</a></nav>',
        # No header, but a link to the home page and a name.
        f'<div><a href="/"><svg class="logo" {BOX}>{MARK}</svg></a></div><p>Acme draws.</p>',
        # The word of a control is the brand's name.
        f'<title>Phone Haus</title><nav><a href="/"><svg class="phone-haus" {BOX}>{MARK}</svg></a></nav>',
    ],
)  # fmt: skip
def test_the_header_draws_the_brands_logo(html: str) -> None:
    assert "#c0392b" in drawn(html)


@pytest.mark.parametrize(
    "html",
    [
        f'<header><button class="logo">{LOGO}</button></header>',
        f'<header><a href="/" class="menu-toggle">{LOGO}</a></header>',
        f'<header><a href="/">{LOGO.replace("<svg", "<svg class=lucide")}</a></header>',
        f'<header><a href="https://www.facebook.com/acme" class="logo">{LOGO}</a></header>',
        f'<header><a class="logo" href="https://partner.test/"><span>{LOGO}</span></a></header>',
        f'<header><div class="logos">{LOGO}</div></header>',
        f'<nav><ul><li><svg class="slack-logo" {BOX}>{MARK}</svg></li></ul></nav>',
        f'<header><svg style="display: none" class="logo" {BOX}>{MARK}</svg></header>',
        f'<header><a href="/" class="logo"><svg width="10" height="12" {BOX}>{MARK}</svg> Lyon</a></header>',
        f'<main><a href="/pricing">{LOGO}</a></main><footer><svg class="logo" {BOX}>{MARK}</svg></footer>',
        # The header's picture comes first.
        f'<header><a href="/"><img src="/logo.png"></a><svg class="logo" {BOX}>{MARK}</svg></header>',
    ],
)
def test_other_drawings_are_no_logo(html: str) -> None:
    assert drawn(html) == ""


@pytest.mark.parametrize(
    ("style", "svg", "paint"),
    [
        (".logo{color:#1f6f5c}", '<path d="M0 0h9v9z" fill="currentColor"/>', 'fill="#1f6f5c"'),
        (":root{--brand:#1f6f5c}", '<path d="M0 0h9v9z" fill="var(--brand)"/>', 'fill="#1f6f5c"'),
        (":root{--b:oklch(0.49 0.09 171)}", '<path d="M0 0h9v9z" style="fill:var(--b)"/>', 'fill="#'),
        ("header .logo > svg path.a{fill:#1f6f5c}", '<path class="a" d="M0 0h9v9z"/>', 'fill="#1f6f5c"'),
        (".a{fill:red}.a{fill:#1f6f5c}.a:hover{fill:red}", '<path class="a" d="M0 0h9v9z"/>', 'fill="#1f6f5c"'),
        ("@media(prefers-color-scheme:dark){.a{fill:red}}", '<path class="a" fill="#1f6f5c" d="M0 0h9v9z"/>', "1f6f5c"),
        ("", '<style>.a{fill:#1f6f5c}</style><path class="a" d="M0 0h9v9z"/>', 'fill="#1f6f5c"'),
        ("", '<linearGradient id="g"><stop stop-color="#1f6f5c"/></linearGradient><path fill="url(#g)" d="M0 0h9v9z"/>',
         "<linearGradient"),
    ],
)  # fmt: skip
def test_paint_is_the_pages(style: str, svg: str, paint: str) -> None:
    html = f'<style>{style}</style><header><a href="/" class="logo"><svg {BOX}>{svg}</svg></a></header>'
    assert paint in drawn(html)


@pytest.mark.parametrize(
    "svg",
    ['<svg class="logo"><use href="#mark"/></svg>', f'<svg class="logo" {BOX}><use xlink:href="#mark"></use></svg>'],
)
def test_parts_of_a_sprite_are_taken_along(svg: str) -> None:
    sprite = (
        f'<svg style="display:none"><defs><path id="inner" d="M0 0h60v20H0z" fill="url(#shade)"/>'
        f'<linearGradient id="shade"><stop stop-color="#c0392b"/></linearGradient></defs>'
        f'<symbol id="mark" {BOX}><use href="#inner"/></symbol><symbol id="other">{MARK}</symbol></svg>'
    )
    text = drawn(f'{sprite}<header><a href="/">{svg}</a></header>')
    assert {*re.findall(r' id="(\w+)"', text)} == {"mark", "inner", "shade"}
    assert 'width="60.000000" height="20.000000"' in text


@pytest.mark.parametrize(
    "body",
    [
        '<text y="9">Acme</text>',
        f'<image href="file:///etc/passwd" width="9" height="9"/>{MARK}',
        f"<foreignObject><p>Acme</p></foreignObject>{MARK}",
        f'<use href="/sprite.svg#logo"/>{MARK}',
        '<use href="#missing"/>',
        '<g fill="none"><path d="M0 0h9v9z"/></g>',
        MARK * (inline_svg.MAX_INLINE_SVG_ELEMENTS + 1),
        f'<path d="{"M0 0" * inline_svg.MAX_INLINE_SVG_CHARS}"/>',
        *(COSTLY[case] for case in COSTLY if case != "styles that try all ancestors"),
    ],
)
def test_a_drawing_that_is_not_whole_or_too_costly_is_no_logo(body: str) -> None:
    assert drawn(f'<header><svg class="logo" {BOX}>{body}</svg></header>') == ""


def test_a_logo_keeps_shapes_and_paint_alone() -> None:
    hostile = (
        '<script>fetch("https://evil.test")</script><path class="evil" d="M0 0h9v9z" onclick="go()" @click="go()" '
        'style="fill:url(https://evil.test/a.svg#x);background:url(https://evil.test)" mask="url(#gone)"/>'
        '<style>@import "https://evil.test";.evil{fill:url(https://evil.test/#x)}</style>'
        '<a href="javascript:go()"><path d="M0 0h9v9z"/></a><animate attributeName="href" to="https://evil.test"/>'
    )
    text = drawn(f'<header><svg class="logo" onload="go()" {BOX}>{hostile}{MARK}</svg></header>')
    assert "#c0392b" in text
    assert not re.search(r"evil|script|go\(|url|import|animate|mask", text)


@pytest.mark.parametrize(
    ("style", "around", "body"),
    [
        ("x .a .b{fill:red}" * 9_000, '<div class="a b">' * 400, '<path class="a b" d="M0 0h9v9z"/>' * 900),
        ("{}" * 100_000, "", MARK),
        (f":root{{{'--a:var(--a) var(--a);' * 9_000}}}", "", '<path fill="var(--a)" d="M0 0h9v9z"/>' * 900),
        ("", "", f'<path {" ".join(f"a{number}=b" for number in range(30_000))} d="M0 0h9v9z"/>'),
        ("", "", "".join(f'<g id="n{number}"><use href="#n{number + 1}"/></g>' for number in range(400))),
    ],
)
async def test_a_costly_page_is_read_within_the_limits_of_the_parser(
    parser: DocumentParser, style: str, around: str, body: str
) -> None:
    html = f'<title>Acme</title><style>{style}</style><header>{around}<svg class="logo" {BOX}>{body}</svg>'
    read = await parse_page(parser, FetchedPage(url=HOME, body=html.encode(), content_type="text/html"))
    assert read.title == "Acme"


NOISE = st.lists(
    st.sampled_from([*'<>/="#().-:;{} abgM019\x00\ud800&é', "path", "use", "href", "url(", "fill", "var(--a"])
).map("".join)


@given(drawing=drawings(), noise=NOISE, style=NOISE)
@settings(max_examples=60, deadline=None)
def test_any_drawing_is_kept_safe_or_left_out(drawing: bytes, noise: str, style: str) -> None:
    svg = drawing.decode().replace("<svg ", f'<svg class="logo" {noise.replace(">", "")} ', 1)
    logo = page(f"<style>{style}</style><header>{svg}</header>{noise}".encode(errors="replace")).logo
    if logo is None:
        return
    assert logo.picture.url == f"{HOME}#logo"
    again = clean_svg_drawing(logo.data)
    assert (again.text, again.lost) == (logo.data.decode(), [])
    resvg_py.svg_to_bytes(svg_string=again.text, skip_system_fonts=True, width=16)
