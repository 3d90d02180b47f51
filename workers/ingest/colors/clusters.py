"""Clusters of an image's pixels: its few colors, by the area of each."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from workers.ingest.colors.oklab import is_alike, is_neutral, is_white

#: Colors that are compared: pixels at edges and the noise of JPEG rank lower.
MAX_COLORS = 400
#: Share of the chromatic area that a cluster needs: a smaller one is another's edge.
MIN_CLUSTER_SHARE = 0.08
#: Share of the whole area that all chromatic colors need.
MIN_CHROMATIC_SHARE = 0.005
#: Number of a logo's largest clusters.
LOGO_CLUSTERS = 5
#: Their least share of the chromatic area; a photograph spreads over more clusters.
LOGO_SHARE = 0.75


class Cluster(NamedTuple):
    """Similar colors: the most frequent one, and the area of all in pixels."""

    color: str
    area: int


def main_colors(pixels: Counter[str]) -> list[str]:
    """Return the chromatic colors by area; without any, the main neutral one, unless that is white.

    A photograph has none.
    """
    all_clusters = find_clusters(pixels)
    chromatic = [cluster for cluster in all_clusters if not is_neutral(cluster.color)]
    chromatic_area = total_area(chromatic)
    if chromatic_area < MIN_CHROMATIC_SHARE * total_area(all_clusters):
        return [
            cluster.color
            for cluster in all_clusters
            if is_neutral(cluster.color) and not is_white(cluster.color)
        ][:1]
    large = [cluster for cluster in chromatic if cluster.area >= MIN_CLUSTER_SHARE * chromatic_area]
    return (
        [cluster.color for cluster in large]
        if total_area(large[:LOGO_CLUSTERS]) >= LOGO_SHARE * chromatic_area
        else []
    )


def find_clusters(pixels: Counter[str]) -> list[Cluster]:
    """Return the largest clusters first. Each color joins the most frequent color near it."""
    areas: dict[str, int] = {}
    ordered = sorted(pixels.items(), key=lambda item: (-item[1], item[0]))
    for color, count in ordered[:MAX_COLORS]:
        leader = next((known for known in areas if is_alike(known, color)), color)
        areas[leader] = areas.get(leader, 0) + count
    return sorted(
        (Cluster(*item) for item in areas.items()), key=lambda cluster: (-cluster.area, cluster.color)
    )


def total_area(among: Iterable[Cluster]) -> int:
    return sum(cluster.area for cluster in among)
