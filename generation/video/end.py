"""Last scene: the app, in one look, and what to do next; or the partner's own picture."""

from PIL import Image

from generation import paint
from generation.canvas import Mark
from generation.slides.end import lines
from generation.slides.kit import LABEL, Kit
from generation.spec import Copy
from generation.text.fitting import Box
from generation.video.moving import Moving, Popping, Still
from generation.video.parts import pill, tiled, words
from generation.video.scene import Scene, Stage, Timed

_NUMBER = 97
_ICON, _BUTTON, _FOOT = 300, 115, 50
_BELOW_ICON, _BELOW_NAME, _ABOVE_BUTTON, _ABOVE_FOOT = 64, 36, 72, 52
_ICON_COMES, _NAME_COMES, _TAGLINE_COMES, _BUTTON_COMES, _FOOT_COMES = 0.05, 0.2, 0.4, 0.7, 0.9
#: A picture whose shape is as near to the frame's fills it; another one keeps this margin.
_NEARLY, _MARGIN = 1.15, 84


def end(kit: Kit, copy: Copy, seconds: float) -> Scene:
    stage = _stage(kit, seconds)
    said = lines(kit, copy)
    places = " · ".join(line.text for line in copy.places)
    foot = kit.fit(places, Box(kit.middle, _FOOT, 1), LABEL, (24, 38)) if places else None
    high = _ICON + _BELOW_ICON + sum(block.height + _BELOW_NAME for block in said.values()) - _BELOW_NAME
    high += _ABOVE_BUTTON + _BUTTON + (_ABOVE_FOOT + foot.height if foot else 0)
    y = max(kit.frame.top, (kit.frame.top + kit.frame.bottom - high) / 2)
    place = (kit.frame.width - _ICON) // 2, round(y)
    things: list[Moving] = [tiled(stage, _ICON, place, starts=_ICON_COMES, blur=52)]
    texts = []
    y += _ICON + _BELOW_ICON
    for (name, block), comes in zip(said.items(), (_NAME_COMES, _TAGLINE_COMES), strict=False):
        texts.append(Timed(words(kit, name, block, y, stage.ground.text, middle=True), comes))
        y += block.height + _BELOW_NAME
    y += _ABOVE_BUTTON - _BELOW_NAME
    button, mark = _button(kit, copy, y)
    things.append(button)
    if foot:
        y += _BUTTON + _ABOVE_FOOT
        texts.append(Timed(words(kit, "place", foot, y, stage.ground.text, middle=True), _FOOT_COMES))
    return Scene(stage, things, texts, [mark])


def _stage(kit: Kit, seconds: float) -> Stage:
    return Stage(kit, kit.theme.vivid, _NUMBER, seconds)


def _button(kit: Kit, copy: Copy, top: float) -> tuple[Popping, Mark]:
    ground = kit.theme.vivid
    center = kit.frame.width / 2, top + _BUTTON / 2
    picture, mark = pill(kit, copy.call_to_action.text, center=center, colors=(ground.text, ground.tints[0]))
    place = round(center[0] - picture.width / 2), round(center[1] - picture.height / 2)
    return Popping(picture, place, starts=_BUTTON_COMES, blur=28, pulses=True), mark


def own_end(kit: Kit, picture: Image.Image, seconds: float) -> Scene:
    """The partner's own last picture, whole where its shape is another than the frame's."""
    width, height = kit.frame.size
    shape = (picture.width / picture.height) / (width / height)
    if 1 / _NEARLY < shape < _NEARLY:
        shown = Still(paint.covering(picture.convert("RGB"), kit.frame.size), (0, 0))
        return Scene(_stage(kit, seconds), [shown], [])
    scale = min((width - 2 * _MARGIN) / picture.width, (height - 2 * _MARGIN) / picture.height)
    size = round(picture.width * scale), round(picture.height * scale)
    card = paint.covering(picture.convert("RGBA"), size)
    card.putalpha(paint.rounded(size, width * 0.04))
    place = (width - size[0]) // 2, (height - size[1]) // 2
    card_comes = Popping(card, place, starts=_ICON_COMES, blur=48)
    return Scene(_stage(kit, seconds), [card_comes], [])
