"""Cuts of a clip: whole frames, from its first word on, and never beyond its end."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from generation.copy.captions import ClipSpan
from generation.remix.cut import FPS, MIN_SECONDS, cut
from generation.remix.levels import STEP_MS, speech

LENGTHS = some.floats(3, 90)


def spans(seconds: float, times: list[int]) -> list[ClipSpan]:
    inside = sorted(one % round(seconds * 1_000) for one in set(times))
    return [ClipSpan(start=start, end=end) for start, end in pairwise(inside) if end > start][::2]


@settings(deadline=None)
@given(seconds=LENGTHS, times=some.lists(some.integers(0, 90_000), max_size=9), most=some.floats(5.5, 57.5))
def test_a_cut_is_within_its_clip_and_long_enough(seconds: float, times: list[int], most: float) -> None:
    part = cut(seconds, spans(seconds, times), most)
    assert part.first >= 0
    assert MIN_SECONDS * FPS - 1 <= part.frames <= most * FPS + 1
    assert part.first + part.frames <= seconds * FPS


@given(seconds=LENGTHS)
def test_a_clip_without_speech_is_not_cut(seconds: float) -> None:
    assert cut(seconds, [], 90) == (0, int(seconds * FPS))


def test_silence_before_and_after_is_cut_off_and_a_long_part_ends_in_a_pause() -> None:
    talk = [ClipSpan(start=2_000, end=9_000), ClipSpan(start=10_000, end=30_000)]
    assert cut(40, talk, 60) == (56, round((30.25 - 1.88) * FPS))
    assert cut(40, talk, 10) == (56, round((9.25 - 1.88) * FPS))
    assert cut(40, talk, 5) == (56, 5 * FPS)


@settings(deadline=None)
@given(heard=some.lists(some.sampled_from([-90.0, -60.0, -41.0, -20.0, -14.0]), max_size=120))
def test_speech_is_in_order_within_the_clip_and_apart(heard: list[float]) -> None:
    seconds = len(heard) * STEP_MS / 1_000
    found = speech(np.array(heard), seconds)
    assert all(0 <= one.start < one.end <= seconds * 1_000 for one in found)
    assert all(later.start - one.end > 0 for one, later in pairwise(found))


def test_a_silent_clip_has_no_speech_and_a_steady_one_no_pause() -> None:
    assert speech(np.full(80, -70.0), 4) == []
    assert speech(np.full(80, -30.0), 4) == [ClipSpan(start=0, end=4_000)]
    talk = np.array([-70.0] * 20 + [-20.0] * 30 + [-65.0] * 20 + [-25.0] * 10)
    assert speech(talk, 4) == [ClipSpan(start=920, end=2_580), ClipSpan(start=3_420, end=4_000)]
