"""A cleaned drawing references nothing outside of itself, for parsers of XML, of HTML and of CSS."""

import contextlib
from collections.abc import Iterable
from typing import Any

import pytest
import tinycss2
import tinyhtml5
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from generation import drawings
from generation.drawings import clean_svg_drawing
from schemas.errors import PictureRefused
from tests.generation.svg import svg

OUT = "https://evil.example/a"
VALUES = [
    f"url({OUT})",
    f"u/**/rl({OUT})",
    f"src('{OUT}')",
    f"\\75rl({OUT})",
    f"\\000075 rl('{OUT}')",
    f'URL( "{OUT}" )',
    f"image-set('{OUT}' 1x)",
    f"image('{OUT}')",
    f"cross-fade(url({OUT}), red)",
    f"-webkit-image-set(url({OUT}) 1x)",
    f"var(--x, url({OUT}))",
    "url(#ok)",
    "url('#ok')",
    "url(#ok) red",
    "url(//evil.example)",
    "url(data:,x)",
    f"url(#ok), url({OUT})",
    "expression(alert(1))",
    "rgb(1 2 3)",
    "red",
    "env(x)",
    "attr(href)",
    "paint(x)",
    "element(#x)",
    f"url({OUT}",
    f"rgb(url({OUT}))",
    "}a{fill:red",
    "*/ red",
    f"url(#ok\\29 url({OUT})",
    f"url(#a'{OUT})",
    "'x",
    f"'x' url({OUT})",
    "inherit",
    "none",
    "4px 2px",
    "matrix(1 0 0 1 0 0)",
]
SHEETS = [
    f"@import url({OUT});",
    f"@\\69mport '{OUT}';",
    f"@import '{OUT}' layer(x);",
    "<!-- a{fill:red} -->",
    f"@font-face{{src:url({OUT})}}",
    f"@media all{{a{{fill:url({OUT})}}}}",
    "@namespace url(x);",
    "}",
    "{",
    "/*",
    "*/",
    f"@property --x{{syntax:'<url>';initial-value:url({OUT})}}",
    ";",
    "</style>",
    "&lt;/style>&lt;script>",
    "]]>",
    f"a{{b{{fill:url({OUT})}}}}",
    f"a[href='{OUT}']{{fill:red}}",
    "a:not(url(x)){fill:red}",
    "rect{fill:teal}",
    "<title/>",
    "<title>x</title>",
    "<desc><![CDATA[",
    "<!--",
    "<?xml-stylesheet href='x'?>",
    "<script>1</script>",
]
ATTRIBUTES = """
    style fill stroke mask clip-path filter cursor transform d id class href xlink:href onload
    onclick src marker-start font-family viewBox xml:base offset-path
""".split()
ELEMENTS = [
    *"g rect path use style title desc script image a foreignObject animate set mask".split(),
    *"linearGradient feImage filter pattern".split(),
    "x:script xmlns:x='http://www.w3.org/1999/xhtml'",
]
FORMS = [
    '<rect style="fill:{}"/>',
    '<rect fill="{}"/>',
    '<rect mask="{}"/>',
    '<path d="{}"/>',
    '<linearGradient gradientTransform="{}"/>',
    "<style>rect{{fill:{}}}</style>",
    "<style><title/>rect{{fill:{}}}</style>",
    "<style>rect{{fill:red;mask:{}}}</style>",
    '<use href="{}"/>',
    "<style>a{{fill:re<title>d}}</title>b{{fill:{}}}</style>",
]
PROPERTIES = r"""
    fill mask background FILL f\69ll --x cursor src clip-path all transform
""".split()


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


values = st.one_of(
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map(" ".join), st.text("url(')\\\"#/*@:;x 7", max_size=12)
)
declared = st.tuples(st.sampled_from(PROPERTIES), values).map(":".join)
styles = st.one_of(values, st.lists(declared, max_size=3).map(";".join))
ruled = styles.map(lambda one: f"rect{{{one}}}")
sheets = st.lists(st.one_of(st.sampled_from(SHEETS), ruled.map(escaped)), max_size=5).map("".join)
attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), styles, max_size=3).map(
    lambda found: " ".join(f'{name}="{escaped(value)}"' for name, value in found.items())
)


