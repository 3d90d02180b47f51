"""Byline: a presenter's round portrait, their name, and that they are nobody."""

from typing import NamedTuple

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.slides.kit import BODY, LABEL, Kit
from generation.spec import Copy
from generation.text.fitting import Block, Box
from generation.theme import Ground

#: Side of the portrait, its rim, and from it to the words.
_SIDE, _RIM, _GAP = 116, 5, 26
#: The part of a portrait that is shown so small: left, top, right and bottom as shares.
_FACE = (0.12, 0.04, 0.88, 0.80)
_NAME, _DISCLOSURE, _BETWEEN = (26, 40), (22, 29), 12


class Byline(NamedTuple):
    """A byline that has found its size."""

    face: Image.Image
    name: Block
    disclosure: Block

    @property
    def height(self) -> int:
        return max(_SIDE + 2 * _RIM, round(self._words))

    @property
    def width(self) -> float:
        return _SIDE + 2 * _RIM + _GAP + max(self.name.width, self.disclosure.width)

    @property
    def _words(self) -> float:
        return self.name.height + _BETWEEN + self.disclosure.height

    def put(self, canvas: Canvas, ground: Ground, top: int, *, middle: bool = False) -> None:
        """The portrait comes first in the text's direction, where lines start or in the picture's middle."""
        offset = (canvas.width - self.width) / 2 if middle else 0.0
        across = canvas.aside if middle else canvas.start
        side = _SIDE + 2 * _RIM
        place = (across(offset, side), top + (self.height - side) // 2)
        paint.fill(canvas.image, place, (side, side), ground.text, radius=side / 2)
        face = paint.covering(self.face, (_SIDE, _SIDE))
        canvas.image.paste(face, (place[0] + _RIM, place[1] + _RIM), paint.rounded(face.size, _SIDE / 2))
        room = self.width - side - _GAP
        left = across(offset + side + _GAP, room)
        y = top + (self.height - self._words) / 2
        for name, block in (("presenter", self.name), ("disclosure", self.disclosure)):
            y = canvas.set(name, block, (left, y), room, color=ground.text) + _BETWEEN


def byline(kit: Kit, copy: Copy) -> Byline | None:
    """The presenter's, where the piece has one, as wide as texts may be."""
    if kit.presenter is None:
        return None
    room = kit.column - _SIDE - 2 * _RIM - _GAP
    face = kit.presenter.face
    part = tuple(share * face.width for share in _FACE)
    return Byline(
        face.crop((round(part[0]), round(part[1]), round(part[2]), round(part[3]))),
        kit.fit(kit.presenter.name, Box(room, 50, 1), LABEL, _NAME, 1.0),
        kit.fit(copy.labels.presenter, Box(room, 80, 2), BODY, _DISCLOSURE, 1.2),
    )
