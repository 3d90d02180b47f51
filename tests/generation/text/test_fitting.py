"""Texts fitted to boxes, in any script."""

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.text.cleaning import ELLIPSIS, MAX_DRAWN_WORD_CHARS, clean_drawn_text
from generation.text.fitting import TextBox, TypesetBlock, fit_text_to_box
from generation.text.scripts import MIN_STACKED_SCRIPT_LEADING_EM
from generation.text.shaping import ShapingStyle

#: Words of many scripts, and parts of hostile texts.
WORDS = st.one_of(
    st.sampled_from("workout app Übungen تمارين بسيط עברית घर व्यायाम แอปออกกำลังกาย 家庭锻炼 アプリ 개인정보".split()),
    st.sampled_from(["👩‍💻", "🇩🇪", "❤️", "1️⃣", "%s", "{0}", "\u202eoverride", "Z̸̡͎̆͊a̴̧̎l̶g̷o̷", "x" * 4_000, "-", "\u200d", "\n"]),
    st.text("abc é.,", max_size=12),
)
BOXES = st.builds(TextBox, st.integers(120, 1_000), st.integers(60, 900), st.integers(1, 7))


def title(text: str, box: TextBox, language: str = "en", largest: int = 150) -> TypesetBlock:
    return fit_text_to_box(text, box, ShapingStyle(850, language, -0.03), least=24, largest=largest)


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join), BOXES, st.sampled_from(["en", "ar", "ja", "th"]))
def test_no_text_is_larger_than_its_box(text: str, box: TextBox, language: str) -> None:
    block = title(text, box, language)
    assert 1 <= block.size <= 150
    assert len(block.lines) <= box.lines
    assert block.width <= box.width + 1
    assert block.height <= box.height + 1
    assert all(line.right * block.size <= box.width + 1 for line in block.lines)


def test_the_next_larger_size_would_not_fit() -> None:
    text, box = "A home workout app that respects your privacy", TextBox(912, 470, 5)
    size = title(text, box).size
    assert title(text, box, largest=size + 20).size == size


def test_words_stay_whole_and_lines_are_of_about_one_length() -> None:
    lines = title("A home workout app that respects your privacy", TextBox(912, 800)).lines
    assert [line.text for line in lines] == ["A home", "workout app", "that respects", "your privacy"]


def test_no_line_keeps_a_lone_short_word() -> None:
    said = [line.text for line in title("3 things to know about Feeel", TextBox(912, 800, 7), "en").lines]
    assert said == ["3 things", "to know", "about Feeel"]


def test_only_long_compounds_are_hyphenated_by_syllables() -> None:
    lines = title("arbeidsongeschiktheidsverzekering", TextBox(700, 800), "nl").lines
    assert [line.text for line in lines] == ["arbeidsonge-", "schiktheids-", "verzekering"]
    assert [line.text for line in title("Simple at-home exercises", TextBox(912, 600)).lines][1] == "at-home"


def test_a_text_too_long_for_any_size_ends_with_an_ellipsis() -> None:
    block = title("word " * 100, TextBox(300, 120, 3))
    assert block.is_cut
    assert block.lines[-1].text.endswith(ELLIPSIS)


def test_an_endless_word_is_cut_before_layout() -> None:
    said = "".join(line.text for line in title("x" * 4_000, TextBox(912, 800)).lines)
    assert said == "x" * MAX_DRAWN_WORD_CHARS + ELLIPSIS


def test_a_row_of_emoji_is_cut_between_two_of_them() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    assert clean_drawn_text(family * 20) == family * 8 + ELLIPSIS


def test_letters_that_stack_get_room_and_the_language_gives_the_direction() -> None:
    arabic = title("Feeel تطبيق تمارين", TextBox(400, 800), "ar")
    assert arabic.leading >= MIN_STACKED_SCRIPT_LEADING_EM
    assert arabic.right_to_left
    assert not title("تطبيق", TextBox(400, 800), "en").right_to_left


def test_phrases_of_languages_without_spaces_stay_whole() -> None:
    chinese = [line.text for line in title("一个简单的家庭锻炼应用程序，尊重你的隐私", TextBox(700, 800), "zh").lines]
    assert not any(regex.match(r"[，。的]", line) for line in chinese)
    assert "".join(chinese) == "一个简单的家庭锻炼应用程序，尊重你的隐私"
    thai = [line.text for line in title("แอปออกกำลังกายที่บ้าน", TextBox(500, 800), "th").lines]
    assert not any(regex.match(r"\p{M}", line) for line in thai)
