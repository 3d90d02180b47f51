"""Sketch: builder of an SVG drawing, shape over shape."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import resvg_py
from PIL import Image

from generation.color import RGB
from generation.portraits.curves import CurvePoint

#: Units of a side.
SKETCH_SIDE_UNITS = 1000


class SvgSketch:
    """SVG under construction: shapes are SVG paths, fills are colours or results of the gradient methods."""

    def __init__(self) -> None:
        self._definitions: list[str] = []
        self._body: list[str] = []

    def draw_shape(self, path: str, fill: RGB | str, *, opacity: float = 1.0) -> None:
        self._body.append(f'<path d="{path}" fill="{_color_to_svg(fill)}" fill-opacity="{opacity:.3g}"/>')

    def draw_curve(self, path: str, color: RGB | str, width: float, *, opacity: float = 1.0) -> None:
        """Draw a line along an SVG path, with round ends."""
        self._body.append(
            f'<path d="{path}" fill="none" stroke="{_color_to_svg(color)}" stroke-width="{width:.1f}" '
            f'stroke-opacity="{opacity:.3g}" stroke-linecap="round" stroke-linejoin="round"/>'
        )

    @contextmanager
    def clip_drawn_shapes(self, *paths: str) -> Iterator[None]:
        """Clip all shapes that the `with` block draws to the paths."""
        shapes = "".join(f'<path d="{path}"/>' for path in paths)
        name = self._add_definition("clipPath", "", shapes)
        self._body.append(f'<g clip-path="url(#{name})">')
        yield
        self._body.append("</g>")

    @contextmanager
    def rotate_drawn_shapes(self, degrees: float, center: CurvePoint) -> Iterator[None]:
        self._body.append(f'<g transform="rotate({degrees:.2f} {center[0]:.1f} {center[1]:.1f})">')
        yield
        self._body.append("</g>")

    @contextmanager
    def scale_and_move_drawn_shapes(self, factor: float, down: float) -> Iterator[None]:
        """Scale all shapes that the `with` block draws by a factor, then move them down."""
        self._body.append(f'<g transform="translate(0 {down:.1f}) scale({factor:.3f})">')
        yield
        self._body.append("</g>")

    def define_horizontal_gradient(self, ends: tuple[float, float], *stops: tuple[RGB, float]) -> str:
        """Define a gradient from left to right in the SVG, and return its fill.

        The stops are colors with their opacities, evenly spaced.
        """
        place = f'x1="{ends[0]:.0f}" x2="{ends[1]:.0f}" y1="0" y2="0"'
        return self._define_gradient("linearGradient", place, stops)

    def define_vertical_gradient(self, ends: tuple[float, float], *stops: tuple[RGB, float]) -> str:
        """Define a gradient of evenly spaced colors with opacities, from top to bottom, in the SVG; return its fill."""
        place = f'x1="0" x2="0" y1="{ends[0]:.0f}" y2="{ends[1]:.0f}"'
        return self._define_gradient("linearGradient", place, stops)

    def define_radial_gradient(self, center: CurvePoint, radius: float, *stops: tuple[RGB, float]) -> str:
        """Define a radial gradient of evenly spaced colors with opacities from a point, in the SVG; return its fill."""
        place = f'cx="{center[0]:.0f}" cy="{center[1]:.0f}" r="{radius:.0f}"'
        return self._define_gradient("radialGradient", place, stops)

    def _define_gradient(self, kind: str, place: str, stops: Iterable[tuple[RGB, float]]) -> str:
        colors = list(stops)
        inner = "".join(
            f'<stop offset="{number / (len(colors) - 1):.3g}" stop-color="{_color_to_svg(color)}" '
            f'stop-opacity="{opacity:.3g}"/>'
            for number, (color, opacity) in enumerate(colors)
        )
        name = self._add_definition(kind, f'gradientUnits="userSpaceOnUse" {place}', inner)
        return f"url(#{name})"

    def _add_definition(self, kind: str, attributes: str, inner: str) -> str:
        name = f"d{len(self._definitions)}"
        self._definitions.append(f'<{kind} id="{name}" {attributes}>{inner}</{kind}>')
        return name

    def render_image(self, side: int) -> Image.Image:
        """Return the drawing as a square image of `side` pixels, antialiased on a transparent ground."""
        defined, drawn = "".join(self._definitions), "".join(self._body)
        written = (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="{-SKETCH_SIDE_UNITS // 2} 0 {SKETCH_SIDE_UNITS} {SKETCH_SIDE_UNITS}">'
            f"<defs>{defined}</defs>{drawn}</svg>"
        )
        png = resvg_py.svg_to_bytes(svg_string=written, skip_system_fonts=True, width=side, height=side)
        return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def _color_to_svg(color: RGB | str) -> str:
    return color if isinstance(color, str) else "#{:02x}{:02x}{:02x}".format(*color)
