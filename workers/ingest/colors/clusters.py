"""Clusters of an image's pixels: its few colors, by the area of each."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from workers.ingest.colors.oklab import is_alike, is_neutral, is_white

#: Colors that are compared: pixels at edges and the noise of JPEG rank lower.
COMPARED = 400
#: Share of the chromatic area that a cluster needs (a smaller one is another's edge), and share of the whole
#: area that all chromatic colors need.
PART, SPECK = 0.08, 0.005
#: A logo's largest clusters, and their least share of the chromatic area; a photograph has more clusters.
FEW, PHOTO = 5, 0.75


class Cluster(NamedTuple):
    """Similar colors: the most frequent one, and the area of all in pixels."""

    color: str
    area: int


def main_colors(pixels: Counter[str]) -> list[str]:
    """Return the chromatic colors by area; without any, the main neutral one, unless that is white.

    A photograph has none.
    """
    found = clusters(pixels)
    chromatic = [one for one in found if not is_neutral(one.color)]
    colored = area(chromatic)
    if colored < SPECK * area(found):
        return [one.color for one in found if is_neutral(one.color) and not is_white(one.color)][:1]
    large = [one for one in chromatic if one.area >= PART * colored]
    return [one.color for one in large] if area(large[:FEW]) >= PHOTO * colored else []


def clusters(pixels: Counter[str]) -> list[Cluster]:
    """Return the largest clusters first. Each color joins the most frequent color near it."""
    found: dict[str, int] = {}
    ordered = sorted(pixels.items(), key=lambda one: (-one[1], one[0]))
    for color, count in ordered[:COMPARED]:
        leader = next((one for one in found if is_alike(one, color)), color)
        found[leader] = found.get(leader, 0) + count
    return sorted((Cluster(*one) for one in found.items()), key=lambda one: (-one.area, one.color))


def area(found: Iterable[Cluster]) -> int:
    return sum(one.area for one in found)
