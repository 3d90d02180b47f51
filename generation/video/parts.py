"""Parts of several scenes: the header, and objects that are drawn with their text before they move."""

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.color import RGB
from generation.outputs import MeasuredDrawnTextLine
from generation.paint import PixelSize
from generation.slides import tile
from generation.slides.byline import PresenterByline
from generation.slides.kit import LABEL_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.slides.parts import HEADER_TILE_SIDE_PX, fit_pill_text
from generation.text.fitting import TextBox, TypesetBlock
from generation.video.kinetic import KineticText, TextBlockPlacement
from generation.video.moving import PoppingPicture
from generation.video.scene import ScheduledText, VideoSceneColorsAndDuration

#: Seconds, long before a scene begins: such an object is in place from the first frame on.
OBJECT_START_BEFORE_SCENE_S = -9.0
_PILL_FONT_SIZE_PX = 50


def scene_layout_canvas(kit: SlideKit) -> Canvas:
    """Return a canvas of the frame's size without a ground, to lay a video's scene out on."""
    return kit.create_canvas_on_image(Image.new("RGB", kit.frame.size))


def build_scene_header(stage: VideoSceneColorsAndDuration, canvas: Canvas) -> tuple[PoppingPicture, ScheduledText]:
    """Return the brand's tile and name for a video's scene, in the same place as on every slide."""
    kit, offset, top = stage.kit, HEADER_TILE_SIDE_PX + 22, stage.kit.frame.top
    icon = build_popping_brand_tile(
        stage,
        HEADER_TILE_SIDE_PX,
        (canvas.x_from_safe_zone_edge(0, HEADER_TILE_SIDE_PX), top),
        starts=OBJECT_START_BEFORE_SCENE_S,
    )
    room = kit.safe_width - offset
    block = kit.fit_text(kit.name, TextBox(room, HEADER_TILE_SIDE_PX, 1), LABEL_FONT_STYLE, (24, 40))
    column = TextBlockPlacement(
        canvas.x_from_safe_zone_edge(offset, room), top + (HEADER_TILE_SIDE_PX - block.ascent_px) / 2, room
    )
    return icon, ScheduledText(
        KineticText("name", block, column, kit.language, color=stage.ground.text), OBJECT_START_BEFORE_SCENE_S
    )


def build_kinetic_text(
    kit: SlideKit,
    name: str,
    block: TypesetBlock,
    top: float,
    color: RGB,
    *,
    emphasis: RGB | None = None,
    middle: bool = False,
) -> KineticText:
    """Return a text that appears word by word in a scene: in the text column, or centered with `middle`."""
    left, width = (kit.frame.text_inset, kit.centered_column_width) if middle else (kit.frame.left, kit.safe_width)
    column = TextBlockPlacement(left, top, width, "middle" if middle else "start")
    return KineticText(name, block, column, kit.language, color=color, emphasis=emphasis)


def build_scene_presenter_byline(
    stage: VideoSceneColorsAndDuration,
    canvas: Canvas,
    signature: PresenterByline,
    top: float,
    *,
    starts: float,
    middle: bool = False,
) -> tuple[PoppingPicture, list[ScheduledText]]:
    """Return a scene's byline: the portrait as a picture, name and disclosure as texts with a start time."""
    place, color = signature.compute_layout_on_canvas(canvas, top, middle=middle), stage.ground.text
    lines = (("presenter", signature.name, place.name), ("disclosure", signature.disclosure, place.disclosure))
    texts = [
        KineticText(name, block, TextBlockPlacement(*at, place.room), stage.kit.language, color=color)
        for name, block, at in lines
    ]
    return PoppingPicture(signature.draw_round_portrait(stage.ground), place.face, starts=starts), [
        ScheduledText(text, starts) for text in texts
    ]


def build_popping_brand_tile(
    stage: VideoSceneColorsAndDuration, side: int, place: PixelSize, *, starts: float, blur: int = 0
) -> PoppingPicture:
    """Return the brand's tile as a picture that pops up in a scene, `starts` seconds after the scene's start."""
    ground = stage.ground
    icon, edge = tile.add_icon_rim_if_needed(
        tile.draw_brand_tile(stage.kit, ground, side), ground.tints[0], ground.text
    )
    return PoppingPicture(icon, (place[0] - edge, place[1] - edge), starts=starts, blur=blur)


def draw_pill_button_sprite(
    kit: SlideKit, text: str, *, center: tuple[float, float], colors: tuple[RGB, RGB]
) -> tuple[Image.Image, MeasuredDrawnTextLine]:
    """Return a button's picture in the first color, and its drawn text in the second with its place in the frame."""
    block, size = fit_pill_text(kit, text, _PILL_FONT_SIZE_PX)
    canvas = kit.create_canvas_on_image(Image.new("RGB", size, colors[0]))
    top = (size[1] - block.ascent_px) / 2
    canvas.draw_text_block("pill", block, (0, top), size[0], color=colors[1], align="middle")
    return _round_sprite_corners(canvas, size[1] / 2, round(center[0] - size[0] / 2), round(center[1] - size[1] / 2))


def draw_number_sprite(
    kit: SlideKit, number: int, *, place: PixelSize, side: int, colors: tuple[RGB, RGB]
) -> tuple[Image.Image, MeasuredDrawnTextLine]:
    """Return the picture of a number on a rounded square, and the number's drawn line with its place in the frame.

    The number has the second of `colors`, the square the first.
    """
    canvas = kit.create_canvas_on_image(Image.new("RGB", (side, side), colors[0]))
    block = kit.fit_text(str(number), TextBox(side * 0.8, side, 1), TITLE_FONT_STYLE, (16, round(side * 0.56)))
    top = (side - block.ascent_px) / 2
    canvas.draw_text_block("number", block, (0, top), side, color=colors[1], align="middle")
    return _round_sprite_corners(canvas, side * 0.32, *place)


def _round_sprite_corners(
    canvas: Canvas, radius: float, left: int, top: int
) -> tuple[Image.Image, MeasuredDrawnTextLine]:
    """Return a canvas's image with round corners, and its only drawn line, moved to its place in the frame."""
    canvas.image.putalpha(paint.rounded_rectangle_mask(canvas.image.size, radius))
    (mark,) = canvas.marks
    return canvas.image, mark.with_box_moved(left, top)
