"""First scene: the hook, with its first word in the first frame, and devices that rise below it."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.byline import build_presenter_byline
from generation.slides.hook import HOOK_BYLINE_GAP_PX, compute_hook_text_box, fit_hook_title
from generation.slides.kit import SlideKit
from generation.spec import PieceCopy
from generation.video.moving import MovingObject, RisingPicture
from generation.video.parts import (
    OBJECT_START_BEFORE_SCENE_S,
    build_kinetic_text,
    build_scene_header,
    build_scene_presenter_byline,
    scene_layout_canvas,
)
from generation.video.scene import ScheduledText, VideoScene, VideoSceneColorsAndDuration

#: Start of the words in seconds, before the scene: a player's still of the first frame shows text.
_HOOK_WORDS_START_S = -0.3
_MAX_HOOK_ICON_SIDE_PX = 470
_GAP_BELOW_HOOK_PX = 70


def build_hook_scene(kit: SlideKit, copy: PieceCopy, seconds: float) -> VideoScene:
    stage, canvas = VideoSceneColorsAndDuration(kit, kit.theme.vivid, 0, seconds), scene_layout_canvas(kit)
    presenter = build_presenter_byline(kit, copy)
    reserved = HOOK_BYLINE_GAP_PX + presenter.height if presenter else 0
    block = fit_hook_title(kit, copy.hook.text, compute_hook_text_box(kit, reserved))
    icon, name = build_scene_header(stage, canvas)
    top = kit.body_top_y if kit.screenshots else _hook_top_without_devices(kit, block.height + reserved)
    headline = build_kinetic_text(kit, "hook", block, top, stage.ground.text)
    things, texts = [icon], [name, ScheduledText(headline, _HOOK_WORDS_START_S)]
    if presenter:
        face, lines = build_scene_presenter_byline(
            stage, canvas, presenter, headline.bottom_y + HOOK_BYLINE_GAP_PX, starts=OBJECT_START_BEFORE_SCENE_S
        )
        things, texts = [*things, face], [*texts, *lines]
    below = headline.bottom_y + reserved
    more = (
        _build_rising_hook_devices(kit, canvas, below, seconds)
        if kit.screenshots
        else _build_rising_hook_icon(kit, canvas, below, seconds)
    )
    return VideoScene(stage, [*things, *more], texts)


def _hook_top_without_devices(kit: SlideKit, height: float) -> float:
    """Return the y of the hook's top in a video's first scene without screenshots."""
    return kit.body_top_y + max(0.0, (kit.frame.bottom - kit.body_top_y - height) * 0.3)


def _build_rising_hook_devices(kit: SlideKit, canvas: Canvas, top: float, seconds: float) -> list[MovingObject]:
    placed = [*devices.place_hook_device_mockups(kit, canvas, round(top) + _GAP_BELOW_HOOK_PX)]
    times = [0.15, 0.0][-len(placed) :]
    return [
        RisingPicture(picture, place, starts=starts, lasts=seconds, drifts=30 + 16 * number)
        for number, ((picture, place), starts) in enumerate(zip(placed, times, strict=True))
    ]


def _build_rising_hook_icon(kit: SlideKit, canvas: Canvas, top: float, seconds: float) -> list[MovingObject]:
    """Return the brand's icon, large and tilted, rising into the area below the hook; [] if the area is too small."""
    side = min(_MAX_HOOK_ICON_SIDE_PX, canvas.height - round(top) - 2 * _GAP_BELOW_HOOK_PX)
    if side < _MAX_HOOK_ICON_SIDE_PX // 2:
        return []
    icon = paint.rotate_and_halve_sprite(
        tile.draw_brand_tile(kit, kit.theme.vivid, 2 * side), 8 if not canvas.right_to_left else -8
    )
    free = canvas.height - top
    place = canvas.x_from_picture_edge(kit.frame.left + 30, icon.width), round(top + (free - icon.height) / 2)
    return [RisingPicture(icon, place, starts=0.0, lasts=seconds)]
