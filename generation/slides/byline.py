"""Byline: a presenter's round portrait, their name, and the disclosure that no real person presents."""

from typing import NamedTuple

from PIL import Image

from generation import paint
from generation.canvas import Canvas
from generation.paint import PixelSize
from generation.slides.kit import BODY_FONT_STYLE, LABEL_FONT_STYLE, SlideKit
from generation.spec import PieceCopy
from generation.text.fitting import TextBox, TypesetBlock
from generation.theme import BackgroundColors

#: Side of the portrait, in pixels.
_BYLINE_FACE_SIDE_PX = 116
_BYLINE_RIM_WIDTH_PX = 5
#: Gap from the portrait to the words, in pixels.
_FACE_TO_WORDS_GAP_PX = 26
_RIMMED_FACE_SIDE_PX = _BYLINE_FACE_SIDE_PX + 2 * _BYLINE_RIM_WIDTH_PX
#: Crop of a portrait at this size: left, top, right and bottom as shares.
_BYLINE_FACE_CROP_SHARES = (0.12, 0.04, 0.88, 0.80)
#: Smallest and largest font size of the name.
_BYLINE_NAME_FONT_SIZES_PX = (26, 40)
_DISCLOSURE_FONT_SIZES_PX = (22, 29)
_BYLINE_LINE_GAP_PX = 12


class PresenterBylineLayout(NamedTuple):
    """Left tops of a byline's portrait, name and disclosure, and the maximum width of its words."""

    face: PixelSize
    name: tuple[float, float]
    disclosure: tuple[float, float]
    room: float


class PresenterByline(NamedTuple):
    """A presenter's byline, fitted to its size."""

    face: Image.Image
    name: TypesetBlock
    disclosure: TypesetBlock

    @property
    def height(self) -> int:
        return max(_RIMMED_FACE_SIDE_PX, round(self._words_height))

    @property
    def _words_height(self) -> float:
        return self.name.height + _BYLINE_LINE_GAP_PX + self.disclosure.height

    def draw_round_portrait(self, ground: BackgroundColors) -> Image.Image:
        """Return the presenter's round portrait, with a rim in the text color of the ground."""
        disc_image = Image.new("RGBA", (_RIMMED_FACE_SIDE_PX, _RIMMED_FACE_SIDE_PX))
        disc_image.paste(ground.text, (0, 0), paint.rounded_rectangle_mask(disc_image.size, _RIMMED_FACE_SIDE_PX / 2))
        face = paint.scale_and_crop_picture_to_size(self.face, (_BYLINE_FACE_SIDE_PX, _BYLINE_FACE_SIDE_PX))
        disc_image.paste(
            face,
            (_BYLINE_RIM_WIDTH_PX, _BYLINE_RIM_WIDTH_PX),
            paint.rounded_rectangle_mask(face.size, _BYLINE_FACE_SIDE_PX / 2),
        )
        return disc_image

    def compute_layout_on_canvas(self, canvas: Canvas, top: float, *, middle: bool = False) -> PresenterBylineLayout:
        """Return the places of a byline's portrait and words below `top`, at the start of text lines or centered."""
        room = max(self.name.width, self.disclosure.width)
        offset = (canvas.width - _RIMMED_FACE_SIDE_PX - _FACE_TO_WORDS_GAP_PX - room) / 2 if middle else 0.0
        across = canvas.x_from_picture_edge if middle else canvas.x_from_safe_zone_edge
        left = across(offset + _RIMMED_FACE_SIDE_PX + _FACE_TO_WORDS_GAP_PX, room)
        name = top + (self.height - self._words_height) / 2
        face = across(offset, _RIMMED_FACE_SIDE_PX), round(top + (self.height - _RIMMED_FACE_SIDE_PX) / 2)
        return PresenterBylineLayout(face, (left, name), (left, name + self.name.height + _BYLINE_LINE_GAP_PX), room)

    def draw_on_canvas(self, canvas: Canvas, ground: BackgroundColors, top: float, *, middle: bool = False) -> None:
        place, disc = self.compute_layout_on_canvas(canvas, top, middle=middle), self.draw_round_portrait(ground)
        canvas.image.paste(disc, place.face, disc)
        canvas.draw_text_block("presenter", self.name, place.name, place.room, color=ground.text)
        canvas.draw_text_block("disclosure", self.disclosure, place.disclosure, place.room, color=ground.text)


def build_presenter_byline(kit: SlideKit, copy: PieceCopy) -> PresenterByline | None:
    """Return the presenter's byline, fitted to the text column; None without a presenter."""
    if kit.presenter is None:
        return None
    room = kit.safe_width - _RIMMED_FACE_SIDE_PX - _FACE_TO_WORDS_GAP_PX
    face = kit.presenter.face
    part = tuple(share * face.width for share in _BYLINE_FACE_CROP_SHARES)
    return PresenterByline(
        face.crop((round(part[0]), round(part[1]), round(part[2]), round(part[3]))),
        kit.fit_text(kit.presenter.name, TextBox(room, 50, 1), LABEL_FONT_STYLE, _BYLINE_NAME_FONT_SIZES_PX, 1.0),
        kit.fit_text(copy.labels.presenter, TextBox(room, 80, 2), BODY_FONT_STYLE, _DISCLOSURE_FONT_SIZES_PX, 1.2),
    )
