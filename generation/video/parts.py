"""Parts of several scenes: the header, and objects that are drawn with their text before they move."""

from PIL import Image

from generation import paint
from generation.canvas import Canvas, DrawnLine
from generation.color import RGB
from generation.paint import Size
from generation.slides import tile
from generation.slides.byline import Byline
from generation.slides.kit import LABEL, TITLE, Kit
from generation.slides.parts import TILE
from generation.text.fitting import Block, TextBox
from generation.video.kinetic import Column, Kinetic
from generation.video.moving import Popping
from generation.video.scene import Stage, StartedText

#: Seconds, long before a scene begins: such an object is in place from the first frame on.
BEFORE_FIRST_FRAME_S = -9.0
_PILL = 50


def empty_canvas(kit: Kit) -> Canvas:
    """Return an empty picture to lay a scene out on."""
    return kit.page(Image.new("RGB", kit.frame.size))


def header(stage: Stage, canvas: Canvas) -> tuple[Popping, StartedText]:
    """Return the brand's tile and name, in the same place as on every slide."""
    kit, offset, top = stage.kit, TILE + 22, stage.kit.frame.top
    icon = tile_icon(stage, TILE, (canvas.start(0, TILE), top), starts=BEFORE_FIRST_FRAME_S)
    room = kit.column - offset
    block = kit.fit(kit.name, TextBox(room, TILE, 1), LABEL, (24, 40))
    column = Column(canvas.start(offset, room), top + (TILE - block.ascent) / 2, room)
    return icon, StartedText(
        Kinetic("name", block, column, kit.language, color=stage.ground.text), BEFORE_FIRST_FRAME_S
    )


def words(
    kit: Kit,
    name: str,
    block: Block,
    top: float,
    color: RGB,
    *,
    emphasis: RGB | None = None,
    middle: bool = False,
) -> Kinetic:
    """Return a text in the text column, or centered in the picture."""
    left, width = (kit.frame.inset, kit.middle) if middle else (kit.frame.left, kit.column)
    column = Column(left, top, width, "middle" if middle else "start")
    return Kinetic(name, block, column, kit.language, color=color, emphasis=emphasis)


def presenter_parts(
    stage: Stage, canvas: Canvas, signature: Byline, top: float, *, starts: float, middle: bool = False
) -> tuple[Popping, list[StartedText]]:
    """Return the presenter's portrait, and the name with the disclosure."""
    place, color = signature.place(canvas, top, middle=middle), stage.ground.text
    lines = (
        ("presenter", signature.name, place.name),
        ("disclosure", signature.disclosure, place.disclosure),
    )
    texts = [
        Kinetic(name, block, Column(*at, place.room), stage.kit.language, color=color)
        for name, block, at in lines
    ]
    return Popping(signature.disc(stage.ground), place.face, starts=starts), [
        StartedText(text, starts) for text in texts
    ]


def tile_icon(stage: Stage, side: int, place: Size, *, starts: float, blur: int = 0) -> Popping:
    """Return the brand's tile."""
    ground = stage.ground
    icon, edge = tile.add_rim(tile.tile(stage.kit, ground, side), ground.tints[0], ground.text)
    return Popping(icon, (place[0] - edge, place[1] - edge), starts=starts, blur=blur)


def pill(
    kit: Kit, text: str, *, center: tuple[float, float], colors: tuple[RGB, RGB]
) -> tuple[Image.Image, DrawnLine]:
    """Draw a button with its text in the second color. Return both."""
    block = kit.fit(text, TextBox(kit.middle - 2 * _PILL, _PILL * 2.2, 1), LABEL, (24, _PILL), 1.0)
    size = round(block.width + _PILL * 1.9), round(_PILL * 2.3)
    canvas = kit.page(Image.new("RGB", size, colors[0]))
    top = (size[1] - block.ascent) / 2
    canvas.set("pill", block, (0, top), size[0], color=colors[1], align="middle")
    return _cut_out(canvas, size[1] / 2, round(center[0] - size[0] / 2), round(center[1] - size[1] / 2))


def badge(
    kit: Kit, number: int, *, place: Size, side: int, colors: tuple[RGB, RGB]
) -> tuple[Image.Image, DrawnLine]:
    """Draw a number in the second color on a rounded square of the first."""
    canvas = kit.page(Image.new("RGB", (side, side), colors[0]))
    block = kit.fit(str(number), TextBox(side * 0.8, side, 1), TITLE, (16, round(side * 0.56)))
    top = (side - block.ascent) / 2
    canvas.set("number", block, (0, top), side, color=colors[1], align="middle")
    return _cut_out(canvas, side * 0.32, *place)


def _cut_out(canvas: Canvas, radius: float, left: int, top: int) -> tuple[Image.Image, DrawnLine]:
    """Round a picture's corners, and move its text's mark to its final place."""
    canvas.image.putalpha(paint.rounded(canvas.image.size, radius))
    (mark,) = canvas.marks
    x0, y0, x1, y1 = mark.box
    return canvas.image, mark._replace(box=(x0 + left, y0 + top, x1 + left, y1 + top))
