"""Byline: a presenter's round portrait, their name, and the disclosure that no real person presents."""

from typing import NamedTuple

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.paint import Size
from generation.slides.kit import BODY, LABEL, Kit
from generation.spec import Copy
from generation.text.fitting import Block, TextBox
from generation.theme import Ground

#: Side of the portrait, in pixels.
_FACE_SIDE = 116
_RIM_WIDTH = 5
#: Gap from the portrait to the words, in pixels.
_WORDS_GAP = 26
_WHOLE = _FACE_SIDE + 2 * _RIM_WIDTH
#: Crop of a portrait at this size: left, top, right and bottom as shares.
_FACE = (0.12, 0.04, 0.88, 0.80)
#: Smallest and largest font size of the name.
_NAME_SIZES = (26, 40)
_DISCLOSURE_SIZES = (22, 29)
_LINE_GAP = 12


class Layout(NamedTuple):
    """Left tops of a byline's portrait, name and disclosure, and the maximum width of its words."""

    face: Size
    name: tuple[float, float]
    disclosure: tuple[float, float]
    room: float


class Byline(NamedTuple):
    """A byline, fitted to its size."""

    face: Image.Image
    name: Block
    disclosure: Block

    @property
    def height(self) -> int:
        return max(_WHOLE, round(self._words))

    @property
    def _words(self) -> float:
        return self.name.height + _LINE_GAP + self.disclosure.height

    def disc(self, ground: Ground) -> Image.Image:
        """Return the round portrait, with a rim in the color of the ground's text."""
        disc_image = Image.new("RGBA", (_WHOLE, _WHOLE))
        disc_image.paste(ground.text, (0, 0), paint.rounded(disc_image.size, _WHOLE / 2))
        face = paint.crop_to_cover(self.face, (_FACE_SIDE, _FACE_SIDE))
        disc_image.paste(face, (_RIM_WIDTH, _RIM_WIDTH), paint.rounded(face.size, _FACE_SIDE / 2))
        return disc_image

    def place(self, canvas: Canvas, top: float, *, middle: bool = False) -> Layout:
        """Lay out the portrait before the words, at the start of text lines or centered."""
        room = max(self.name.width, self.disclosure.width)
        offset = (canvas.width - _WHOLE - _WORDS_GAP - room) / 2 if middle else 0.0
        across = canvas.from_edge if middle else canvas.start
        left = across(offset + _WHOLE + _WORDS_GAP, room)
        name = top + (self.height - self._words) / 2
        face = across(offset, _WHOLE), round(top + (self.height - _WHOLE) / 2)
        return Layout(face, (left, name), (left, name + self.name.height + _LINE_GAP), room)

    def put(self, canvas: Canvas, ground: Ground, top: float, *, middle: bool = False) -> None:
        place, disc = self.place(canvas, top, middle=middle), self.disc(ground)
        canvas.image.paste(disc, place.face, disc)
        canvas.set("presenter", self.name, place.name, place.room, color=ground.text)
        canvas.set("disclosure", self.disclosure, place.disclosure, place.room, color=ground.text)


def byline(kit: Kit, copy: Copy) -> Byline | None:
    """Return the presenter's byline, fitted to the column; None without a presenter."""
    if kit.presenter is None:
        return None
    room = kit.column - _WHOLE - _WORDS_GAP
    face = kit.presenter.face
    part = tuple(share * face.width for share in _FACE)
    return Byline(
        face.crop((round(part[0]), round(part[1]), round(part[2]), round(part[3]))),
        kit.fit(kit.presenter.name, TextBox(room, 50, 1), LABEL, _NAME_SIZES, 1.0),
        kit.fit(copy.labels.presenter, TextBox(room, 80, 2), BODY, _DISCLOSURE_SIZES, 1.2),
    )
