"""Pan: how a crop follows its subject. It stands still, or moves to another place in one smooth turn."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from generation.remix.attention import EVERY, Looks, Picture
from generation.remix.cut import FPS

#: A crop follows where its window holds so many times its share of attention; above that much, always.
LEAST_GAIN, ALWAYS = 1.55, 0.9
#: Looks around one that its place is the median of: two seconds.
_AROUND = 3
#: Part of the window's width that a subject may stray from its middle before the crop follows it.
_STRAY = 0.22
#: Seconds of a move at least, and the widths of the window that it goes in one at most.
_SLOWEST, _SPEED = 1.2, 1.0

#: Moves and jumps of a crop; a clip that is more restless than that isn't followed.
MAX_MOVES = 40


class Move(NamedTuple):
    """A turn to a place from one frame up to another; a jump where both are the same.

    Places are of a crop's left edge, in widths of the clip.
    """

    first: int
    last: int
    place: float


class Path(NamedTuple):
    """The place at which a crop begins, and its moves in order, none of which overlap."""

    start: float
    moves: tuple[Move, ...]

    def at(self, frame: int) -> float:
        place = self.start
        for move in self.moves:
            share = min(1.0, max(0.0, (frame - move.first + 1) / (move.last - move.first + 1)))
            place += (move.place - place) * share * share * (3 - 2 * share)
        return place


def follow(looks: Looks, window: float, frames: int) -> Path | None:
    """The path of a window that is so much of the clip's width; none where nothing draws attention so."""
    if len(looks.columns) < 2:
        return None
    shots = [0, *(shot for shot in looks.shots if shot < frames), frames]
    lefts, shares = _best(_steadied(looks.columns, shots), window)
    if float(np.median(shares)) <= min(ALWAYS, window * LEAST_GAIN):
        return None
    parts = [_in_shot(lefts, first, last, window) for first, last in pairwise(shots) if last > first]
    start = parts[0][0].place
    moves = [move for part in parts for move in part][1:]
    return Path(start, tuple(moves)) if len(moves) <= MAX_MOVES else None


def _steadied(columns: Picture, shots: list[int]) -> Picture:
    """Attention over two seconds, and in one shot: what flickers up draws less than what stays."""
    of_shot = np.searchsorted(shots, np.arange(len(columns)) * EVERY, side="right")
    near = np.abs(np.subtract.outer(np.arange(len(columns)), np.arange(len(columns)))) <= _AROUND
    weights = (near & (of_shot[:, None] == of_shot[None])).astype(np.float32)
    return np.asarray(weights @ columns / weights.sum(axis=1, keepdims=True), np.float32)


def _best(columns: Picture, window: float) -> tuple[Picture, Picture]:
    """Of each look the left edge of the window that holds most, and the share that it holds."""
    count = columns.shape[1]
    wide = max(1, round(count * window))
    sums = np.cumsum(np.pad(columns, ((0, 0), (1, 0))), axis=1)
    held = sums[:, wide:] - sums[:, :-wide]
    # Of windows that hold about the same the middle one: a subject stands in the middle of its crop.
    good = held >= held.max(axis=1, keepdims=True) * 0.985
    lefts = (good * np.arange(good.shape[1])).sum(axis=1) / good.sum(axis=1) / count
    shares = held.max(axis=1) / np.maximum(columns.sum(axis=1), 1e-6)
    return np.asarray(lefts, np.float32), np.asarray(shares, np.float32)


def _in_shot(lefts: Picture, first: int, last: int, window: float) -> list[Move]:
    """A jump to where the shot's subject is, then the moves that follow it."""
    looks = range(-(-first // EVERY), max(-(-first // EVERY) + 1, -(-last // EVERY)))
    known = [min(one, len(lefts) - 1) for one in looks]
    places = [float(np.median(lefts[_near(known, at)])) for at in range(len(known))]
    moves = [Move(first, first, places[0])]
    at = 0
    while (away := _strayed(places, at, moves[-1].place, window)) is not None:
        settled = _settled(places, away, window)
        place = float(np.median(places[settled : settled + 2 * _AROUND]))
        moves.append(_move(known[away] * EVERY, known[settled] * EVERY, place, moves[-1], window))
        at = max(settled, moves[-1].last // EVERY - known[0]) + 1
    return [one for one in moves if one.last <= last]


def _near(known: list[int], at: int) -> list[int]:
    return known[max(0, at - _AROUND) : at + _AROUND + 1]


def _strayed(places: list[float], start: int, from_place: float, window: float) -> int | None:
    """The first look from which on the subject is away for a second."""
    is_away = [abs(place - from_place) > _STRAY * window for place in places]
    found = (at for at in range(start, len(places) - _AROUND) if all(is_away[at : at + _AROUND]))
    return next(found, None)


def _settled(places: list[float], start: int, window: float) -> int:
    """The look at which the subject stands still again, or that is the last one."""
    for at in range(start, len(places) - _AROUND):
        near = places[at : at + _AROUND + 1]
        if max(near) - min(near) < _STRAY * window / 2:
            return at
    return len(places) - 1


def _move(first: int, last: int, place: float, before: Move, window: float) -> Move:
    """Begun early enough that it isn't hasty, and never before the last one has ended."""
    least = max(_SLOWEST, abs(place - before.place) / (window * _SPEED)) * FPS
    middle = (first + last) / 2
    begins = max(before.last, round(middle - max(least, last - first) / 2))
    return Move(begins, begins + round(max(least, last - first)), place)
