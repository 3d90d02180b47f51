"""Scene of a point: its number, its words, and its device where there are screenshots."""

from collections.abc import Iterator

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.kit import TITLE, Kit
from generation.text.fitting import Box
from generation.video.moving import Popping, Rising
from generation.video.parts import badge, empty, header, words
from generation.video.scene import Scene, Stage, Timed

_BADGE, _BELOW_BADGE, _BELOW = 96, 34, 64
_NUMBER = 360
#: Side of an icon that looks in, and the share of it that is seen.
_PEEKING, _SEEN = 560, 0.62
_ICON_COMES = 0.15
_NUMBER_COMES, _WORDS_COME, _DEVICE_COMES = 0.1, 0.25, 0.1


def point(kit: Kit, text: str, number: int, seconds: float) -> Scene:
    stage = Stage(kit, (kit.theme.light, kit.theme.dark)[(number - 1) % 2], number, seconds)
    return _beside_device(stage, text) if kit.screenshots else _alone(stage, text)


def _beside_device(stage: Stage, text: str) -> Scene:
    kit, ground, canvas = stage.kit, stage.ground, empty(stage.kit)
    icon, name = header(stage, canvas)
    place, colors = (canvas.start(0, _BADGE), kit.body), (ground.accent, ground.tints[0])
    picture, mark = badge(kit, stage.number, place=place, side=_BADGE, colors=colors)
    block = kit.fit(text, Box(kit.column, 300, 4), TITLE, (42, 92), 1.08)
    top = kit.body + _BADGE + _BELOW_BADGE
    said = words(kit, "point", block, top, ground.text, emphasis=ground.accent)
    shown, where = devices.one(kit, canvas, round(said.bottom) + _BELOW, stage.number)
    device = Rising(shown, where, starts=_DEVICE_COMES, lasts=stage.seconds)
    number = Popping(picture, place, starts=_NUMBER_COMES)
    return Scene(stage, [icon, device, number], [name, Timed(said, _WORDS_COME)], [mark])


def _alone(stage: Stage, text: str) -> Scene:
    """A large number above the words."""
    kit, ground, canvas = stage.kit, stage.ground, empty(stage.kit)
    icon, name = header(stage, canvas)
    large = kit.fit(str(stage.number), Box(kit.column, _NUMBER, 1), TITLE, (100, _NUMBER))
    room = kit.frame.bottom - kit.body - large.height - 2 * _BELOW
    block = kit.fit(text, Box(kit.column, room, 6), TITLE, (46, 128), 1.05)
    top = kit.body + max(0.0, (room - block.height) * 0.4)
    below = top + large.height + _BELOW
    texts = [
        name,
        Timed(words(kit, "number", large, top, ground.accent), _NUMBER_COMES),
        Timed(words(kit, "point", block, below, ground.text, emphasis=ground.accent), _WORDS_COME),
    ]
    return Scene(stage, [icon, *_peeking(stage, canvas)], texts)


def _peeking(stage: Stage, canvas: Canvas) -> Iterator[Rising]:
    """The brand's icon, which looks in from below where there is room, on the other side each time."""
    frame, is_even = stage.kit.frame, stage.number % 2 == 0
    if frame.height - frame.bottom < _PEEKING:
        return
    way = -1 if canvas.right_to_left == is_even else 1
    icon = paint.turned(tile.tile(stage.kit, stage.ground, 2 * _PEEKING), 9 * way)
    across = canvas.aside(frame.left if is_even else frame.width - frame.left - icon.width, icon.width)
    place = across, round(frame.height - icon.height * _SEEN)
    yield Rising(icon, place, starts=_ICON_COMES, lasts=stage.seconds, drifts=60)
