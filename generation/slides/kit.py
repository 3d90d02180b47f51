"""Kit: the settings that all slides of a piece share."""

from typing import NamedTuple

from PIL import Image

from generation.canvas import Canvas
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT, PictureSizeAndSafeZone
from generation.text.fitting import TextBox, TypesetBlock, fit_text_to_box
from generation.text.scripts import is_right_to_left_language
from generation.text.shaping import ShapingStyle
from generation.theme import PieceColorTheme

#: Font weight and tracking of titles.
TITLE_FONT_STYLE = (850, -0.03)
#: Font weight and tracking of body text.
BODY_FONT_STYLE = (560, -0.012)
#: Font weight and tracking of labels.
LABEL_FONT_STYLE = (680, -0.012)


class SlidePresenter(NamedTuple):
    """A presenter's name, and their square portrait."""

    name: str
    face: Image.Image


class SlideKit(NamedTuple):
    """Shared settings of a piece; `language` is the copy's."""

    name: str
    theme: PieceColorTheme
    language: str
    seed: str
    logo: Image.Image | None = None
    frame: PictureSizeAndSafeZone = PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["4:5"]
    presenter: SlidePresenter | None = None

    @property
    def safe_width(self) -> int:
        return self.frame.safe_width

    @property
    def centered_column_width(self) -> int:
        """Return the width in pixels of a text column that is centered in the picture."""
        return self.frame.width - 2 * self.frame.text_inset

    def create_canvas_on_image(self, image: Image.Image) -> Canvas:
        """Return a canvas that draws on an image, in the copy's text direction."""
        return Canvas(image, self.frame, right_to_left=is_right_to_left_language(self.language))

    def fit_text(
        self, text: str, box: TextBox, kind: tuple[int, float], sizes: tuple[int, int], leading: float = 1.06
    ) -> TypesetBlock:
        """Return a text fitted into a box as large as possible between two sizes; `kind` is its weight and tracking."""
        weight, tracking = kind
        style = ShapingStyle(weight, self.language, tracking)
        return fit_text_to_box(text, box, style, least=sizes[0], largest=sizes[1], leading=leading)
