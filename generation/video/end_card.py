"""Scene of a partner's own end card."""

from PIL import Image

from generation import paint
from generation.color import RGB
from generation.video.scene import CALM_MOVEMENT, FilmScene

#: An end card within this factor of the frame's aspect ratio fills it.
_END_CARD_RATIO_TOLERANCE = 1.15
#: Any other end card keeps this margin.
_END_CARD_INSET_PX = 84
#: Corner radius of an inset end card, as a share of the frame's width.
_END_CARD_RADIUS_SHARE = 0.04


def build_end_card_scene(picture: Image.Image, size: tuple[int, int], color: RGB, seconds: float) -> FilmScene:
    """Return the scene of an end card: it fills a frame within 15 % of its ratio, else it lies whole on a color."""
    width, height = size
    shape = (picture.width / picture.height) / (width / height)
    if 1 / _END_CARD_RATIO_TOLERANCE < shape < _END_CARD_RATIO_TOLERANCE:
        return FilmScene(seconds, paint.scale_and_crop_picture_to_size(picture, size).convert("RGB"), CALM_MOVEMENT)
    scale = min((width - 2 * _END_CARD_INSET_PX) / picture.width, (height - 2 * _END_CARD_INSET_PX) / picture.height)
    inner = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    ground = Image.new("RGB", size, color)
    ground.paste(
        paint.scale_and_crop_picture_to_size(picture, inner).convert("RGB"),
        ((width - inner[0]) // 2, (height - inner[1]) // 2),
        paint.rounded_rectangle_mask(inner, width * _END_CARD_RADIUS_SHARE),
    )
    return FilmScene(seconds, ground, CALM_MOVEMENT)
