"""Color of CSS, in any of its notations, as `#rrggbb`.

tinycss2 parses them, so only the parsing process may import this module.
"""

import re
from functools import lru_cache
from math import isnan

from tinycss2.color4 import Color
from tinycss2.color5 import parse_color

from workers.ingest.colors.oklab import linear_to_srgb_channel

#: Characters of a color: an oklch() with ten digits each has some fifty.
MAX_COLOR_CHARS = 100
#: Opacity from which a color counts, and is not just a tint of the color below it.
MIN_COLOR_OPACITY = 0.95
#: Rows of the matrix from XYZ to linear sRGB, at a white of D65 and, by Bradford's adaptation, of D50.
ColorSpaceMatrix = tuple[tuple[float, float, float], ...]
XYZ_D65_TO_LINEAR_SRGB: ColorSpaceMatrix = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
XYZ_D50_TO_LINEAR_SRGB: ColorSpaceMatrix = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
#: Space of XYZ to which tinycss2 converts a space, with its matrix.
XYZ_TO_SRGB_MATRIX_BY_COLOR_SPACE = {
    "oklab": ("xyz-d65", XYZ_D65_TO_LINEAR_SRGB),
    "oklch": ("xyz-d65", XYZ_D65_TO_LINEAR_SRGB),
    "lab": ("xyz-d50", XYZ_D50_TO_LINEAR_SRGB),
    "lch": ("xyz-d50", XYZ_D50_TO_LINEAR_SRGB),
}
#: Default colors of a template, a framework or a browser, documented by each of them or written into a new
#: project. They don't describe the brand that kept them; a logo may have any of them.
IGNORED_FRAMEWORK_COLORS = frozenset(
    # Browsers: links, visited ones.
    """#0000ee #551a8b"""
    # Bootstrap 3, 4 and 5; Foundation, Bulma, UIkit, Semantic UI.
    """ #337ab7 #428bca #007bff #0d6efd #1779ba #00d1b2 #1e87f0 #2185d0"""
    # Material: baseline of 2 and 3, Angular's and MUI's; Vuetify, Quasar, Ionic, Ant Design, Element.
    """ #6200ee #03dac6 #6750a4 #3f51b5 #ff4081 #1976d2 #1867c0 #027be3 #3880ff #1890ff #1677ff #409eff"""
    # WordPress and its editor, Elementor, WooCommerce; Docusaurus, VuePress, VitePress, Material for MkDocs.
    """ #0073aa #007cba #2271b1 #3858e9 #6ec1e4 #61ce70 #96588a #7f54b3 #25c2a0 #2e8555 #3578e5 #3eaf7c
    #3451b2 #4051b5"""
    # Generators of icons and apps: for Windows' tiles and Safari's tabs, of Vue, React and Google.
    """ #da532c #2b5797 #5bbad5 #00aba9 #9f00a7 #603cba #b91d47 #2d89ef #1e7145 #00a300 #e3a21a #99b433
    #ffc40d #7e3878 #ee1111 #4dba87 #317efb #4285f4 #3367d6""".split()
)
#: Three channels alone, which other rules put into a function: `222 47% 11%`, `37, 99, 235`.
BARE_HSL_PATTERN = re.compile(r"-?[\d.]+(?:deg)?[\s,]+[\d.]+%[\s,]+[\d.]+%")
BARE_RGB_PATTERN = re.compile(r"\d{1,3}[\s,]+\d{1,3}[\s,]+\d{1,3}")


@lru_cache(4_000)
def parse_css_color(text: str) -> str | None:
    """Return a CSS color as `#rrggbb`; None for another text, one that isn't opaque or is of a wide color space."""
    text = text.strip()
    if not 0 < len(text) <= MAX_COLOR_CHARS:
        return None
    try:
        color = parse_color(wrap_bare_channels_in_css_function(text))
    except (ValueError, ArithmeticError):  # A `color()` without a space, or infinite channels.
        return None
    channels = (
        convert_css_to_srgb_channels(color) if isinstance(color, Color) and color.alpha >= MIN_COLOR_OPACITY else None
    )
    if channels is None or any(map(isnan, channels)):
        return None
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, channel))):02x}" for channel in channels)


def parse_non_default_color(text: str) -> str | None:
    """Return a CSS color as `#rrggbb`; None for any other text, or a color that isn't opaque.

    Return None too for a default in `IGNORED_FRAMEWORK_COLORS`, which the brand only kept.
    """
    color = parse_css_color(text)
    return None if color in IGNORED_FRAMEWORK_COLORS else color


def wrap_bare_channels_in_css_function(text: str) -> str:
    name = "hsl" if BARE_HSL_PATTERN.fullmatch(text) else "rgb" if BARE_RGB_PATTERN.fullmatch(text) else None
    return f"{name}({' '.join(text.replace(',', ' ').split())})" if name else text


def convert_css_to_srgb_channels(color: Color) -> tuple[float, ...] | None:
    """Convert a parsed color to its sRGB channels, each from 0 to 1.

    Return None for a space that few screens show in full, such as Display P3.
    """
    if color.space in {"srgb", "hsl", "hwb"}:
        return tuple(color.to("srgb").coordinates)
    if color.space in XYZ_TO_SRGB_MATRIX_BY_COLOR_SPACE:
        space, matrix = XYZ_TO_SRGB_MATRIX_BY_COLOR_SPACE[color.space]
        xyz = color.to(space).coordinates
        return tuple(linear_to_srgb_channel(sum(a * b for a, b in zip(row, xyz, strict=True))) for row in matrix)
    return None
