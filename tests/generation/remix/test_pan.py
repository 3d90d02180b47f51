"""Pan of a crop: it stands still or moves smoothly, and it stays on its subject."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from generation import ffmpeg
from generation.copy.captions import ClipTimeSpan
from generation.remix.attention import (
    ANALYZED_FRAME_WIDTH_PX,
    ATTENTION_SAMPLE_INTERVAL_FRAMES,
    VideoAttention,
    measure_video_attention,
)
from generation.remix.clip import probe_clip
from generation.remix.cut import MIN_SHOWN_CLIP_S, OUTPUT_VIDEO_FPS, ClipPart, choose_shown_clip_part
from generation.remix.framing import (
    REMIX_FRAME_HEIGHT_PX,
    REMIX_FRAME_WIDTH_PX,
    build_panned_clip_framing,
    pan_path_expression,
)
from generation.remix.levels import LOUDNESS_STEP_MS, detect_speech_spans
from generation.remix.pan import CropMove, find_crop_path
from generation.remix.pan import CropPath as PanPath
from tests.generation.remix.clips import H264, make_clip

WINDOW = 0.3164
#: Maximum change of a crop's speed from one frame to the next, in widths of a clip.
SMOOTH = 0.0019
LENGTHS = some.floats(3, 90)


def looks(places: list[float], shots: list[int] | None = None) -> VideoAttention:
    """Return attention to a subject a tenth as wide as the clip, on a ground with little attention."""
    across = (np.arange(ANALYZED_FRAME_WIDTH_PX) + 0.5) / ANALYZED_FRAME_WIDTH_PX
    columns = np.array([np.exp(-(((across - place) / 0.05) ** 2)) + 0.02 for place in places], np.float32)
    return VideoAttention(columns, shots or [])


@settings(deadline=None, max_examples=40)
@given(places=some.lists(some.floats(0, 1), min_size=2, max_size=60))
def test_a_crop_stays_within_its_clip_and_never_jerks(places: list[float]) -> None:
    count = len(places) * ATTENTION_SAMPLE_INTERVAL_FRAMES
    path = find_crop_path(looks(places), WINDOW, count)
    assume(path)
    assert path
    at = np.array([path.left_edge_at_frame(frame) for frame in range(count)])
    assert at.min() >= -1e-6
    assert at.max() <= 1 - WINDOW + 0.01
    assert np.abs(np.diff(at, 2)).max(initial=0) < SMOOTH


@settings(deadline=None, max_examples=40)
@given(seed=some.integers(0, 1_000), middle=some.floats(0.2, 0.8))
def test_a_subject_that_sways_moves_nothing(seed: int, middle: float) -> None:
    sways = np.random.default_rng(seed).normal(middle, 0.012, 50)
    path = find_crop_path(looks(list(sways)), WINDOW, 500)
    assert path
    assert path.moves == ()
    assert abs(path.start + WINDOW / 2 - middle) < 0.05 or middle < 0.2 or middle > 0.8


def test_a_subject_that_walks_is_followed_and_a_shot_jumps() -> None:
    walk = [0.25] * 20 + [float(one) for one in np.linspace(0.25, 0.75, 9)] + [0.75] * 20
    path = find_crop_path(looks(walk), WINDOW, len(walk) * ATTENTION_SAMPLE_INTERVAL_FRAMES)
    assert path
    assert len(path.moves) == 1
    assert abs(path.left_edge_at_frame(480) + WINDOW / 2 - 0.75) < 0.04
    cut = find_crop_path(looks([0.25] * 20 + [0.75] * 20, [200]), WINDOW, 400)
    assert cut
    assert [(move.first, move.last) for move in cut.moves] == [(200, 200)]
    assert cut.left_edge_at_frame(199) == cut.start
    assert cut.left_edge_at_frame(200) == cut.moves[0].place


def test_a_landscape_and_a_flicker_are_not_followed() -> None:
    even = VideoAttention(np.ones((30, ANALYZED_FRAME_WIDTH_PX), np.float32), [])
    assert find_crop_path(even, WINDOW, 300) is None
    restless = looks([0.2, 0.8] * 30, list(range(5, 600, 5)))
    assert find_crop_path(restless, WINDOW, 600) is None


@settings(deadline=None, max_examples=20)
@given(places=some.lists(some.floats(0, 1), min_size=20, max_size=40), shot=some.integers(1, 390))
def test_the_ffmpeg_expression_matches_the_path(places: list[float], shot: int) -> None:
    path = find_crop_path(looks(places, [shot]), WINDOW, len(places) * ATTENTION_SAMPLE_INTERVAL_FRAMES)
    assume(path)
    assert path
    for frame in range(0, len(places) * ATTENTION_SAMPLE_INTERVAL_FRAMES, 7):
        told = eval(
            pan_path_expression(path), {"n": frame, "clip": lambda value, least, most: min(most, max(least, value))}
        )
        assert told == pytest.approx(path.left_edge_at_frame(frame), abs=2e-4)


def test_ffmpeg_crops_along_the_path(tmp_path: Path) -> None:
    """A bright line stands still, in the clip's column 200 of 640."""
    line = "color=0x606060:s=640x360:r=30:d=4,drawbox=x=200:w=8:color=white:t=fill"
    clip = probe_clip(make_clip(tmp_path / "clip.mp4", H264, picture=line, sound=None))
    path = PanPath(0.05, (CropMove(3, 9, 0.28),))
    arguments = build_panned_clip_framing(clip, path).ffmpeg_arguments
    pieces = ffmpeg.stream_ffmpeg_output(
        REMIX_FRAME_WIDTH_PX * REMIX_FRAME_HEIGHT_PX * 3,
        *clip.ffmpeg_input_arguments(),
        *arguments,
        "-frames:v",
        "12",
        "-f",
        "rawvideo",
        "-",
    )
    for frame, piece in enumerate(pieces):
        row = (
            np.frombuffer(piece, np.uint8)
            .reshape(REMIX_FRAME_HEIGHT_PX, REMIX_FRAME_WIDTH_PX, 3)[900]
            .astype(int)
            .mean(axis=1)
        )
        found = float(np.flatnonzero(row > 200).mean())
        assert found == pytest.approx((204 - path.left_edge_at_frame(frame) * 640) * REMIX_FRAME_HEIGHT_PX / 360, abs=3)


