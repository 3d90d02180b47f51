"""Captions of a clip: every word of the transcript once, in order, while somebody speaks."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some

from generation.words.captions import LONGEST, Caption, Span, captions
from generation.words.texts import clean

WORDS = some.lists(
    some.sampled_from(["Ahoi.", "we", "sail", "at", "dawn,", "潮", "x" * 60, "\n"]), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, gaps=some.lists(some.tuples(some.integers(0, 900), some.integers(0, 4000)), max_size=4))
def test_each_word_is_shown_once_in_order_and_within_the_speech(
    words: list[str], gaps: list[tuple[int, int]]
) -> None:
    speech, now = [], 0
    for gap, length in gaps:
        speech.append(Span(start=now + gap, end=now + gap + length))
        now += gap + length
    shown = captions(" ".join(words), speech)
    if sum(length for _, length in gaps) and clean(" ".join(words)):
        assert " ".join(one.text for one in shown) == clean(" ".join(words))
    else:
        assert shown == []
    assert all(one.start <= one.end <= later.start for one, later in pairwise(shown))
    assert all(len(one.text) <= LONGEST or " " not in one.text for one in shown)


def test_a_pause_shows_nothing_new() -> None:
    speech = [Span(start=1000, end=2000), Span(start=5000, end=6000)]
    assert captions("We sail at dawn now.\nHome before it is noon.", speech) == [
        Caption(text="We sail at dawn now.", start=1000, end=1930),
        Caption(text="Home before it is noon.", start=1930, end=6000),
    ]
