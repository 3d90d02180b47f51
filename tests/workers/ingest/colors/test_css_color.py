"""Colors in each notation of CSS, and texts that are no colors."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from workers.ingest.colors.css_color import parse_css_color
from workers.ingest.colors.oklab import convert_hex_to_oklab, is_neutral_color

WORDS = some.sampled_from(
    [
        *("rgb(", "hsl(", "hwb(", "lab(", "lch(", "oklab(", "oklch(", "color(", "light-dark("),
        *("device-cmyk(", "srgb ", "xyz ", "display-p3 ", ")", "(", ",", " / ", " ", "none", "inf", "1e999"),
        *("-1e999", "nan", "50%", "0.5", "255", "120deg", "1turn", "calc(1)", "#", "fff", "red"),
        *("currentcolor", "\0", "\\", "'"),
    ]
)
TRANSPARENT_OR_INVALID = (
    *("", "brand", "transparent", "currentColor", "inherit", "#c039", "#c0392b80", "rgb(192 57 43 / 50%)"),
    *("#12345", "rgb()", "color()", "var(--x)", "color-mix(in srgb, red, blue)", "url(#a)", "12px 3px 4px"),
    "color(display-p3 1 0 0)",
)


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#C39", "#cc3399"),
        ("#c39f", "#cc3399"),
        (" #c0392b ", "#c0392b"),
        ("#c0392bff", "#c0392b"),
        ("RebeccaPurple", "#663399"),
        ("rgb(192, 57, 43)", "#c0392b"),
        ("rgba(192,57,43,1)", "#c0392b"),
        ("rgb(75.3% 22.4% 16.9%)", "#c0392b"),
        ("hsl(6deg 63% 46%)", "#bf3a2b"),
        ("hwb(6 17% 25%)", "#bf3a2b"),
        ("oklch(62.3% .214 259.815)", "#2b7fff"),
        ("lab(46.2775% -47.5621 48.5837)", "#008000"),
        ("oklab(51.975% -0.1403 0.10768)", "#008000"),
        ("lch(52.2345% 72.2 56.2)", "#c65d06"),
        ("color(srgb 1 0 0)", "#ff0000"),
        ("light-dark(#c0392b, #000)", "#c0392b"),
        ("222.2 47.4% 11.2%", "#0f172a"),
        ("37 99 235", "#2563eb"),
        ("192, 57, 43", "#c0392b"),
        *((text, None) for text in TRANSPARENT_OR_INVALID),
    ],
)
def test_each_notation_is_read(text: str, color: str | None) -> None:
    assert parse_css_color(text) == color


@given(some.lists(WORDS, max_size=12).map("".join) | some.text(max_size=40))
def test_any_text_is_a_color_or_none(text: str) -> None:
    color = parse_css_color(text)
    assert color is None or re.fullmatch("#[0-9a-f]{6}", color)


@given(some.integers(0, 255))
def test_greys_have_no_chroma(level: int) -> None:
    grey = f"#{level:02x}{level:02x}{level:02x}"
    assert convert_hex_to_oklab(grey).chroma < 0.001
    assert is_neutral_color(grey)