@st.composite
def bodies(draw: st.DrawFn, level: int = 0) -> str:
    kind = draw(st.sampled_from(ELEMENTS))
    inner = draw(sheets) if kind == "style" or level == 2 else "".join(draw(st.lists(bodies(level + 1), max_size=3)))
    return f"<{kind} {draw(attributes)}>{inner}</{kind.partition(' ')[0]}>{draw(sheets)}"


@given(bodies())
@settings(deadline=None, max_examples=100)
def test_no_parser_finds_an_address_a_script_or_a_handler(body: str) -> None:
    check_cleaned(body)


@pytest.mark.long
@given(bodies())
@settings(deadline=None, max_examples=700)
def test_no_parser_finds_one_in_many_drawings(body: str) -> None:
    check_cleaned(body)


def check_cleaned(body: str) -> None:
    try:
        text = clean_svg_drawing(svg(body)).text
    except PictureRefused:
        return
    check(text)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_an_address_stays(form: str) -> None:
    for value in VALUES:
        check(clean_svg_drawing(svg(form.format(escaped(value)))).text)


def test_no_rule_brings_another_sheet() -> None:
    for sheet in SHEETS:
        with contextlib.suppress(PictureRefused):
            check(clean_svg_drawing(svg(f"<style><title/>{sheet}</style>")).text)


def test_a_gradient_keeps_its_transform() -> None:
    body = '<linearGradient id="a" gradientTransform="rotate(45) translate(1 2)"/>'
    assert body in clean_svg_drawing(svg(body)).text


def test_paint_styles_stay() -> None:
    body = (
        "<style>.a, g > rect { fill: url(#g); MASK: url('#m') !important; stroke: rgb(1 2 3 / 50%) }"
        " @media print { .a { fill: red } } rect[x] { fill: red }</style>"
        '<rect class="a" style="fill:url(#g);cursor:pointer" transform="rotate(45 1 1)" onclick="x()"/>'
    )
    assert clean_svg_drawing(svg(body)).text.partition(">")[2] == (
        '<style>.a,g &gt; rect{fill:url(#g);mask:url("#m")!important;stroke:rgb(1 2 3 / 50%)}</style>'
        '<rect class="a" style="fill:url(#g)" transform="rotate(45 1 1)"/></svg>'
    )


def check(text: str) -> None:
    """Check by XML's rules and by HTML's: in HTML a text may end an element that stays open in XML."""
    root = etree.fromstring(text)
    check_elements((str(one.tag), dict(one.attrib), [one.text or "", one.tail or ""]) for one in root.iter())
    parsed = tinyhtml5.parse(f"<!doctype html><body>{text}", namespace_html_elements=False)
    body = parsed.find("body")
    assert body is not None
    check_elements((one.tag, dict(one.attrib), [one.text or "", one.tail or ""]) for one in [*body.iter()][1:])


def check_elements(elements: Iterable[tuple[Any, dict[Any, str], list[str]]]) -> None:
    for tag, attributes, texts in elements:
        assert tag in drawings._ALLOWED_SVG_ELEMENTS
        assert not any(str(name).lower().startswith("on") for name in attributes)
        for name, value in attributes.items():
            assert name != "href" or value.startswith("#")
            check_css(tinycss2.parse_component_value_list(value))
        if tag.endswith("}style"):
            check_css(tinycss2.parse_component_value_list(texts[0]))
            assert not any(one.type == "at-rule" for one in tinycss2.parse_stylesheet(texts[0]))
        assert not texts[1].strip()


def check_css(tokens: Iterable[Any]) -> None:
    for token in tokens:
        assert token.type not in {"at-keyword", "string", "error"}
        assert token.type != "url" or token.value.startswith("#")
        if token.type == "function" and token.lower_name == "url":
            assert [one.value[:1] for one in token.arguments] == ["#"]
        elif token.type == "function":
            assert token.lower_name in "rgb rgba hsl hsla matrix rotate scale translate".split()
            check_css(token.arguments)
        elif hasattr(token, "content"):
            check_css(token.content)
