"""Timing of a video: all texts are readable, scenes are whole beats, and the length is the requested one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.timing import (
    MAX_VIDEO_S,
    MUSIC_BEAT_S,
    VideoTiming,
    plan_video_timing,
    reading_seconds,
    shortest_video_timing,
)
from schemas.errors import GenerationError

TEXTS = st.text("ab é漢", max_size=110)


@given(TEXTS, st.lists(TEXTS, max_size=6), st.integers(8, 60), st.lists(st.floats(0, 4), max_size=8))
def test_scenes_are_whole_beats_long_enough_to_read_and_hear(
    hook: str, points: list[str], seconds: int, spoken: list[float]
) -> None:
    spoken = spoken[: len(points) + 2]
    least = shortest_video_timing(hook, points, spoken)
    if least.total_s > MAX_VIDEO_S:
        return
    found = plan_video_timing(hook, points, seconds, spoken)
    assert found.total_s == max(seconds, least.total_s)
    assert all(scene % MUSIC_BEAT_S == 0 for scene in found.scene_durations_s)
    texts = [hook, *points, ""]
    assert all(scene >= reading_seconds(text) for scene, text in zip(found.scene_durations_s, texts, strict=True))
    assert all(scene >= said for scene, said in zip(found.scene_durations_s, spoken, strict=False))
    assert (
        max(a - b for a, b in zip(found.scene_durations_s, least.scene_durations_s, strict=True))
        <= seconds / len(texts) + MUSIC_BEAT_S
    )


def test_texts_that_take_over_a_minute_are_refused() -> None:
    with pytest.raises(GenerationError) as told:
        plan_video_timing("hook", ["word " * 22] * 10, 12)
    assert told.value.code == "TEXTS_TOO_LONG"


def test_cuts_are_where_scenes_begin() -> None:
    assert VideoTiming(2.5, (2.0, 3.0), 4.0).cut_times_s == (2.5, 4.5, 7.5)
