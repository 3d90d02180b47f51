"""Attention: where along a clip's width its subject is, by edges, motion and skin; where its shots begin."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from generation.remix.clip import Clip, decoded
from generation.remix.cut import FPS, Cut

Picture: TypeAlias = npt.NDArray[np.float32]

#: Columns of what is looked at, and frames from one look to the next.
COLUMNS, EVERY = 160, 10
#: Weights of edges, of motion and of skin.
_EDGES, _MOTION, _SKIN = 0.5, 1.4, 0.8
#: Mean of edges or of motion, in steps of luma, that is half as much as can be.
_LITTLE = 2.0
#: Mean change of a pixel from frame to frame with which another shot begins.
_SHOT = 26.0
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Looks(NamedTuple):
    """Attention to each column at each look, and the frames at which shots begin."""

    columns: Picture
    shots: list[int]


def look(clip: Clip, part: Cut) -> Looks:
    """Each tenth frame is looked at, all are compared with the one before."""
    rows = max(2, round(COLUMNS * clip.height / clip.width))
    before: Picture | None = None
    seen: Picture | None = None
    found: list[Picture] = []
    shots: list[int] = []
    for number, frame in enumerate(_frames(clip, part, rows)):
        luma = frame @ _LUMA
        if before is not None and float(np.abs(luma - before).mean()) > _SHOT:
            shots.append(number)
            seen = None
        if number % EVERY == 0:
            found.append(columns(frame, luma, luma if seen is None else seen))
            seen = luma
        before = luma
    return Looks(np.array(found, np.float32).reshape(-1, COLUMNS), shots)


def _frames(clip: Clip, part: Cut, rows: int) -> Iterator[Picture]:
    small = f"scale={COLUMNS}:{rows}:flags=area,fps={FPS},format=rgb24"
    shape = ["-map", "0:V:0", "-vf", small, "-f", "rawvideo", "-"]
    # What a decoder does for beauty is left out: nobody sees these frames.
    source = ["-skip_loop_filter", "all", *clip.source(part.start, part.seconds)]
    for data in decoded(COLUMNS * rows * 3, *source, *shape):
        yield np.frombuffer(data, np.uint8).reshape(rows, COLUMNS, 3).astype(np.float32)


def columns(frame: Picture, luma: Picture, before: Picture) -> Picture:
    """Attention to each column of a frame. What most of it has, as grain or a wall's color, draws none."""
    edges = np.abs(np.diff(luma, axis=1, append=luma[:, -1:])) + np.abs(
        np.diff(luma, axis=0, append=luma[-1:])
    )
    weighed = _EDGES * _above_usual(edges) + _MOTION * _above_usual(np.abs(luma - before))
    skin = _is_skin(frame).mean(axis=0)
    return np.asarray(weighed.mean(axis=0) + _SKIN * np.maximum(0, skin - skin.mean()), np.float32)


def _above_usual(values: Picture) -> Picture:
    """By how much each is above twice the middle one; the mean is at most 1, and less where little is."""
    above = np.maximum(0, values - 2 * np.median(values) - 1)
    return np.asarray(above / (above.mean() + _LITTLE), np.float32)


def _is_skin(frame: Picture) -> "npt.NDArray[np.bool_]":
    red, green, blue = frame[..., 0], frame[..., 1], frame[..., 2]
    return (red > 80) & (red > green + 12) & (green > blue) & (red - blue > 24) & (red - blue < 120)
