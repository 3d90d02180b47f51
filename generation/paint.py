"""Paint: grounds, shapes, shadows and sprites on Pillow images, antialiased."""

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageFilter

from generation.color import RGB
from generation.seeds import seeded_noise_bytes, seeded_random_between

PixelSize: TypeAlias = tuple[int, int]
FloatChannel: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float32]]"

#: Grounds are drawn at a sixth of their size.
_GRADIENT_BACKGROUND_DOWNSCALE = 6
_SHADOW_DOWNSCALE = 4
#: Side of the noise tile that hides colour banding.
_BACKGROUND_NOISE_TILE_SIDE_PX = 256
#: Maximum change of a channel.
_BANDING_NOISE_AMPLITUDE = 2
_COLOR_BLENDING_GAMMA = 2.2
#: Exponent of the superellipse of an app icon.
_SQUIRCLE_EXPONENT = 5.0


def draw_gradient_background(size: PixelSize, tints: tuple[RGB, ...], seed: str) -> Image.Image:
    """Return a background image: the first tint, with soft spots of the others by a seed, and noise against banding."""
    width, height = (max(8, side // _GRADIENT_BACKGROUND_DOWNSCALE) for side in size)
    y, x = np.mgrid[:height, :width]
    across, down = x / width, y / width
    mixed = np.broadcast_to(np.array(tints[0]) ** _COLOR_BLENDING_GAMMA, (height, width, 3))
    for number, tint in enumerate(tints[1:]):
        left = seeded_random_between(-0.1, 1.1, seed, f"x{number}")
        top = seeded_random_between(-0.1, 1.1, seed, f"y{number}") * height / width
        spread = seeded_random_between(0.24, 0.38, seed, f"spread{number}")
        share = np.exp(-((across - left) ** 2 + (down - top) ** 2) / (2 * spread**2))[..., None]
        mixed = mixed * (1 - share) + (np.array(tint) ** _COLOR_BLENDING_GAMMA) * share
    small = (mixed ** (1 / _COLOR_BLENDING_GAMMA)).astype(np.float32)
    grain = _make_noise_grain(size, seed)
    whole = [_enlarge_channel(small[..., channel], size) + grain for channel in range(3)]
    return Image.fromarray(np.stack(whole, axis=-1).clip(0, 255).astype(np.uint8))


def _enlarge_channel(channel: FloatChannel, size: PixelSize) -> FloatChannel:
    """Return a color channel enlarged to `size`, in floats, so that noise hides every step."""
    image = Image.fromarray(np.ascontiguousarray(channel))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))


def _make_noise_grain(size: PixelSize, seed: str) -> FloatChannel:
    """Return noise for a picture of this size, the same for all color channels, so that it changes no hue.

    Its mean is 0.5, since the later conversion to integers truncates.
    """
    raw = np.frombuffer(seeded_noise_bytes(seed, _BACKGROUND_NOISE_TILE_SIDE_PX**2), np.uint8).reshape(
        _BACKGROUND_NOISE_TILE_SIDE_PX, _BACKGROUND_NOISE_TILE_SIDE_PX
    )
    tile = ((raw + 0.5) / 256 * (2 * _BANDING_NOISE_AMPLITUDE) - _BANDING_NOISE_AMPLITUDE + 0.5).astype(np.float32)
    across, down = (math.ceil(side / _BACKGROUND_NOISE_TILE_SIDE_PX) for side in size)
    return np.tile(tile, (down, across))[: size[1], : size[0]]


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


@lru_cache(maxsize=16)
def squircle_mask(side: int) -> Image.Image:
    """Return a mask of the superellipse that phones use for app icons."""
    place = np.abs((np.arange(side) + 0.5) / side * 2 - 1) ** _SQUIRCLE_EXPONENT
    distance = (place[None] + place[:, None]) ** (1 / _SQUIRCLE_EXPONENT)
    return Image.fromarray((np.clip((1 - distance) * side / 2 + 0.5, 0, 1) * 255).astype(np.uint8))


def draw_disc_fading_downwards(image: Image.Image, center: PixelSize, radius: int, color: RGB) -> None:
    """Draw a disc onto an image. It fades out towards its bottom, and is clipped to the image."""
    left, top = max(0, center[0] - radius), max(0, center[1] - radius)
    right, bottom = min(image.width, center[0] + radius), min(image.height, center[1] + radius)
    if left >= right or top >= bottom:
        return
    y, x = np.ogrid[top:bottom, left:right]
    distance = np.hypot(x + np.float32(0.5 - center[0]), y + np.float32(0.5 - center[1]))
    fading = np.clip((center[1] + radius * 0.72 - y) / (radius * 1.6), 0, 1)
    share = np.clip(radius - distance, 0, 1) * fading
    image.paste(color, (left, top), Image.fromarray((share * 255 + 0.5).astype(np.uint8)))


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


def scale_and_crop_picture_to_size(picture: Image.Image, size: PixelSize, *, top: bool = False) -> Image.Image:
    """Return an opaque picture scaled to cover a size, and cropped to its middle or its top; white shows through."""
    box = _find_covering_box(picture.size, size, top=top)
    return flatten_picture_on_white(picture).resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _find_covering_box(inner: PixelSize, outer: PixelSize, *, top: bool) -> tuple[float, float, float, float]:
    """Return the part of a picture of size `inner` that has the shape of `outer`, as left, top, right and bottom.

    Rounding may put an edge a fraction of a pixel outside the picture, which Pillow refuses: it is moved inside.
    """
    scale = max(outer[0] / inner[0], outer[1] / inner[1])
    width, height = outer[0] / scale, outer[1] / scale
    left, upper = max(0.0, (inner[0] - width) / 2), 0.0 if top else max(0.0, (inner[1] - height) / 2)
    return left, upper, min(left + width, inner[0]), min(upper + height, inner[1])


def flatten_picture_on_white(picture: Image.Image) -> Image.Image:
    """Return a picture in RGB: its transparent parts are white, not black as in a plain conversion."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    flat = Image.new("RGB", picture.size, "white")
    layer = picture.convert("RGBA")
    flat.paste(layer, mask=layer.getchannel("A"))
    return flat


def rotate_and_halve_sprite(double: Image.Image, degrees: float) -> Image.Image:
    """Rotate a sprite that was drawn at twice its size, then halve it, so that its edges stay smooth."""
    return double.rotate(degrees, Image.Resampling.BICUBIC, expand=True).reduce(2)
