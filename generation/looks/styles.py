"""Styles of slides: the palette, the aspect and the direction as CSS in front of and behind a template's own."""

import re
from collections.abc import Mapping, Sequence

from generation.color import RGB
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.looks.contrast import INK_MARK_COLOR
from generation.looks.filling import TEXT_CLASS
from generation.looks.palette import LookPalette
from generation.spec import AspectRatio

#: Stylesheet that leaves only the ground of a slide.
WITHOUT_TEXTS_CSS = f".{TEXT_CLASS}{{color:rgba(0,0,0,0) !important}}"
#: Stylesheet that draws all texts in one color.
MARKED_TEXTS_CSS = f".{TEXT_CLASS}{{color:rgb{INK_MARK_COLOR} !important}}"

#: Class of a slide's root.
SLIDE_CLASS = "slide"
#: Class of a slide in a script with stacked marks that templates don't know, such as Thai.
STACKED_CLASS = "stacked"
_BASE_CSS = (
    ".is-framed{border-width:0;background:rgba(0,0,0,0);box-shadow:none} "
    f"div,span,img{{box-sizing:border-box}} .{TEXT_CLASS}{{flex-shrink:0;text-wrap:wrap}} "
    f".cjk .{TEXT_CLASS}{{word-break:keep-all}} "
    f".{STACKED_CLASS} .{TEXT_CLASS}{{line-height:1.45 !important;letter-spacing:0px !important}}"
)
_MIRRORED_SIDE_PATTERN = re.compile(
    r"(?<![\w-])((?:margin|padding|border(?:-top|-bottom)?)-)?(left|right)((?:-(?:width|color|style|radius))?)(?=\s*:)"
)
#: Margins of the safe zone of 9:16, which is not symmetric: a rail of buttons lies at the right in all languages.
_MIRRORED_SAFE_MARGINS = {("left", "84"): 140, ("right", "140"): 84}
_SAFE_MARGIN_PATTERN = re.compile(r"(?<![\w-])(left|right):(84|140)px(?=[;}])")
_MIRRORED_VALUE_PATTERN = re.compile(r"((?:text-align|transform-origin|float)\s*:\s*)(left|right)\b")
_ROTATION_PATTERN = re.compile(r"(rotate|skewX?|translateX)\(\s*(-?)")


def mirror_stylesheet(css: str) -> str:
    """Return a stylesheet for right-to-left pages: sides, alignments and rotations mirrored."""
    other = {"left": "right", "right": "left"}
    css = _SAFE_MARGIN_PATTERN.sub(_mirror_safe_margin, css)
    css = _MIRRORED_SIDE_PATTERN.sub(lambda found: f"{found[1] or ''}{other[found[2]]}{found[3]}", css)
    css = _MIRRORED_VALUE_PATTERN.sub(lambda found: found[1] + other[found[2]], css)
    return _ROTATION_PATTERN.sub(lambda found: f"{found[1]}({'' if found[2] else '-'}", css)


def _mirror_safe_margin(found: re.Match[str]) -> str:
    margin = _MIRRORED_SAFE_MARGINS.get((found[1], found[2]))
    return found[0] if margin is None else f"{found[1]}:{margin}px"


def build_stylesheet(
    aspect: AspectRatio, palette: LookPalette, fallbacks: Mapping[str, Sequence[str]], *, scrim: float, words_top: float
) -> str:
    """Return the engine's own variables and sizes, which follow a template's styles.

    `fallbacks` are families by variable, `words_top` the top of the headline as a share of the height.
    """
    width, height = PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[aspect].size
    variables = {
        **{name.replace("_", "-"): _color_to_css(color) for name, color in palette._asdict().items()},
        **{name: ",".join(f'"{family}"' for family in families) for name, families in fallbacks.items()},
        "scrim": f"{scrim:.2f}",
        "words-top": f"{words_top * 100:.1f}%",
    }
    declared = "".join(f"--{name}:{value};" for name, value in variables.items())
    return (
        f"section{{{declared}position:relative;overflow:hidden;margin:0;width:{width}px;height:{height}px}} {_BASE_CSS}"
    )


def _color_to_css(color: RGB) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in color)
