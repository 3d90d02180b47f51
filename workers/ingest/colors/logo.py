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
from workers.ingest.shapes import Logo, ParsedDocument

#: Formats that Pillow may try: no other of its parsers sees the bytes.
IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "ICO")
#: Pixels that are unpacked at most.
MAX_PIXELS = 4 << 20
#: Longer side of the reduced image, in pixels.
MAX_SIDE_PX = 96
#: Opacity from which a pixel counts, of 255.
MIN_ALPHA = 200
#: Elements of an SVG; further ones are ignored.
MAX_ELEMENTS = 5_000
#: Declarations in each of its styles; further ones are ignored.
MAX_DECLARATIONS = 500
PAINTS = ("fill", "stroke", "stop-color")
PAINTED = re.compile(r"(?<![\w-])(?:fill|stroke|stop-color)\s*:\s*([^;{}!]{1,100})", re.IGNORECASE)
#: Confidence of the main color.
MAIN_CONFIDENCE = 0.60
#: Confidence of the other colors, less a step for each position.
OTHER_CONFIDENCE = 0.40
#: That step.
CONFIDENCE_STEP = 0.02
MAX_COLORS = 5


def read(logo: Logo) -> ParsedDocument:
    """Return the image's colors; an empty reading if it can't be read, or is no logo."""
    counts = count_svg_colors(logo.body) if is_drawing(logo.body) else count_pixels(logo.body)
    colors = main_colors(counts)[:MAX_COLORS]
    return ParsedDocument(
        candidates=[candidate(logo.url, color, position) for position, color in enumerate(colors)]
    )


def candidate(url: str, color: str, position: int) -> Candidate:
    role: ColorRole = "accent" if position else "primary"
    confidence = round(OTHER_CONFIDENCE - CONFIDENCE_STEP * position, 2) if position else MAIN_CONFIDENCE
    return Candidate(field="colors", value=[color], role=role, confidence=confidence, rule="logo", url=url)


def count_pixels(body: bytes) -> Counter[str]:
    """Count opaque pixels by color; nearly equal colors count as the most frequent one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `MAX_PIXELS` is our own limit.
            return merge_similar(read_pixels(body))
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, Image.DecompressionBombError):
        return Counter()


def read_pixels(body: bytes) -> Counter[tuple[int, ...]]:
    with Image.open(BytesIO(body), formats=IMAGE_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            return Counter()
        image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
        plain = image.convert("RGB") if image.mode == "CMYK" else image
        colored = plain.convert("RGBA")
        colored.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.NEAREST)
    values = colored.tobytes()
    each = zip(values[::4], values[1::4], values[2::4], values[3::4], strict=True)
    return Counter((red, green, blue) for red, green, blue, alpha in each if alpha >= MIN_ALPHA)


def merge_similar(counts: Counter[tuple[int, ...]]) -> Counter[str]:
    """Add up colors that agree in five bits of each channel, under the most frequent of them."""
    names: dict[tuple[int, ...], str] = {}
    merged = Counter[str]()
    for channels, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        name = names.setdefault(
            tuple(channel >> 3 for channel in channels), "#{:02x}{:02x}{:02x}".format(*channels)
        )
        merged[name] += count
    return merged


def count_svg_colors(body: bytes) -> Counter[str]:
    """Count the places of an SVG that paint with each color. Nothing is rendered, and no link is followed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return Counter()
    painted = () if root is None else (css_color.read(text) for text in paint_values(root))
    return Counter(color for color in painted if color)


def paint_values(root: etree._Element) -> Iterator[str]:
    for element in islice(root.iter("{*}*"), MAX_ELEMENTS):
        yield from filter(None, map(element.get, PAINTS))
        is_style = str(element.tag).rpartition("}")[2] == "style"
        for text in (element.get("style"), element.text if is_style else None):
            yield from islice((match[1] for match in PAINTED.finditer(text or "")), MAX_DECLARATIONS)
