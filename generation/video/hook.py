"""First scene: the hook, with its first word in the first frame, and devices that rise below it."""

from generation import paint
from generation.canvas import Canvas
from generation.slides import devices, tile
from generation.slides.byline import byline
from generation.slides.hook import fit_title, room
from generation.slides.kit import Kit
from generation.spec import Copy
from generation.video.moving import Moving, Rising
from generation.video.parts import BEFORE_FIRST_FRAME_S, empty_canvas, header, presenter_parts, words
from generation.video.scene import Scene, Stage, StartedText

#: Start of the words in seconds, before the scene: a player's still of the first frame shows text.
_WORDS = -0.3
_ICON, _BELOW = 470, 70
#: Gap from the hook to the byline, in pixels.
_BYLINE = 44


def hook(kit: Kit, copy: Copy, seconds: float) -> Scene:
    stage, canvas = Stage(kit, kit.theme.vivid, 0, seconds), empty_canvas(kit)
    presenter = byline(kit, copy)
    reserved = _BYLINE + presenter.height if presenter else 0
    block = fit_title(kit, copy.hook.text, room(kit, reserved))
    icon, name = header(stage, canvas)
    top = kit.body if kit.screenshots else _alone(kit, block.height + reserved)
    headline = words(kit, "hook", block, top, stage.ground.text)
    things, texts = [icon], [name, StartedText(headline, _WORDS)]
    if presenter:
        face, lines = presenter_parts(
            stage, canvas, presenter, headline.bottom + _BYLINE, starts=BEFORE_FIRST_FRAME_S
        )
        things, texts = [*things, face], [*texts, *lines]
    below = headline.bottom + reserved
    more = _devices(kit, canvas, below, seconds) if kit.screenshots else _icon(kit, canvas, below, seconds)
    return Scene(stage, [*things, *more], texts)


def _alone(kit: Kit, height: float) -> float:
    """Return the top of a hook without devices below it."""
    return kit.body + max(0.0, (kit.frame.bottom - kit.body - height) * 0.3)


def _devices(kit: Kit, canvas: Canvas, top: float, seconds: float) -> list[Moving]:
    placed = [*devices.hook_devices(kit, canvas, round(top) + _BELOW)]
    times = [0.15, 0.0][-len(placed) :]
    return [
        Rising(picture, place, starts=starts, lasts=seconds, drifts=30 + 16 * number)
        for number, ((picture, place), starts) in enumerate(zip(placed, times, strict=True))
    ]


def _icon(kit: Kit, canvas: Canvas, top: float, seconds: float) -> list[Moving]:
    """Return the brand's icon, large and tilted, in the area below the texts."""
    side = min(_ICON, canvas.height - round(top) - 2 * _BELOW)
    if side < _ICON // 2:
        return []
    icon = paint.rotate_and_halve(
        tile.tile(kit, kit.theme.vivid, 2 * side), 8 if not canvas.right_to_left else -8
    )
    free = canvas.height - top
    place = canvas.from_edge(kit.frame.left + 30, icon.width), round(top + (free - icon.height) / 2)
    return [Rising(icon, place, starts=0.0, lasts=seconds)]
