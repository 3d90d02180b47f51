"""Curves: smooth paths through points, as SVG writes them."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

from generation.seeds import between

Point: TypeAlias = tuple[float, float]
Points: TypeAlias = Sequence[Point]


def points(text: str) -> Points:
    """Points as tables have them: pairs of numbers, a blank between two."""
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x), float(y)) for x, y in pairs)


def mirrored(right: Points) -> list[Point]:
    """A shape of its right half, which begins and ends on the middle column."""
    return [*right, *((-x, y) for x, y in reversed(right) if x)]


def mirrored_line(right: Points) -> list[Point]:
    """An open line of its right half, which begins on the middle column."""
    return [*((-x, y) for x, y in reversed(right) if x), *right]


def both(right: Points) -> tuple[Points, Points]:
    """A shape on the right, and its mirror image."""
    return right, flipped(right)


def flipped(points: Points) -> list[Point]:
    return [(-x, y) for x, y in points]


def closed(points: Points) -> str:
    """A closed curve through all points."""
    count = len(points)
    around = [[points[(number + step) % count] for step in (-1, 0, 1, 2)] for number in range(count)]
    return f"M{_pair(points[0])}{''.join(_bend(*four) for four in around)}Z"


def opened(points: Points) -> str:
    """A curve from the first point to the last."""
    ends = [points[0], *points, points[-1]]
    fours = zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    return f"M{_pair(points[0])}{''.join(_bend(*four) for four in fours)}"


def joined(*lines: Points) -> str:
    """A closed outline of curves that meet in corners, each from where the one before ended."""
    first, *others = [opened(line) for line in lines]
    return first + "".join(f"L{line[1:]}" for line in others) + "Z"


def _bend(before: Point, start: Point, end: Point, after: Point) -> str:
    """A cubic piece, with the directions that its neighbours give it."""
    first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
    second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
    return f"C{_pair(first)} {_pair(second)} {_pair(end)}"


def _pair(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def oval(center: Point, across: float, down: float) -> str:
    x, y = center
    half = f"a{across:.1f},{down:.1f} 0 1 1"
    return f"M{_pair((x - across, y))}{half} {2 * across:.1f},0{half} {-2 * across:.1f},0Z"


def arc(center: Point, radius: float, turn: int) -> str:
    """Half of a circle, its upper one for a turn of 1 and its lower one for -1."""
    x, y = center
    sweep = int(turn > 0)
    return (
        f"M{_pair((x - radius, y))}a{radius:.1f},{radius:.1f} 0 0 {sweep} {2 * radius:.1f},{-radius / 3:.1f}"
    )


def along(points: Points, distance: float) -> Iterable[Point]:
    """Points on the sides of an open line, as far from each other as the distance at most."""
    for (left, top), (right, bottom) in pairwise(points):
        steps = max(1, math.ceil(math.hypot(right - left, bottom - top) / distance))
        for step in range(steps):
            yield left + (right - left) * step / steps, top + (bottom - top) * step / steps
    yield points[-1]


def curls(points: Points, radius: float, seed: str) -> str:
    """Discs along a line, each a little larger or smaller: the outline of curls."""
    discs = []
    for number, place in enumerate(along(points, radius * 1.05)):
        size = radius * between(0.82, 1.16, seed, f"curl {number}")
        discs.append(oval(place, size, size))
    return "".join(discs)


def scattered(points: Points, distance: float) -> Iterable[Point]:
    """Points of a grid whose rows are shifted by turns, those inside of a polygon and not at its edge."""
    rows = range(round(min(y for _, y in points)), round(max(y for _, y in points)), round(distance * 0.84))
    for number, y in enumerate(rows):
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        x = left + (distance / 2 if number % 2 else 0.0)
        while x < right:
            if all(_inside((x + side * distance * 0.45, y), points) for side in (-1, 1)):
                yield x, float(y)
            x += distance


def _inside(point: Point, points: Points) -> bool:
    """A point whose ray to the right crosses the sides of a polygon an odd number of times is in it."""
    x, y = point
    crossed = False
    for (left, top), (right, bottom) in zip(points, [*points[1:], points[0]], strict=True):
        if (top > y) != (bottom > y) and x < left + (right - left) * (y - top) / (bottom - top):
            crossed = not crossed
    return crossed