def test_a_shot_is_found_at_its_frame(tmp_path: Path) -> None:
    both = "color=navy:s=320x240:r=30:d=2[a];color=orange:s=320x240:r=30:d=2[b];[a][b]concat=n=2:v=1"
    clip = probe_clip(make_clip(tmp_path / "clip.mp4", H264, picture=both, sound=None))
    assert measure_video_attention(clip, ClipPart(15, 60)).shots == [45]


def spans(seconds: float, times: list[int]) -> list[ClipTimeSpan]:
    inside = sorted(one % round(seconds * 1_000) for one in set(times))
    return [ClipTimeSpan(start=start, end=end) for start, end in pairwise(inside) if end > start][::2]


@settings(deadline=None)
@given(seconds=LENGTHS, times=some.lists(some.integers(0, 90_000), max_size=9), most=some.floats(5.5, 57.5))
def test_a_cut_is_within_its_clip_and_long_enough(seconds: float, times: list[int], most: float) -> None:
    part = choose_shown_clip_part(seconds, spans(seconds, times), most)
    assert part.first >= 0
    assert MIN_SHOWN_CLIP_S * OUTPUT_VIDEO_FPS - 1 <= part.frames <= most * OUTPUT_VIDEO_FPS + 1
    assert part.first + part.frames <= seconds * OUTPUT_VIDEO_FPS


@given(seconds=LENGTHS)
def test_a_clip_without_speech_is_not_cut(seconds: float) -> None:
    assert choose_shown_clip_part(seconds, [], 90) == (0, int(seconds * OUTPUT_VIDEO_FPS))


def test_silence_before_and_after_is_cut_off_and_a_long_part_ends_in_a_pause() -> None:
    talk = [ClipTimeSpan(start=2_000, end=9_000), ClipTimeSpan(start=10_000, end=30_000)]
    assert choose_shown_clip_part(40, talk, 60) == (56, round((30.25 - 1.88) * OUTPUT_VIDEO_FPS))
    assert choose_shown_clip_part(40, talk, 10) == (56, round((9.25 - 1.88) * OUTPUT_VIDEO_FPS))
    assert choose_shown_clip_part(40, talk, 5) == (56, 5 * OUTPUT_VIDEO_FPS)


@settings(deadline=None)
@given(heard=some.lists(some.sampled_from([-90.0, -60.0, -41.0, -20.0, -14.0]), max_size=120))
def test_speech_is_in_order_within_the_clip_and_apart(heard: list[float]) -> None:
    seconds = len(heard) * LOUDNESS_STEP_MS / 1_000
    found = detect_speech_spans(np.array(heard), seconds)
    assert all(0 <= one.start < one.end <= seconds * 1_000 for one in found)
    assert all(later.start - one.end > 0 for one, later in pairwise(found))


def test_a_silent_clip_has_no_speech_and_a_steady_one_no_pause() -> None:
    assert detect_speech_spans(np.full(80, -70.0), 4) == []
    assert detect_speech_spans(np.full(80, -30.0), 4) == [ClipTimeSpan(start=0, end=4_000)]
    talk = np.array([-70.0] * 20 + [-20.0] * 30 + [-65.0] * 20 + [-25.0] * 10)
    assert detect_speech_spans(talk, 4) == [ClipTimeSpan(start=920, end=2_580), ClipTimeSpan(start=3_420, end=4_000)]
