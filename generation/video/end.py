"""Last scene: the app at a glance and the call to action, or the partner's own end card."""

from itertools import accumulate

from PIL import Image

from generation import paint
from generation.outputs import MeasuredDrawnTextLine
from generation.slides.byline import build_presenter_byline
from generation.slides.end import fit_end_name_and_tagline
from generation.slides.kit import LABEL_FONT_STYLE, SlideKit
from generation.slides.parts import button_text_and_store_names
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock
from generation.video.moving import MovingObject, PoppingPicture, StillPicture
from generation.video.parts import (
    OBJECT_START_BEFORE_SCENE_S,
    build_kinetic_text,
    build_popping_brand_tile,
    build_scene_presenter_byline,
    draw_pill_button_sprite,
    scene_layout_canvas,
)
from generation.video.scene import ScheduledText, VideoScene, VideoSceneColorsAndDuration

_END_SCENE_NUMBER_FOR_BACKDROP = 97
_MAX_END_ICON_PX = 300
_MIN_END_ICON_PX = 110
_END_BUTTON_HEIGHT_PX = 115
_END_FOOT_LINE_HEIGHT_PX = 50
_GAP_BELOW_ICON_PX = 64
_GAP_BELOW_NAME_PX = 36
_GAP_ABOVE_BUTTON_PX = 72
_GAP_ABOVE_FOOT_PX = 52
_GAP_ABOVE_BYLINE_PX = 70
_END_ICON_START_S = 0.05
_END_NAME_START_S = 0.2
_END_TAGLINE_START_S = 0.4
_END_BUTTON_START_S = 0.7
_END_FOOT_LINE_START_S = 0.9
#: An end card within this factor of the frame's aspect ratio fills it.
_END_CARD_RATIO_TOLERANCE = 1.15
#: Any other end card keeps this margin.
_END_CARD_INSET_PX = 84


def build_end_scene(kit: SlideKit, copy: PieceCopy, seconds: float) -> VideoScene:
    """Return a video's last scene, with the brand's icon, name, tagline and button centered in the safe zone.

    A long text shrinks the icon, then drops the tagline.
    """
    stage = VideoSceneColorsAndDuration(kit, kit.theme.vivid, _END_SCENE_NUMBER_FOR_BACKDROP, seconds)
    button, places = button_text_and_store_names(kit, copy)
    blocks, signature = fit_end_name_and_tagline(kit, copy), build_presenter_byline(kit, copy)
    foot_box = TextBox(kit.centered_column_width, _END_FOOT_LINE_HEIGHT_PX, 1)
    foot = kit.fit_text(" · ".join(places), foot_box, LABEL_FONT_STYLE, (24, 38)) if places else None
    heights = [
        _GAP_ABOVE_BUTTON_PX + _END_BUTTON_HEIGHT_PX if button else 0,
        _GAP_ABOVE_FOOT_PX + foot.height if foot else 0,
        _GAP_ABOVE_BYLINE_PX + signature.height if signature else 0,
    ]
    room = kit.frame.bottom - kit.frame.top - sum(heights)
    if _scene_lines_height(blocks) + _MIN_END_ICON_PX > room:
        blocks.pop("tagline", None)
    icon = round(min(_MAX_END_ICON_PX, max(_MIN_END_ICON_PX, room - _scene_lines_height(blocks))))
    below = [_scene_lines_height(blocks), *heights]
    top = (kit.frame.top + kit.frame.bottom - icon - sum(below)) / 2
    tops = [*accumulate(below, initial=top + icon)]
    place = (kit.frame.width - icon) // 2, round(top)
    things: list[MovingObject] = [build_popping_brand_tile(stage, icon, place, starts=_END_ICON_START_S, blur=52)]
    texts = _schedule_name_and_tagline(stage, blocks, tops[0] + _GAP_BELOW_ICON_PX)
    marks = []
    if button:
        pressed, mark = _build_popping_end_button(kit, button, tops[1] + _GAP_ABOVE_BUTTON_PX)
        things.append(pressed)
        marks.append(mark)
    if foot:
        places_text = build_kinetic_text(
            kit, "place", foot, tops[2] + _GAP_ABOVE_FOOT_PX, stage.ground.text, middle=True
        )
        texts.append(ScheduledText(places_text, _END_FOOT_LINE_START_S))
    if signature:
        top = tops[3] + _GAP_ABOVE_BYLINE_PX
        face, by = build_scene_presenter_byline(
            stage, scene_layout_canvas(kit), signature, top, starts=OBJECT_START_BEFORE_SCENE_S, middle=True
        )
        things.append(face)
        texts += by
    return VideoScene(stage, things, texts, marks)


def _scene_lines_height(blocks: dict[str, TypesetBlock]) -> float:
    """Return the height in pixels of the last scene's lines, with the gaps above and between them."""
    return _GAP_BELOW_ICON_PX - _GAP_BELOW_NAME_PX + sum(block.height + _GAP_BELOW_NAME_PX for block in blocks.values())


def _schedule_name_and_tagline(
    stage: VideoSceneColorsAndDuration, blocks: dict[str, TypesetBlock], top: float
) -> list[ScheduledText]:
    texts = []
    for (name, block), comes in zip(blocks.items(), (_END_NAME_START_S, _END_TAGLINE_START_S), strict=False):
        texts.append(
            ScheduledText(build_kinetic_text(stage.kit, name, block, top, stage.ground.text, middle=True), comes)
        )
        top += block.height + _GAP_BELOW_NAME_PX
    return texts


def _build_popping_end_button(kit: SlideKit, text: str, top: float) -> tuple[PoppingPicture, MeasuredDrawnTextLine]:
    ground = kit.theme.vivid
    center = kit.frame.width / 2, top + _END_BUTTON_HEIGHT_PX / 2
    picture, mark = draw_pill_button_sprite(kit, text, center=center, colors=(ground.text, ground.tints[0]))
    place = round(center[0] - picture.width / 2), round(center[1] - picture.height / 2)
    return PoppingPicture(picture, place, starts=_END_BUTTON_START_S, blur=28, pulses=True), mark


def build_end_scene_of_partner_end_card(kit: SlideKit, picture: Image.Image, seconds: float) -> VideoScene:
    """Return a video's last scene with the partner's end card: filled within 15 % of the frame's ratio, else whole."""
    width, height = kit.frame.size
    shape = (picture.width / picture.height) / (width / height)
    if 1 / _END_CARD_RATIO_TOLERANCE < shape < _END_CARD_RATIO_TOLERANCE:
        shown = StillPicture(paint.scale_and_crop_picture_to_size(picture, kit.frame.size), (0, 0))
        return VideoScene(
            VideoSceneColorsAndDuration(kit, kit.theme.vivid, _END_SCENE_NUMBER_FOR_BACKDROP, seconds), [shown], []
        )
    scale = min((width - 2 * _END_CARD_INSET_PX) / picture.width, (height - 2 * _END_CARD_INSET_PX) / picture.height)
    size = round(picture.width * scale), round(picture.height * scale)
    card = paint.scale_and_crop_picture_to_size(picture, size)
    card.putalpha(paint.rounded_rectangle_mask(size, width * 0.04))
    place = (width - size[0]) // 2, (height - size[1]) // 2
    card_comes = PoppingPicture(card, place, starts=_END_ICON_START_S, blur=48)
    return VideoScene(
        VideoSceneColorsAndDuration(kit, kit.theme.vivid, _END_SCENE_NUMBER_FOR_BACKDROP, seconds), [card_comes], []
    )
