"""Colors of a logo's image, read in the parsing process: pixels by Pillow, SVG by attributes."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from lxml import etree
from PIL import Image

from schemas.brand import Candidate, ColorRole
from workers.ingest.colors import css_color
from workers.ingest.colors.clusters import main_colors
from workers.ingest.pictures.measure import is_drawing
from workers.ingest.shapes import Logo, Reading

#: Formats that Pillow may try: no other of its parsers sees the bytes.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "ICO")
#: Pixels that are unpacked at most, and the longer side of the reduced image.
PIXELS, SIDE = 4 << 20, 96
#: Opacity from which a pixel counts, of 255.
OPAQUE = 200
#: Elements of an SVG that are read, and declarations in each of its styles.
ELEMENTS, DECLARATIONS = 5_000, 500
PAINTS = ("fill", "stroke", "stop-color")
PAINTED = re.compile(r"(?<![\w-])(?:fill|stroke|stop-color)\s*:\s*([^;{}!]{1,100})", re.IGNORECASE)
#: Confidence of the main color, and of the others, each a little lower than the previous one.
MAIN, OTHER, STEP = 0.60, 0.40, 0.02
MOST = 5


def read(logo: Logo) -> Reading:
    """Return the image's colors; an empty reading if it can't be read, or is no logo."""
    counted = vector(logo.body) if is_drawing(logo.body) else raster(logo.body)
    found = main_colors(counted)[:MOST]
    return Reading(candidates=[candidate(logo.url, color, place) for place, color in enumerate(found)])


def candidate(url: str, color: str, place: int) -> Candidate:
    role: ColorRole = "accent" if place else "primary"
    confidence = round(OTHER - STEP * place, 2) if place else MAIN
    return Candidate(field="colors", value=[color], role=role, confidence=confidence, rule="logo", url=url)


def raster(body: bytes) -> Counter[str]:
    """Count opaque pixels by color; nearly equal colors count as the most frequent one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `PIXELS` is our own limit.
            return together(pixels(body))
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, Image.DecompressionBombError):
        return Counter()


def pixels(body: bytes) -> Counter[tuple[int, ...]]:
    with Image.open(BytesIO(body), formats=FORMATS) as image:
        if image.width * image.height > PIXELS:
            return Counter()
        image.draft("RGB", (SIDE, SIDE))
        plain = image.convert("RGB") if image.mode == "CMYK" else image
        colored = plain.convert("RGBA")
        colored.thumbnail((SIDE, SIDE), Image.Resampling.NEAREST)
    values = colored.tobytes()
    each = zip(values[::4], values[1::4], values[2::4], values[3::4], strict=True)
    return Counter((red, green, blue) for red, green, blue, alpha in each if alpha >= OPAQUE)


def together(counted: Counter[tuple[int, ...]]) -> Counter[str]:
    """Add up colors that agree in five bits of each channel, under the most frequent of them."""
    names: dict[tuple[int, ...], str] = {}
    found = Counter[str]()
    for channels, count in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        name = names.setdefault(tuple(one >> 3 for one in channels), "#{:02x}{:02x}{:02x}".format(*channels))
        found[name] += count
    return found


def vector(body: bytes) -> Counter[str]:
    """Count the places of an SVG that paint with each color. Nothing is rendered, and no link is followed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return Counter()
    painted = () if root is None else (css_color.read(text) for text in paints(root))
    return Counter(color for color in painted if color)


def paints(root: etree._Element) -> Iterator[str]:
    for element in islice(root.iter("{*}*"), ELEMENTS):
        yield from filter(None, map(element.get, PAINTS))
        is_style = str(element.tag).rpartition("}")[2] == "style"
        for text in (element.get("style"), element.text if is_style else None):
            yield from islice((found[1] for found in PAINTED.finditer(text or "")), DECLARATIONS)
