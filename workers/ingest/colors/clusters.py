"""Clusters of a picture's pixels: its few colors, by the area that each has."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from workers.ingest.colors.oklab import is_alike, is_neutral, is_white

#: Colors that are compared: pixels at edges and the noise of JPEG come after those.
COMPARED = 400
#: Part of the chromatic area that a cluster needs, or it is another one's edge; and of the whole area that
#: the chromatic one needs.
PART, SPECK = 0.08, 0.005
#: Clusters with so large a part each are a logo's; a photograph spreads over more of them.
FEW, PHOTO = 5, 0.75


class Cluster(NamedTuple):
    """Colors that look alike: the most frequent one, and the area of all in pixels."""

    color: str
    area: int


def main_colors(pixels: Counter[str]) -> list[str]:
    """The chromatic colors by area; of a picture without any its main neutral one, unless that is white.

    None of a photograph.
    """
    found = clusters(pixels)
    chromatic = [one for one in found if not is_neutral(one.color)]
    colored = area(chromatic)
    if colored < SPECK * area(found):
        return [one.color for one in found if is_neutral(one.color) and not is_white(one.color)][:1]
    large = [one for one in chromatic if one.area >= PART * colored]
    return [one.color for one in large] if area(large[:FEW]) >= PHOTO * colored else []


def clusters(pixels: Counter[str]) -> list[Cluster]:
    """The largest first. Each color joins the most frequent one that it is near to."""
    found: dict[str, int] = {}
    ordered = sorted(pixels.items(), key=lambda one: (-one[1], one[0]))
    for color, count in ordered[:COMPARED]:
        leader = next((one for one in found if is_alike(one, color)), color)
        found[leader] = found.get(leader, 0) + count
    return sorted((Cluster(*one) for one in found.items()), key=lambda one: (-one.area, one.color))


def area(found: Iterable[Cluster]) -> int:
    return sum(one.area for one in found)
