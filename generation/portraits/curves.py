"""Curves: smooth SVG paths through points."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

from generation.seeds import between

Point: TypeAlias = tuple[float, float]
Points: TypeAlias = Sequence[Point]


def points(text: str) -> Points:
    """Parse a table's points: pairs of numbers, separated by blanks."""
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x), float(y)) for x, y in pairs)


def mirrored(right: Points) -> list[Point]:
    """Mirror a half shape into a closed one; the half begins and ends on the middle column."""
    return [*right, *((-x, y) for x, y in reversed(right) if x)]


def mirrored_line(right: Points) -> list[Point]:
    """Mirror a half line into an open one; the half begins on the middle column."""
    return [*((-x, y) for x, y in reversed(right) if x), *right]


def both(right: Points) -> tuple[Points, Points]:
    """Return a shape on the right, and its mirror image."""
    return right, flipped(right)


def flipped(points: Points) -> list[Point]:
    return [(-x, y) for x, y in points]


def closed(points: Points) -> str:
    """Return a closed curve through all points."""
    count = len(points)
    around = [[points[(number + step) % count] for step in (-1, 0, 1, 2)] for number in range(count)]
    return f"M{_pair(points[0])}{''.join(_bend(*four) for four in around)}Z"


def opened(points: Points) -> str:
    """Return a curve from the first point to the last."""
    ends = [points[0], *points, points[-1]]
    fours = zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    return f"M{_pair(points[0])}{''.join(_bend(*four) for four in fours)}"


def joined(*lines: Points) -> str:
    """Join curves at corners into a closed outline; each curve continues at the end of the previous one."""
    first, *rest = [opened(line) for line in lines]
    return first + "".join(f"L{line[1:]}" for line in rest) + "Z"


def _bend(before: Point, start: Point, end: Point, after: Point) -> str:
    """Return a cubic segment with tangents from its neighbours (Catmull-Rom)."""
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
    """Return half of a circle: the upper half for turn 1, the lower one for -1."""
    x, y = center
    sweep = int(turn > 0)
    return (
        f"M{_pair((x - radius, y))}a{radius:.1f},{radius:.1f} 0 0 {sweep} {2 * radius:.1f},{-radius / 3:.1f}"
    )


def along(points: Points, distance: float) -> Iterable[Point]:
    """Yield points on the sides of an open line, at most `distance` apart."""
    for (left, top), (right, bottom) in pairwise(points):
        steps = max(1, math.ceil(math.hypot(right - left, bottom - top) / distance))
        for step in range(steps):
            yield left + (right - left) * step / steps, top + (bottom - top) * step / steps
    yield points[-1]


def curls(points: Points, radius: float, seed: str) -> str:
    """Return discs of varying size along a line: the outline of curls."""
    discs = []
    for number, place in enumerate(along(points, radius * 1.05)):
        size = radius * between(0.82, 1.16, seed, f"curl {number}")
        discs.append(oval(place, size, size))
    return "".join(discs)


def staggered_grid(points: Points, distance: float) -> Iterable[Point]:
    """Yield the points of a staggered grid inside a polygon, with some distance to its edge."""
    rows = range(round(min(y for _, y in points)), round(max(y for _, y in points)), round(distance * 0.84))
    for number, y in enumerate(rows):
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        x = left + (distance / 2 if number % 2 else 0.0)
        while x < right:
            if all(_inside((x + side * distance * 0.45, y), points) for side in (-1, 1)):
                yield x, float(y)
            x += distance


def _inside(point: Point, points: Points) -> bool:
    """Return whether a polygon contains a point: a ray to the right crosses an odd number of sides."""
    x, y = point
    crossed = False
    for (left, top), (right, bottom) in zip(points, [*points[1:], points[0]], strict=True):
        if (top > y) != (bottom > y) and x < left + (right - left) * (y - top) / (bottom - top):
            crossed = not crossed
    return crossed
