"""Pan: a crop that follows its subject. It stands still, or moves smoothly to another place."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from generation.attention import FloatPicture
from generation.remix.attention import ATTENTION_SAMPLE_INTERVAL_FRAMES, VideoAttention
from generation.remix.cut import OUTPUT_VIDEO_FPS

#: A crop follows if its window holds so many times its share of attention.
MIN_PAN_ATTENTION_GAIN = 1.55
#: A crop always follows if its window holds more than this share of attention.
MIN_CLEAR_SUBJECT_ATTENTION_SHARE = 0.9
#: Samples on each side for a running median: two seconds in all.
_PAN_SMOOTH_RADIUS_SAMPLES = 3
#: Share of the window's width that a subject may drift from its middle before the crop follows.
_MAX_SUBJECT_DRIFT_SHARE = 0.22
#: Minimum seconds of a move.
_MIN_PAN_MOVE_S = 1.2
#: Maximum speed in window widths a second.
_MAX_PAN_CROP_WIDTHS_PER_S = 1.0

#: Maximum moves and jumps: a crop doesn't follow a more restless clip.
MAX_CROP_MOVES = 40


class CropMove(NamedTuple):
    """A smooth move to a place between two frames, or a jump if both frames are equal.

    Places are a crop's left edge, in widths of the clip.
    """

    first: int
    last: int
    place: float


class CropPath(NamedTuple):
    """The start place of a crop, and its moves in order, without overlap."""

    start: float
    moves: tuple[CropMove, ...]

    def left_edge_at_frame(self, frame: int) -> float:
        place = self.start
        for move in self.moves:
            share = min(1.0, max(0.0, (frame - move.first + 1) / (move.last - move.first + 1)))
            place += (move.place - place) * share * share * (3 - 2 * share)
        return place


def find_crop_path(looks: VideoAttention, window: float, frames: int) -> CropPath | None:
    """Return the path of a crop window that follows a clip's subject; None without a clear subject.

    `window` is its share of the clip's width. A clip that needs too many moves has no path either.
    """
    if len(looks.columns) < 2:
        return None
    shots = [0, *(shot for shot in looks.shots if shot < frames), frames]
    lefts, shares = _best_crop_windows(_smooth_column_attention_over_time(looks.columns, shots), window)
    if float(np.median(shares)) <= min(MIN_CLEAR_SUBJECT_ATTENTION_SHARE, window * MIN_PAN_ATTENTION_GAIN):
        return None
    parts = [_plan_crop_moves(lefts, first, last, window) for first, last in pairwise(shots) if last > first]
    start = parts[0][0].place
    moves = [move for part in parts for move in part][1:]
    return CropPath(start, tuple(moves)) if len(moves) <= MAX_CROP_MOVES else None


def _smooth_column_attention_over_time(columns: FloatPicture, shots: list[int]) -> FloatPicture:
    """Return each sample's attention averaged over two seconds of its shot: flicker counts less than steadiness."""
    of_shot = np.searchsorted(shots, np.arange(len(columns)) * ATTENTION_SAMPLE_INTERVAL_FRAMES, side="right")
    near = np.abs(np.subtract.outer(np.arange(len(columns)), np.arange(len(columns)))) <= _PAN_SMOOTH_RADIUS_SAMPLES
    weights = (near & (of_shot[:, None] == of_shot[None])).astype(np.float32)
    return np.asarray(weights @ columns / weights.sum(axis=1, keepdims=True), np.float32)


def _best_crop_windows(columns: FloatPicture, window: float) -> tuple[FloatPicture, FloatPicture]:
    """Return for each sample the left edge of the crop window with most attention, and the share of attention in it."""
    count = columns.shape[1]
    wide = max(1, round(count * window))
    sums = np.cumsum(np.pad(columns, ((0, 0), (1, 0))), axis=1)
    held = sums[:, wide:] - sums[:, :-wide]
    # Among nearly equal windows, take the middle one: the subject belongs in the middle of the crop.
    good = held >= held.max(axis=1, keepdims=True) * 0.985
    lefts = (good * np.arange(good.shape[1])).sum(axis=1) / good.sum(axis=1) / count
    shares = held.max(axis=1) / np.maximum(columns.sum(axis=1), 1e-6)
    return np.asarray(lefts, np.float32), np.asarray(shares, np.float32)


def _plan_crop_moves(lefts: FloatPicture, first: int, last: int, window: float) -> list[CropMove]:
    """Return a jump to the subject of a shot, and the pan moves that follow it to the shot's end."""
    looks = range(
        -(-first // ATTENTION_SAMPLE_INTERVAL_FRAMES),
        max(-(-first // ATTENTION_SAMPLE_INTERVAL_FRAMES) + 1, -(-last // ATTENTION_SAMPLE_INTERVAL_FRAMES)),
    )
    known = [min(one, len(lefts) - 1) for one in looks]
    places = [float(np.median(lefts[_sample_numbers_near_index(known, at)])) for at in range(len(known))]
    moves = [CropMove(first, first, places[0])]
    at = 0
    while (away := _find_sample_where_subject_drifts(places, at, moves[-1].place, window)) is not None:
        settled = _find_sample_where_subject_rests(places, away, window)
        place = float(np.median(places[settled : settled + 2 * _PAN_SMOOTH_RADIUS_SAMPLES]))
        moves.append(
            _build_crop_move_at_low_speed(
                known[away] * ATTENTION_SAMPLE_INTERVAL_FRAMES,
                known[settled] * ATTENTION_SAMPLE_INTERVAL_FRAMES,
                place,
                moves[-1],
                window,
            )
        )
        at = max(settled, moves[-1].last // ATTENTION_SAMPLE_INTERVAL_FRAMES - known[0]) + 1
    return [one for one in moves if one.last <= last]


def _sample_numbers_near_index(known: list[int], at: int) -> list[int]:
    return known[max(0, at - _PAN_SMOOTH_RADIUS_SAMPLES) : at + _PAN_SMOOTH_RADIUS_SAMPLES + 1]


def _find_sample_where_subject_drifts(places: list[float], start: int, from_place: float, window: float) -> int | None:
    """Return the first sample from which on the subject is away from a place for a second; None if it stays."""
    is_away = [abs(place - from_place) > _MAX_SUBJECT_DRIFT_SHARE * window for place in places]
    drifts = (
        at
        for at in range(start, len(places) - _PAN_SMOOTH_RADIUS_SAMPLES)
        if all(is_away[at : at + _PAN_SMOOTH_RADIUS_SAMPLES])
    )
    return next(drifts, None)


def _find_sample_where_subject_rests(places: list[float], start: int, window: float) -> int:
    """Return the first sample at which the subject stands still again, else the last sample."""
    for at in range(start, len(places) - _PAN_SMOOTH_RADIUS_SAMPLES):
        near = places[at : at + _PAN_SMOOTH_RADIUS_SAMPLES + 1]
        if max(near) - min(near) < _MAX_SUBJECT_DRIFT_SHARE * window / 2:
            return at
    return len(places) - 1


def _build_crop_move_at_low_speed(first: int, last: int, place: float, before: CropMove, window: float) -> CropMove:
    """Return a pan move to a place that starts early enough for a low speed, but after the previous move."""
    least = max(_MIN_PAN_MOVE_S, abs(place - before.place) / (window * _MAX_PAN_CROP_WIDTHS_PER_S)) * OUTPUT_VIDEO_FPS
    middle = (first + last) / 2
    begins = max(before.last, round(middle - max(least, last - first) / 2))
    return CropMove(begins, begins + round(max(least, last - first)), place)
