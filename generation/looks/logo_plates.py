"""Plates of logos: a transparent logo that would vanish on a ground of its look gets a ground of its own."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw

from generation.color import RGB, WHITE, contrast_ratio

#: Contrast under which a pixel of a logo can't be told from its ground.
MIN_LOGO_CONTRAST = 1.7
#: Largest share of a logo's pixels without that contrast.
MAX_LOST_LOGO_SHARE = 0.1
#: Ground of a light logo.
DARK_PLATE: RGB = (20, 22, 28)
#: Longer side of the copy that is measured, in pixels.
_MEASURED_SIDE_PX = 64
#: Alpha of a pixel that counts, of 255.
_MIN_MEASURED_ALPHA = 128
#: Margin and corner radius of a plate, as shares of the logo's shorter side.
_PLATE_MARGIN_SHARE, _PLATE_RADIUS_SHARE = 0.4, 0.3


def place_on_plate(logo: Image.Image, grounds: Iterable[RGB]) -> Image.Image:
    """Return a logo, on a white or dark plate if it is transparent and can't be told from one of the grounds."""
    if logo.mode != "RGBA":
        return logo
    inks = _count_inks(logo)
    if all(_measure_lost_share(inks, ground) <= MAX_LOST_LOGO_SHARE for ground in grounds):
        return logo
    color = min((WHITE, DARK_PLATE), key=lambda plate: _measure_lost_share(inks, plate))
    side = min(logo.size)
    margin = round(_PLATE_MARGIN_SHARE * side)
    plate = Image.new("RGBA", (logo.width + 2 * margin, logo.height + 2 * margin), (*color, 0))
    corners = (0, 0, plate.width - 1, plate.height - 1)
    ImageDraw.Draw(plate).rounded_rectangle(corners, _PLATE_RADIUS_SHARE * side, fill=(*color, 255))
    plate.alpha_composite(logo, (margin, margin))
    return plate


def _count_inks(logo: Image.Image) -> Counter[RGB]:
    """Return the colors of a logo's opaque pixels in 16 steps a channel, each with its number of pixels."""
    small = logo.copy()
    small.thumbnail((_MEASURED_SIDE_PX, _MEASURED_SIDE_PX), Image.Resampling.NEAREST)
    inks: Counter[RGB] = Counter()
    for red, green, blue, alpha in np.asarray(small).reshape(-1, 4).tolist():
        if alpha >= _MIN_MEASURED_ALPHA:
            inks[red // 17 * 17, green // 17 * 17, blue // 17 * 17] += 1
    return inks


def _measure_lost_share(inks: Counter[RGB], ground: RGB) -> float:
    lost = sum(count for ink, count in inks.items() if contrast_ratio(ink, ground) < MIN_LOGO_CONTRAST)
    return lost / max(1, inks.total())
