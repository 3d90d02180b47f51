"""Letters become glyphs of the right font, in visual order."""

import pytest

from generation.text.cleaning import clean_drawn_text
from generation.text.fonts import EMOJI_FONT_NAME, font_name_for_grapheme, load_font_at_weight
from generation.text.raster import render_text_line_ink
from generation.text.shaping import ShapingStyle, bidi_embedding_levels, shape_text_line
from schemas.errors import UndrawableTextRefused

SAMPLES = {
    "en": "Feeel", "de": "Übung", "el": "Άσκηση", "ru": "Тренировка", "vi": "Luyện tập", "ar": "تمارين",
    "fa": "می\u200cخواهم", "he": "אימון", "hi": "घर पर",
    "bn": "ব্যায়াম", "ta": "உடற்பயிற்சி", "th": "บ้าน",
    "ja": "運動アプリ", "zh-Hans": "锻炼", "zh-Hant": "鍛鍊",
    "ko": "운동", "ka": "ვარჯიში", "hy": "մարզում", "am": "ልምምድ",
}  # fmt: skip


@pytest.mark.parametrize("language", SAMPLES)
def test_each_script_is_drawn_without_a_box(language: str) -> None:
    line = shape_text_line(SAMPLES[language], ShapingStyle(850, language))
    assert line.glyphs
    assert all(glyph.id for glyph in line.glyphs)
    found = render_text_line_ink(line, 100)
    assert found
    assert found.mask.getextrema() == (0, 255)
    assert abs(found.mask.width - 100 * (line.right - line.left)) < 3


def test_a_script_that_no_font_has_is_refused_by_its_name() -> None:
    with pytest.raises(UndrawableTextRefused, match="CHEROKEE") as refused:
        shape_text_line("ᏣᎳᎩ", ShapingStyle(850, "chr"))
    assert refused.value.code == "SCRIPT_NOT_SUPPORTED"


def test_a_symbol_that_no_font_has_is_left_out() -> None:
    assert len(shape_text_line("a\U0001f8b2b", ShapingStyle(850, "en")).glyphs) == 2


def test_chinese_and_japanese_draw_the_same_letter_differently() -> None:
    assert (
        font_name_for_grapheme("直", "ja")
        != font_name_for_grapheme("直", "zh")
        != font_name_for_grapheme("直", "zh-TW")
    )


def test_a_joined_emoji_is_one_glyph() -> None:
    for emoji in ("👩‍💻", "🇩🇪", "1️⃣", "❤️"):
        glyphs = shape_text_line(emoji, ShapingStyle(850, "en")).glyphs
        [glyph] = [one for one in glyphs if one.font.get_glyph_extents(one.id).width]
        assert glyph.font is load_font_at_weight(EMOJI_FONT_NAME, 850), emoji


def test_a_latin_name_keeps_its_direction_on_an_arabic_line() -> None:
    """From the left: the name, then the word before it."""
    line = shape_text_line("مع Feeel", ShapingStyle(850, "ar"))
    assert [glyph.font is load_font_at_weight("Inter", 850) for glyph in line.glyphs[:5]] == [True] * 5
    assert line.glyphs[-1].font is load_font_at_weight("NotoSansArabic", 850)
    assert set(bidi_embedding_levels("مع Feeel", right_to_left=True)) == {1, 2}


def test_joiners_take_the_level_of_the_character_before() -> None:
    assert bidi_embedding_levels("می\u200cخ", right_to_left=True) == [1] * 4


def test_controls_and_heaps_of_marks_are_dropped() -> None:
    assert clean_drawn_text("a\u202eb\u0000c\ufeff\u00ad  d \n\n e") == "abc d\ne"
    assert clean_drawn_text("a" + "\u0316" * 50) == "a" + "\u0316" * 3
