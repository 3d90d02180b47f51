"""Scene of a point: its number, its words, and its device if there are screenshots."""

from collections.abc import Iterator

from generation import paint
from generation.canvas import Canvas
from generation.outputs import MeasuredDrawnTextLine
from generation.slides import devices, tile
from generation.slides.kit import TITLE_FONT_STYLE, SlideKit
from generation.text.fitting import TextBox
from generation.video.moving import PoppingPicture, RisingPicture
from generation.video.parts import build_kinetic_text, build_scene_header, draw_number_sprite, scene_layout_canvas
from generation.video.scene import ScheduledText, VideoScene, VideoSceneColorsAndDuration

_NUMBER_BADGE_PX = 96
_GAP_BELOW_BADGE_PX = 34
_POINT_TEXT_GAP_PX = 64
_LARGE_POINT_NUMBER_PX = 360
#: Side of an icon at the bottom edge, in pixels.
_PEEKING_ICON_SIDE_PX = 560
#: Its visible share.
_PEEKING_ICON_VISIBLE_SHARE = 0.62
_PEEKING_ICON_START_S = 0.15
_POINT_NUMBER_START_S = 0.1
_POINT_WORDS_START_S = 0.25
_POINT_DEVICE_START_S = 0.1


def build_point_scene(kit: SlideKit, text: str, number: int, seconds: float, *, is_only: bool = False) -> VideoScene:
    """Return the scene of one point. Its number decides colors and sides; a single point shows no number."""
    stage = VideoSceneColorsAndDuration(kit, (kit.theme.light, kit.theme.dark)[(number - 1) % 2], number, seconds)
    lay = _build_point_scene_with_device if kit.screenshots else _build_point_scene_without_device
    return lay(stage, text, is_only=is_only)


def _build_point_scene_with_device(stage: VideoSceneColorsAndDuration, text: str, *, is_only: bool) -> VideoScene:
    kit, ground, canvas = stage.kit, stage.ground, scene_layout_canvas(stage.kit)
    icon, name = build_scene_header(stage, canvas)
    numbers, marks = ([], []) if is_only else _build_popping_number_badge(stage, canvas)
    block = kit.fit_text(text, TextBox(kit.safe_width, 300, 4), TITLE_FONT_STYLE, (42, 92), 1.08)
    top = kit.body_top_y + (0 if is_only else _NUMBER_BADGE_PX + _GAP_BELOW_BADGE_PX)
    headline = build_kinetic_text(kit, "point", block, top, ground.text, emphasis=ground.accent)
    device_image, place = devices.place_point_device_mockup(
        kit, canvas, round(headline.bottom_y) + _POINT_TEXT_GAP_PX, stage.number
    )
    device = RisingPicture(device_image, place, starts=_POINT_DEVICE_START_S, lasts=stage.seconds)
    return VideoScene(stage, [icon, device, *numbers], [name, ScheduledText(headline, _POINT_WORDS_START_S)], marks)


def _build_popping_number_badge(
    stage: VideoSceneColorsAndDuration, canvas: Canvas
) -> tuple[list[PoppingPicture], list[MeasuredDrawnTextLine]]:
    """Return the badge with a point's number above its words, and the number's drawn line."""
    place, colors = (
        (canvas.x_from_safe_zone_edge(0, _NUMBER_BADGE_PX), stage.kit.body_top_y),
        (stage.ground.accent, stage.ground.tints[0]),
    )
    picture, mark = draw_number_sprite(stage.kit, stage.number, place=place, side=_NUMBER_BADGE_PX, colors=colors)
    return [PoppingPicture(picture, place, starts=_POINT_NUMBER_START_S)], [mark]


def _build_point_scene_without_device(stage: VideoSceneColorsAndDuration, text: str, *, is_only: bool) -> VideoScene:
    """Return a point's scene with a large number above its words; a single point has only its words."""
    kit, ground, canvas = stage.kit, stage.ground, scene_layout_canvas(stage.kit)
    icon, name = build_scene_header(stage, canvas)
    large = kit.fit_text(
        str(stage.number),
        TextBox(kit.safe_width, _LARGE_POINT_NUMBER_PX, 1),
        TITLE_FONT_STYLE,
        (100, _LARGE_POINT_NUMBER_PX),
    )
    above = 0 if is_only else large.height + _POINT_TEXT_GAP_PX
    room = kit.frame.bottom - kit.body_top_y - above - _POINT_TEXT_GAP_PX
    block = kit.fit_text(text, TextBox(kit.safe_width, room, 6), TITLE_FONT_STYLE, (46, 128), 1.05)
    top = kit.body_top_y + max(0.0, (room - block.height) * 0.4)
    number = ScheduledText(build_kinetic_text(kit, "number", large, top, ground.accent), _POINT_NUMBER_START_S)
    headline = build_kinetic_text(kit, "point", block, top + above, ground.text, emphasis=ground.accent)
    texts = [name, *([] if is_only else [number]), ScheduledText(headline, _POINT_WORDS_START_S)]
    return VideoScene(stage, [icon, *_build_rising_peeking_icon(stage, canvas)], texts)


def _build_rising_peeking_icon(stage: VideoSceneColorsAndDuration, canvas: Canvas) -> Iterator[RisingPicture]:
    """Yield the brand's icon, which rises at the bottom edge, on alternating sides; nothing without room for it."""
    frame, is_even = stage.kit.frame, stage.number % 2 == 0
    if frame.height - frame.bottom < _PEEKING_ICON_SIDE_PX:
        return
    way = -1 if canvas.right_to_left == is_even else 1
    icon = paint.rotate_and_halve_sprite(
        tile.draw_brand_tile(stage.kit, stage.ground, 2 * _PEEKING_ICON_SIDE_PX), 9 * way
    )
    across = canvas.x_from_picture_edge(frame.left if is_even else frame.width - frame.left - icon.width, icon.width)
    place = across, round(frame.height - icon.height * _PEEKING_ICON_VISIBLE_SHARE)
    yield RisingPicture(icon, place, starts=_PEEKING_ICON_START_S, lasts=stage.seconds, drifts=60)
