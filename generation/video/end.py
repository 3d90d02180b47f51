"""Last scene: the app at a glance and the call to action, or the partner's own end card."""

from itertools import accumulate

from PIL import Image

from generation import paint
from generation.canvas import DrawnLine
from generation.slides.byline import byline
from generation.slides.end import lines
from generation.slides.kit import LABEL, Kit
from generation.slides.parts import button_text
from generation.spec import Copy
from generation.text.fitting import Block, TextBox
from generation.video.moving import Moving, Popping, Still
from generation.video.parts import BEFORE_FIRST_FRAME_S, empty_canvas, pill, presenter_parts, tile_icon, words
from generation.video.scene import Scene, Stage, StartedText

_NUMBER = 97
_ICON, _LEAST_ICON, _BUTTON, _FOOT = 300, 110, 115, 50
_BELOW_ICON, _BELOW_NAME, _ABOVE_BUTTON, _ABOVE_FOOT, _ABOVE_BYLINE = 64, 36, 72, 52, 70
_ICON_COMES, _NAME_COMES, _TAGLINE_COMES, _BUTTON_COMES, _FOOT_COMES = 0.05, 0.2, 0.4, 0.7, 0.9
#: An end card within this factor of the frame's aspect ratio fills it.
_RATIO_TOLERANCE = 1.15
#: Any other end card keeps this margin.
_MARGIN_PX = 84


def end(kit: Kit, copy: Copy, seconds: float) -> Scene:
    """Center all parts in the safe zone; a long text shrinks the icon, then drops the tagline."""
    stage = Stage(kit, kit.theme.vivid, _NUMBER, seconds)
    button, places = button_text(kit, copy)
    blocks, signature = lines(kit, copy), byline(kit, copy)
    foot = kit.fit(" · ".join(places), TextBox(kit.middle, _FOOT, 1), LABEL, (24, 38)) if places else None
    heights = [
        _ABOVE_BUTTON + _BUTTON if button else 0,
        _ABOVE_FOOT + foot.height if foot else 0,
        _ABOVE_BYLINE + signature.height if signature else 0,
    ]
    room = kit.frame.bottom - kit.frame.top - sum(heights)
    if _high(blocks) + _LEAST_ICON > room:
        blocks.pop("tagline", None)
    icon = round(min(_ICON, max(_LEAST_ICON, room - _high(blocks))))
    below = [_high(blocks), *heights]
    top = (kit.frame.top + kit.frame.bottom - icon - sum(below)) / 2
    tops = [*accumulate(below, initial=top + icon)]
    things: list[Moving] = [_icon(stage, icon, round(top))]
    texts = _names(stage, blocks, tops[0] + _BELOW_ICON)
    marks = []
    if button:
        pressed, mark = _button(kit, button, tops[1] + _ABOVE_BUTTON)
        things.append(pressed)
        marks.append(mark)
    if foot:
        places_text = words(kit, "place", foot, tops[2] + _ABOVE_FOOT, stage.ground.text, middle=True)
        texts.append(StartedText(places_text, _FOOT_COMES))
    if signature:
        top = tops[3] + _ABOVE_BYLINE
        face, by = presenter_parts(
            stage, empty_canvas(kit), signature, top, starts=BEFORE_FIRST_FRAME_S, middle=True
        )
        things.append(face)
        texts += by
    return Scene(stage, things, texts, marks)


def _high(blocks: dict[str, Block]) -> float:
    """Return the height of the lines, with the gaps above and between them."""
    return _BELOW_ICON - _BELOW_NAME + sum(block.height + _BELOW_NAME for block in blocks.values())


def _icon(stage: Stage, side: int, top: int) -> Popping:
    place = (stage.kit.frame.width - side) // 2, top
    return tile_icon(stage, side, place, starts=_ICON_COMES, blur=52)


def _names(stage: Stage, blocks: dict[str, Block], top: float) -> list[StartedText]:
    texts = []
    for (name, block), comes in zip(blocks.items(), (_NAME_COMES, _TAGLINE_COMES), strict=False):
        texts.append(StartedText(words(stage.kit, name, block, top, stage.ground.text, middle=True), comes))
        top += block.height + _BELOW_NAME
    return texts


def _button(kit: Kit, text: str, top: float) -> tuple[Popping, DrawnLine]:
    ground = kit.theme.vivid
    center = kit.frame.width / 2, top + _BUTTON / 2
    picture, mark = pill(kit, text, center=center, colors=(ground.text, ground.tints[0]))
    place = round(center[0] - picture.width / 2), round(center[1] - picture.height / 2)
    return Popping(picture, place, starts=_BUTTON_COMES, blur=28, pulses=True), mark


def end_card_scene(kit: Kit, picture: Image.Image, seconds: float) -> Scene:
    """Show the partner's own end card, uncropped if its aspect ratio differs from the frame's."""
    width, height = kit.frame.size
    shape = (picture.width / picture.height) / (width / height)
    if 1 / _RATIO_TOLERANCE < shape < _RATIO_TOLERANCE:
        shown = Still(paint.crop_to_cover(picture.convert("RGB"), kit.frame.size), (0, 0))
        return Scene(Stage(kit, kit.theme.vivid, _NUMBER, seconds), [shown], [])
    scale = min((width - 2 * _MARGIN_PX) / picture.width, (height - 2 * _MARGIN_PX) / picture.height)
    size = round(picture.width * scale), round(picture.height * scale)
    card = paint.crop_to_cover(picture.convert("RGBA"), size)
    card.putalpha(paint.rounded(size, width * 0.04))
    place = (width - size[0]) // 2, (height - size[1]) // 2
    card_comes = Popping(card, place, starts=_ICON_COMES, blur=48)
    return Scene(Stage(kit, kit.theme.vivid, _NUMBER, seconds), [card_comes], [])
