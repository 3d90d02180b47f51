"""Attention: the horizontal position of a clip's subject, by edges, motion and skin; and its shot changes."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from generation.remix.clip import ProbedClip, decode_clip_by_ffmpeg
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart

FloatPicture: TypeAlias = npt.NDArray[np.float32]

#: Columns of an analyzed frame.
ANALYZED_FRAME_WIDTH_PX = 160
#: Frames from one sample to the next.
ATTENTION_SAMPLE_INTERVAL_FRAMES = 10
_EDGE_ATTENTION_WEIGHT = 0.5
_MOTION_ATTENTION_WEIGHT = 1.4
_SKIN_ATTENTION_WEIGHT = 0.8
#: Mean of edges or of motion, in steps of luma, that gives half of the maximum.
_MEAN_EXCESS_AT_HALF_ATTENTION = 2.0
#: Mean change of a pixel between two frames at a shot change.
_MIN_SHOT_CHANGE_LUMA_DIFFERENCE = 26.0
_LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


class VideoColumnAttention(NamedTuple):
    """Attention of each column at each sample, and the frames of shot changes."""

    columns: FloatPicture
    shots: list[int]


def measure_video_column_attention(clip: ProbedClip, part: ClipPart) -> VideoColumnAttention:
    """Return how much each column of a clip's part draws attention, in each tenth frame, and the shot changes.

    All frames are compared to find shot changes. Raises `ClipRefused` and `GenerationError`.
    """
    rows = max(2, round(ANALYZED_FRAME_WIDTH_PX * clip.height / clip.width))
    before: FloatPicture | None = None
    last_sample: FloatPicture | None = None
    samples: list[FloatPicture] = []
    shots: list[int] = []
    for number, frame in enumerate(_decode_analyzed_frames(clip, part, rows)):
        luma = frame @ _LUMA_WEIGHTS
        if before is not None and float(np.abs(luma - before).mean()) > _MIN_SHOT_CHANGE_LUMA_DIFFERENCE:
            shots.append(number)
            last_sample = None
        if number % ATTENTION_SAMPLE_INTERVAL_FRAMES == 0:
            samples.append(measure_column_attention(frame, luma, luma if last_sample is None else last_sample))
            last_sample = luma
        before = luma
    return VideoColumnAttention(np.array(samples, np.float32).reshape(-1, ANALYZED_FRAME_WIDTH_PX), shots)


def _decode_analyzed_frames(clip: ProbedClip, part: ClipPart, rows: int) -> Iterator[FloatPicture]:
    small = f"scale={ANALYZED_FRAME_WIDTH_PX}:{rows}:flags=area,fps={OUTPUT_VIDEO_FPS},format=rgb24"
    shape = ["-map", "0:V:0", "-vf", small, "-f", "rawvideo", "-"]
    # Skip the decoder's deblocking filter: these frames are not displayed.
    source = ["-skip_loop_filter", "all", *clip.ffmpeg_input_arguments(part.start, part.seconds)]
    for data in decode_clip_by_ffmpeg(ANALYZED_FRAME_WIDTH_PX * rows * 3, *source, *shape):
        yield np.frombuffer(data, np.uint8).reshape(rows, ANALYZED_FRAME_WIDTH_PX, 3).astype(np.float32)


def measure_column_attention(frame: FloatPicture, luma: FloatPicture, before: FloatPicture) -> FloatPicture:
    """Return how much each column of a frame draws attention, by edges, motion and skin.

    Only the excess over most of the frame counts, so that grain has no effect.
    """
    edges = np.abs(np.diff(luma, axis=1, append=luma[:, -1:])) + np.abs(np.diff(luma, axis=0, append=luma[-1:]))
    weighed = _EDGE_ATTENTION_WEIGHT * _pixel_excess_over_twice_median(
        edges
    ) + _MOTION_ATTENTION_WEIGHT * _pixel_excess_over_twice_median(np.abs(luma - before))
    skin = _find_skin_colored_pixels(frame).mean(axis=0)
    return np.asarray(weighed.mean(axis=0) + _SKIN_ATTENTION_WEIGHT * np.maximum(0, skin - skin.mean()), np.float32)


def _pixel_excess_over_twice_median(values: FloatPicture) -> FloatPicture:
    """Return by how much each value exceeds twice the median, else 0, scaled to a mean of at most 1."""
    above = np.maximum(0, values - 2 * np.median(values) - 1)
    return np.asarray(above / (above.mean() + _MEAN_EXCESS_AT_HALF_ATTENTION), np.float32)


def _find_skin_colored_pixels(frame: FloatPicture) -> "npt.NDArray[np.bool_]":
    red, green, blue = frame[..., 0], frame[..., 1], frame[..., 2]
    return (red > 80) & (red > green + 12) & (green > blue) & (red - blue > 24) & (red - blue < 120)
