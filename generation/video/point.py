"""Scene of a point: its number, its words, and its device if there are screenshots."""

from collections.abc import Iterator

from generation import paint
from generation.canvas import Canvas, DrawnLine
from generation.slides import devices, tile
from generation.slides.kit import TITLE, Kit
from generation.text.fitting import TextBox
from generation.video.moving import Popping, Rising
from generation.video.parts import badge, empty_canvas, header, words
from generation.video.scene import Scene, Stage, StartedText

_BADGE, _BELOW_BADGE, _BELOW = 96, 34, 64
_NUMBER = 360
#: Side of an icon at the bottom edge, in pixels.
_PEEKING_SIDE = 560
#: Its visible share.
_VISIBLE_SHARE = 0.62
_ICON_COMES = 0.15
_NUMBER_COMES, _WORDS_COME, _DEVICE_COMES = 0.1, 0.25, 0.1


def point(kit: Kit, text: str, number: int, seconds: float, *, is_only: bool = False) -> Scene:
    """Build the scene. Its number decides grounds and sides; a single point shows no number."""
    stage = Stage(kit, (kit.theme.light, kit.theme.dark)[(number - 1) % 2], number, seconds)
    lay = _beside_device if kit.screenshots else _alone
    return lay(stage, text, is_only=is_only)


def _beside_device(stage: Stage, text: str, *, is_only: bool) -> Scene:
    kit, ground, canvas = stage.kit, stage.ground, empty_canvas(stage.kit)
    icon, name = header(stage, canvas)
    numbers, marks = ([], []) if is_only else _badge(stage, canvas)
    block = kit.fit(text, TextBox(kit.column, 300, 4), TITLE, (42, 92), 1.08)
    top = kit.body + (0 if is_only else _BADGE + _BELOW_BADGE)
    headline = words(kit, "point", block, top, ground.text, emphasis=ground.accent)
    device_image, place = devices.point_device(kit, canvas, round(headline.bottom) + _BELOW, stage.number)
    device = Rising(device_image, place, starts=_DEVICE_COMES, lasts=stage.seconds)
    return Scene(stage, [icon, device, *numbers], [name, StartedText(headline, _WORDS_COME)], marks)


def _badge(stage: Stage, canvas: Canvas) -> tuple[list[Popping], list[DrawnLine]]:
    """Return the number at a device's side, and its text."""
    place, colors = (canvas.start(0, _BADGE), stage.kit.body), (stage.ground.accent, stage.ground.tints[0])
    picture, mark = badge(stage.kit, stage.number, place=place, side=_BADGE, colors=colors)
    return [Popping(picture, place, starts=_NUMBER_COMES)], [mark]


def _alone(stage: Stage, text: str, *, is_only: bool) -> Scene:
    """Return a scene with a large number above the words; a single point has only its words."""
    kit, ground, canvas = stage.kit, stage.ground, empty_canvas(stage.kit)
    icon, name = header(stage, canvas)
    large = kit.fit(str(stage.number), TextBox(kit.column, _NUMBER, 1), TITLE, (100, _NUMBER))
    above = 0 if is_only else large.height + _BELOW
    room = kit.frame.bottom - kit.body - above - _BELOW
    block = kit.fit(text, TextBox(kit.column, room, 6), TITLE, (46, 128), 1.05)
    top = kit.body + max(0.0, (room - block.height) * 0.4)
    number = StartedText(words(kit, "number", large, top, ground.accent), _NUMBER_COMES)
    headline = words(kit, "point", block, top + above, ground.text, emphasis=ground.accent)
    texts = [name, *([] if is_only else [number]), StartedText(headline, _WORDS_COME)]
    return Scene(stage, [icon, *_peeking(stage, canvas)], texts)


def _peeking(stage: Stage, canvas: Canvas) -> Iterator[Rising]:
    """Yield the brand's icon at the bottom edge, if there is room, on alternating sides."""
    frame, is_even = stage.kit.frame, stage.number % 2 == 0
    if frame.height - frame.bottom < _PEEKING_SIDE:
        return
    way = -1 if canvas.right_to_left == is_even else 1
    icon = paint.rotate_and_halve(tile.tile(stage.kit, stage.ground, 2 * _PEEKING_SIDE), 9 * way)
    across = canvas.from_edge(frame.left if is_even else frame.width - frame.left - icon.width, icon.width)
    place = across, round(frame.height - icon.height * _VISIBLE_SHARE)
    yield Rising(icon, place, starts=_ICON_COMES, lasts=stage.seconds, drifts=60)
