"""Themes: legible grounds from any colours, close to the brand's own."""

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.color import MIN_TEXT_CONTRAST_RATIO, RGB, contrast_ratio, oklch_to_rgb, parse_hex_colors, rgb_to_oklch
from generation.looks.palette import derive_look_palette
from generation.theme import derive_piece_color_theme, extract_main_colors

COLORS: st.SearchStrategy[RGB] = st.tuples(*[st.integers(0, 255)] * 3)


@settings(max_examples=60, deadline=None)
@given(COLORS)
def test_text_can_be_read_on_each_tint_of_each_ground(color: RGB) -> None:
    theme = derive_piece_color_theme(["#{:02x}{:02x}{:02x}".format(*color)])
    for ground in (theme.vivid, theme.dark, theme.light):
        for tint in ground.tints:
            assert contrast_ratio(ground.text, tint) >= MIN_TEXT_CONTRAST_RATIO


@settings(max_examples=60, deadline=None)
@given(COLORS, COLORS)
def test_words_can_be_read_on_each_color_of_a_palette(first: RGB, second: RGB) -> None:
    palette = derive_look_palette(
        derive_piece_color_theme(["#{:02x}{:02x}{:02x}".format(*one) for one in (first, second)])
    )
    pairs = [
        ("paper", "ink"),
        ("accent", "on_accent"),
        ("deep", "on_deep"),
        ("pop", "on_pop"),
        ("deep", "accent"),
        ("deep", "paper"),
    ]
    ratios = {ground: contrast_ratio(getattr(palette, ground), getattr(palette, words)) for ground, words in pairs}
    assert min(ratios.values()) >= MIN_TEXT_CONTRAST_RATIO, ratios


@given(COLORS)
def test_oklch_round_trips_a_color(color: RGB) -> None:
    assert max(abs(one - other) for one, other in zip(oklch_to_rgb(*rgb_to_oklch(color)), color, strict=True)) <= 1


def test_a_color_with_legible_text_is_kept() -> None:
    assert derive_piece_color_theme(["#0b6e99"]).vivid.tints[0] == (11, 110, 153)


def test_a_logo_gives_the_colors_of_a_brand_without_any() -> None:
    logo = Image.new("RGBA", (100, 100))
    logo.paste((255, 255, 255, 255), (0, 0, 100, 60))
    logo.paste((200, 20, 60, 255), (0, 60, 100, 90))
    assert extract_main_colors(logo)[0] == (200, 20, 60)
    assert derive_piece_color_theme([], logo).vivid.tints[0] == derive_piece_color_theme(["#c8143c"]).vivid.tints[0]


def test_only_hexadecimal_colors_are_read() -> None:
    assert parse_hex_colors(["#fff", "#0B6E99", "red", "#12", "url(#a)"]) == [(255, 255, 255), (11, 110, 153)]
