"""Captions of a clip: every word of the transcript once, in order, during speech."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some

from generation.copy.captions import (
    MAX_CLIP_CAPTION_LETTERS,
    ClipTimeSpan,
    TextCue,
    build_transcript_captions,
    count_clip_caption_letters,
)
from generation.copy.texts import strip_html_to_line

WORDS = some.lists(some.sampled_from(["Ahoi.", "we", "sail", "at", "dawn,", "潮", "x" * 60, "\n"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, gaps=some.lists(some.tuples(some.integers(0, 900), some.integers(0, 4000)), max_size=4))
def test_each_word_is_shown_once_in_order_and_within_the_speech(words: list[str], gaps: list[tuple[int, int]]) -> None:
    speech, now = [], 0
    for gap, length in gaps:
        speech.append(ClipTimeSpan(start=now + gap, end=now + gap + length))
        now += gap + length
    shown = build_transcript_captions(" ".join(words), speech, "en")
    if sum(length for _, length in gaps) and strip_html_to_line(" ".join(words)):
        assert "".join(one.text for one in shown).replace(" ", "") == strip_html_to_line(" ".join(words)).replace(
            " ", ""
        )
    else:
        assert shown == []
    assert all(one.start <= one.end <= later.start for one, later in pairwise(shown))
    assert all(count_clip_caption_letters(one.text) <= MAX_CLIP_CAPTION_LETTERS or " " not in one.text for one in shown)


def test_a_pause_shows_nothing_new() -> None:
    speech = [ClipTimeSpan(start=1000, end=2000), ClipTimeSpan(start=5000, end=6000)]
    assert build_transcript_captions("We sail at dawn now.\nHome before it is noon.", speech, "en") == [
        TextCue(text="We sail at dawn now.", start=1000, end=1930),
        TextCue(text="Home before it is noon.", start=1930, end=6000),
    ]


def test_a_script_without_spaces_is_broken_between_phrases() -> None:
    spoken = "毎週海で泳いでいますが、いつも潮が変わる時間を推測していました。今は出かける前に確認します。"
    shown = build_transcript_captions(spoken, [ClipTimeSpan(start=0, end=8000)], "ja")
    assert "".join(one.text for one in shown) == spoken
    assert len(shown) == 3
    assert all(count_clip_caption_letters(one.text) <= MAX_CLIP_CAPTION_LETTERS for one in shown)


def test_a_long_sentence_has_no_lone_last_word() -> None:
    spoken = "I always used to guess when the tide would turn before I went to swim in the sea with friends."
    shown = build_transcript_captions(spoken, [ClipTimeSpan(start=0, end=8000)], "en")
    assert min(len(one.text) for one in shown) > MAX_CLIP_CAPTION_LETTERS / 2
