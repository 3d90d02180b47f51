"""Colors of a logo's image, read in the parsing process: pixels by Pillow, SVG by attributes.

Similar pixels are one cluster, and a color ranks by the area of its cluster.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain, islice, repeat
from typing import NamedTuple

from lxml import etree
from PIL import Image

from schemas.brand import ColorRole, FieldCandidate
from workers.ingest.colors import css_color
from workers.ingest.colors.oklab import is_neutral_color, is_similar_color, is_white
from workers.ingest.pictures.measure import is_svg_file
from workers.ingest.shapes import FetchedLogo, ParsedNonPageDoc

#: Formats that Pillow may try: no other of its parsers sees the bytes.
FETCHED_LOGO_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "ICO")
MAX_LOGO_PIXELS = 4 << 20
#: Longer side of the reduced image, in pixels.
REDUCED_LOGO_SIDE_PX = 96
#: Opacity from which a pixel counts, of 255.
MIN_LOGO_PIXEL_ALPHA = 200
MAX_SVG_ELEMENTS = 5_000
#: Declarations in each of its styles; further ones are ignored.
MAX_SVG_STYLE_DECLARATIONS = 500
SVG_PAINT_ATTRIBUTES = ("fill", "stroke", "stop-color")
SVG_PAINT_PATTERN = re.compile(r"(?<![\w-])(?:fill|stroke|stop-color)\s*:\s*([^;{}!]{1,100})", re.IGNORECASE)
#: Confidence of the main color, and of up to four others in their order.
LOGO_COLOR_CONFIDENCES = (0.60, 0.38, 0.36, 0.34, 0.32)
#: Colors that are compared: pixels at edges and the noise of JPEG rank lower.
MAX_CLUSTERED_LOGO_COLORS = 400
#: Share of the chromatic area that a cluster needs: a smaller one is another's edge.
MIN_COLOR_CLUSTER_SHARE = 0.08
#: Share of the whole area that all chromatic colors need.
MIN_LOGO_CHROMATIC_AREA_SHARE = 0.005
#: Number of a logo's largest clusters.
SUMMED_TOP_LOGO_CLUSTER_COUNT = 5
#: Their least share of the chromatic area; a photograph spreads over more clusters.
MIN_LARGEST_LOGO_CLUSTERS_SHARE = 0.75


def extract_main_colors(logo: FetchedLogo) -> ParsedNonPageDoc:
    """Return a logo's main colors as candidates, the main color first.

    Return no candidates for a file that can't be read, or that is no logo, such as a photograph.
    """
    counts = count_svg_colors(logo.body) if is_svg_file(logo.body) else count_pixel_colors(logo.body)
    roles: chain[ColorRole] = chain(["primary"], repeat("accent"))
    scored = zip(choose_main_logo_colors(counts), LOGO_COLOR_CONFIDENCES, roles, strict=False)
    return ParsedNonPageDoc(
        candidates=[
            FieldCandidate(field="colors", value=[color], role=role, confidence=confidence, rule="logo", url=logo.url)
            for color, confidence, role in scored
        ]
    )


def count_pixel_colors(body: bytes) -> Counter[str]:
    """Count an image's opaque pixels by color; nearly equal colors count as the most frequent one.

    Return an empty counter for an image that is broken or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `MAX_LOGO_PIXELS` is our own limit.
            return merge_similar_pixel_colors(count_opaque_pixels_by_rgb(body))
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, Image.DecompressionBombError):
        return Counter()


def count_opaque_pixels_by_rgb(body: bytes) -> Counter[tuple[int, ...]]:
    with Image.open(BytesIO(body), formats=FETCHED_LOGO_FORMATS) as image:
        if image.width * image.height > MAX_LOGO_PIXELS:
            return Counter()
        image.draft("RGB", (REDUCED_LOGO_SIDE_PX, REDUCED_LOGO_SIDE_PX))
        plain = image.convert("RGB") if image.mode == "CMYK" else image
        colored = plain.convert("RGBA")
        colored.thumbnail((REDUCED_LOGO_SIDE_PX, REDUCED_LOGO_SIDE_PX), Image.Resampling.NEAREST)
    values = colored.tobytes()
    each = zip(values[::4], values[1::4], values[2::4], values[3::4], strict=True)
    return Counter((red, green, blue) for red, green, blue, alpha in each if alpha >= MIN_LOGO_PIXEL_ALPHA)


