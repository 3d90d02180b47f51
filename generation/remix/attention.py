"""Attention: the horizontal position of a clip's subject, by edges, motion and skin; and its shot changes."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from generation.remix.clip import Clip, decoded
from generation.remix.cut import FPS, Cut

Picture: TypeAlias = npt.NDArray[np.float32]

#: Columns of an analyzed frame.
COLUMNS = 160
#: Frames from one sample to the next.
SAMPLE_FRAMES = 10
_EDGE_WEIGHT = 0.5
_MOTION_WEIGHT = 1.4
_SKIN_WEIGHT = 0.8
#: Mean of edges or of motion, in steps of luma, that gives half of the maximum.
_HALF_ATTENTION_LUMA = 2.0
#: Mean change of a pixel between two frames at a shot change.
_SHOT = 26.0
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Attention(NamedTuple):
    """Attention of each column at each sample, and the frames of shot changes."""

    columns: Picture
    shots: list[int]


def measure_attention(clip: Clip, part: Cut) -> Attention:
    """Measure the attention in each tenth frame; compare all frames to find shot changes."""
    rows = max(2, round(COLUMNS * clip.height / clip.width))
    before: Picture | None = None
    last_sample: Picture | None = None
    samples: list[Picture] = []
    shots: list[int] = []
    for number, frame in enumerate(_frames(clip, part, rows)):
        luma = frame @ _LUMA
        if before is not None and float(np.abs(luma - before).mean()) > _SHOT:
            shots.append(number)
            last_sample = None
        if number % SAMPLE_FRAMES == 0:
            samples.append(columns(frame, luma, luma if last_sample is None else last_sample))
            last_sample = luma
        before = luma
    return Attention(np.array(samples, np.float32).reshape(-1, COLUMNS), shots)


def _frames(clip: Clip, part: Cut, rows: int) -> Iterator[Picture]:
    small = f"scale={COLUMNS}:{rows}:flags=area,fps={FPS},format=rgb24"
    shape = ["-map", "0:V:0", "-vf", small, "-f", "rawvideo", "-"]
    # Skip the decoder's deblocking filter: these frames are not displayed.
    source = ["-skip_loop_filter", "all", *clip.source(part.start, part.seconds)]
    for data in decoded(COLUMNS * rows * 3, *source, *shape):
        yield np.frombuffer(data, np.uint8).reshape(rows, COLUMNS, 3).astype(np.float32)


def columns(frame: Picture, luma: Picture, before: Picture) -> Picture:
    """Measure the attention of each column of a frame, beyond what most of the frame has, such as grain."""
    edges = np.abs(np.diff(luma, axis=1, append=luma[:, -1:])) + np.abs(
        np.diff(luma, axis=0, append=luma[-1:])
    )
    weighed = _EDGE_WEIGHT * _above_usual(edges) + _MOTION_WEIGHT * _above_usual(np.abs(luma - before))
    skin = _is_skin(frame).mean(axis=0)
    return np.asarray(weighed.mean(axis=0) + _SKIN_WEIGHT * np.maximum(0, skin - skin.mean()), np.float32)


def _above_usual(values: Picture) -> Picture:
    """Return the excess of each value over twice the median, normalized to a mean of at most 1."""
    above = np.maximum(0, values - 2 * np.median(values) - 1)
    return np.asarray(above / (above.mean() + _HALF_ATTENTION_LUMA), np.float32)


def _is_skin(frame: Picture) -> "npt.NDArray[np.bool_]":
    red, green, blue = frame[..., 0], frame[..., 1], frame[..., 2]
    return (red > 80) & (red > green + 12) & (green > blue) & (red - blue > 24) & (red - blue < 120)
