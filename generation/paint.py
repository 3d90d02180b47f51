"""Paint: masks, shadows and covering pictures on Pillow images, antialiased."""

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageFilter

from generation.crops import find_crop

PixelSize: TypeAlias = tuple[int, int]

_SHADOW_DOWNSCALE = 4


@lru_cache(maxsize=64)
def rounded_rectangle_mask(size: PixelSize, radius: float) -> Image.Image:
    """Return an antialiased mask of a rectangle with round corners."""
    width, height = size
    radius = min(radius, width / 2, height / 2)
    y, x = np.ogrid[:height, :width]
    across = np.abs(x + 0.5 - width / 2) - (width / 2 - radius)
    down = np.abs(y + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    distance = outside + np.minimum(np.maximum(across, down), 0) - radius
    return Image.fromarray((np.clip(0.5 - distance, 0, 1) * 255 + 0.5).astype(np.uint8))


def blurred_shadow_mask(mask: Image.Image, *, blur: int, alpha: int) -> tuple[Image.Image, int]:
    """Return the blurred shadow of a mask as a larger mask, and the pixels by which it is larger on each side."""
    edge = blur * 3 // _SHADOW_DOWNSCALE
    small = (mask.width // _SHADOW_DOWNSCALE, mask.height // _SHADOW_DOWNSCALE)
    thin = Image.new("L", (small[0] + 2 * edge, small[1] + 2 * edge))
    thin.paste(
        mask.resize(small, Image.Resampling.BILINEAR).point([v * alpha // 255 for v in range(256)]), (edge, edge)
    )
    soft = thin.filter(ImageFilter.GaussianBlur(blur / _SHADOW_DOWNSCALE))
    whole = (soft.width * _SHADOW_DOWNSCALE, soft.height * _SHADOW_DOWNSCALE)
    return soft.resize(whole, Image.Resampling.BILINEAR), edge * _SHADOW_DOWNSCALE


def scale_and_crop_picture_to_size(picture: Image.Image, size: PixelSize) -> Image.Image:
    """Return an opaque picture scaled to cover a size, and cropped to its middle; white shows through."""
    box = _find_covering_box(picture.size, size)
    return flatten_picture_on_white(picture).resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _find_covering_box(inner: PixelSize, outer: PixelSize) -> tuple[float, float, float, float]:
    """Return the middle of a picture of size `inner` in the shape of `outer`, as left, top, right and bottom.

    Rounding may put an edge a fraction of a pixel outside the picture, which Pillow refuses: it is moved inside.
    """
    left, top, right, bottom = find_crop(inner, outer, (0.5, 0.5))
    return left * inner[0], top * inner[1], min(right, 1.0) * inner[0], min(bottom, 1.0) * inner[1]


def flatten_picture_on_white(picture: Image.Image) -> Image.Image:
    """Return a picture in RGB: its transparent parts are white, not black as in a plain conversion."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    flat = Image.new("RGB", picture.size, "white")
    layer = picture.convert("RGBA")
    flat.paste(layer, mask=layer.getchannel("A"))
    return flat
