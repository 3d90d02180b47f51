"""Curves: smooth SVG paths through points."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

from generation.seeds import seeded_random_between

CurvePoint: TypeAlias = tuple[float, float]
CurvePoints: TypeAlias = Sequence[CurvePoint]


def parse_points(text: str) -> CurvePoints:
    """Return the points in a text: pairs of numbers such as `0,140`, separated by blanks."""
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x), float(y)) for x, y in pairs)


def mirror_half_shape(right: CurvePoints) -> list[CurvePoint]:
    """Return the points of a symmetric closed shape from its right half, which begins and ends on the middle column."""
    return [*right, *((-x, y) for x, y in reversed(right) if x)]


def mirror_half_line(right: CurvePoints) -> list[CurvePoint]:
    """Return the points of a symmetric open line from its right half, which begins on the middle column."""
    return [*((-x, y) for x, y in reversed(right) if x), *right]


def pair_points_with_mirror_image(right: CurvePoints) -> tuple[CurvePoints, CurvePoints]:
    """Return the points of a shape on the right side, and those of its mirror image on the left."""
    return right, mirror_points_horizontally(right)


def mirror_points_horizontally(points: CurvePoints) -> list[CurvePoint]:
    return [(-x, y) for x, y in points]


def build_closed_svg_path(points: CurvePoints) -> str:
    """Return the SVG path of a smooth closed curve through all points."""
    count = len(points)
    around = [[points[(number + step) % count] for step in (-1, 0, 1, 2)] for number in range(count)]
    return f"M{_format_point(points[0])}{''.join(_cubic_curve_segment(*four) for four in around)}Z"


def build_open_svg_path(points: CurvePoints) -> str:
    """Return the SVG path of a smooth curve through all points, from the first to the last."""
    ends = [points[0], *points, points[-1]]
    fours = zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    return f"M{_format_point(points[0])}{''.join(_cubic_curve_segment(*four) for four in fours)}"


def join_curves_to_outline(*lines: CurvePoints) -> str:
    """Return an SVG path of curves, joined at corners into a closed outline.

    Each curve continues at the end of the previous one.
    """
    first, *rest = [build_open_svg_path(line) for line in lines]
    return first + "".join(f"L{line[1:]}" for line in rest) + "Z"


def _cubic_curve_segment(before: CurvePoint, start: CurvePoint, end: CurvePoint, after: CurvePoint) -> str:
    """Return the cubic segment of an SVG path from `start` to `end`, with tangents by Catmull-Rom."""
    first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
    second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
    return f"C{_format_point(first)} {_format_point(second)} {_format_point(end)}"


def _format_point(point: CurvePoint) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def oval_svg_path(center: CurvePoint, across: float, down: float) -> str:
    x, y = center
    half = f"a{across:.1f},{down:.1f} 0 1 1"
    return f"M{_format_point((x - across, y))}{half} {2 * across:.1f},0{half} {-2 * across:.1f},0Z"


def half_circle_svg_path(center: CurvePoint, radius: float, turn: int) -> str:
    """Return the SVG path of half of a circle, a little tilted: the upper half for turn 1, the lower one for -1."""
    x, y = center
    sweep = int(turn > 0)
    return f"M{_format_point((x - radius, y))}a{radius:.1f},{radius:.1f} 0 0 {sweep} {2 * radius:.1f},{-radius / 3:.1f}"


def points_along_line(points: CurvePoints, distance: float) -> Iterable[CurvePoint]:
    """Yield points on an open line through these points, at most `distance` apart, with both ends."""
    for (left, top), (right, bottom) in pairwise(points):
        steps = max(1, math.ceil(math.hypot(right - left, bottom - top) / distance))
        for step in range(steps):
            yield left + (right - left) * step / steps, top + (bottom - top) * step / steps
    yield points[-1]


def curl_discs_svg_path(points: CurvePoints, radius: float, seed: str) -> str:
    """Return the SVG path of discs of varying size along a line: the outline of curly hair."""
    discs = []
    for number, place in enumerate(points_along_line(points, radius * 1.05)):
        size = radius * seeded_random_between(0.82, 1.16, seed, f"curl {number}")
        discs.append(oval_svg_path(place, size, size))
    return "".join(discs)


def staggered_grid_points(points: CurvePoints, distance: float) -> Iterable[CurvePoint]:
    """Yield the points of a staggered grid inside a polygon, with some distance to its edge."""
    rows = range(round(min(y for _, y in points)), round(max(y for _, y in points)), round(distance * 0.84))
    for number, y in enumerate(rows):
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        x = left + (distance / 2 if number % 2 else 0.0)
        while x < right:
            if all(_is_in_polygon((x + side * distance * 0.45, y), points) for side in (-1, 1)):
                yield x, float(y)
            x += distance


def _is_in_polygon(point: CurvePoint, points: CurvePoints) -> bool:
    """Return whether a polygon contains a point: a ray to the right crosses an odd number of sides."""
    x, y = point
    crossed = False
    for (left, top), (right, bottom) in zip(points, [*points[1:], points[0]], strict=True):
        if (top > y) != (bottom > y) and x < left + (right - left) * (y - top) / (bottom - top):
            crossed = not crossed
    return crossed