def merge_similar_pixel_colors(counts: Counter[tuple[int, ...]]) -> Counter[str]:
    """Add up the pixels of colors that agree in the upper five bits of each channel.

    Return the counts by `#rrggbb` of the most frequent color of each group.
    """
    names: dict[tuple[int, ...], str] = {}
    merged = Counter[str]()
    for channels, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        name = names.setdefault(tuple(channel >> 3 for channel in channels), "#{:02x}{:02x}{:02x}".format(*channels))
        merged[name] += count
    return merged


def count_svg_colors(body: bytes) -> Counter[str]:
    """Count the places of an SVG that paint with each color; return the counts by `#rrggbb`.

    Of a broken file, count the readable part, if any. Nothing is rendered, and no link is followed.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return Counter()
    painted = () if root is None else (css_color.parse_css_color(text) for text in find_svg_paint_values(root))
    return Counter(color for color in painted if color)


def find_svg_paint_values(root: etree._Element) -> Iterator[str]:
    for element in islice(root.iter("{*}*"), MAX_SVG_ELEMENTS):
        yield from filter(None, map(element.get, SVG_PAINT_ATTRIBUTES))
        is_style = str(element.tag).rpartition("}")[2] == "style"
        for text in (element.get("style"), element.text if is_style else None):
            yield from islice(
                (match[1] for match in SVG_PAINT_PATTERN.finditer(text or "")), MAX_SVG_STYLE_DECLARATIONS
            )


class ColorCluster(NamedTuple):
    """Similar colors: the most frequent one, and the area of all in pixels."""

    color: str
    area: int


def choose_main_logo_colors(pixels: Counter[str]) -> list[str]:
    """Return a logo's larger chromatic colors by area; with hardly any, the largest neutral one that isn't white.

    Return an empty list for a photograph: its colors spread over many clusters.
    """
    all_clusters = find_color_clusters(pixels)
    chromatic = [cluster for cluster in all_clusters if not is_neutral_color(cluster.color)]
    chromatic_area = sum_cluster_areas(chromatic)
    if chromatic_area < MIN_LOGO_CHROMATIC_AREA_SHARE * sum_cluster_areas(all_clusters):
        neutral = (cluster.color for cluster in all_clusters if is_neutral_color(cluster.color))
        return [color for color in neutral if not is_white(color)][:1]
    large = [cluster for cluster in chromatic if cluster.area >= MIN_COLOR_CLUSTER_SHARE * chromatic_area]
    is_logo = (
        sum_cluster_areas(large[:SUMMED_TOP_LOGO_CLUSTER_COUNT]) >= MIN_LARGEST_LOGO_CLUSTERS_SHARE * chromatic_area
    )
    return [cluster.color for cluster in large] if is_logo else []


def find_color_clusters(pixels: Counter[str]) -> list[ColorCluster]:
    """Group pixel counts into clusters of similar colors; return the clusters, the largest first.

    Each color joins the most frequent color near it.
    """
    areas: dict[str, int] = {}
    ordered = sorted(pixels.items(), key=lambda item: (-item[1], item[0]))
    for color, count in ordered[:MAX_CLUSTERED_LOGO_COLORS]:
        leader = next((known for known in areas if is_similar_color(known, color)), color)
        areas[leader] = areas.get(leader, 0) + count
    return sorted((ColorCluster(*item) for item in areas.items()), key=lambda cluster: (-cluster.area, cluster.color))


def sum_cluster_areas(among: Iterable[ColorCluster]) -> int:
    return sum(cluster.area for cluster in among)
