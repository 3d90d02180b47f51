"""Roles of pictures: a photo, a product, a screen, a store's shot or a logo, told by their pixels.

Measured on a 256-pixel copy of 25 pictures from four repositories (2026-12-03): at most 0.23 of a photo's pixels
are flat, at least 0.58 of a screen's. A person and a place are told by a partner only.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from generation import attention
from generation.attention import ShareBox
from generation.fingerprints import compute_fingerprint
from generation.picture_limits import MIN_WORDMARK_RATIO
from schemas.pictures import PictureRole

#: Longer side of an analyzed picture, in pixels.
ANALYZED_SIDE_PX = 256
#: Largest difference of a channel between neighbours that are flat.
_FLAT_DIFFERENCE = 2
#: Share of flat pixels from which a picture was drawn by a program.
MIN_DRAWN_FLAT_SHARE = 0.5
#: Share of transparent pixels of a cut-out.
MIN_CUT_OUT_SHARE = 0.05
#: Share of a logo's pixels in its eight main colors.
MIN_LOGO_COLOR_SHARE = 0.75
_MAIN_COLOR_COUNT = 8
#: Colors of an opaque logo, at most.
MAX_OPAQUE_LOGO_COLORS = 5
#: Smallest share of a color that counts.
_MIN_COLOR_SHARE = 0.002
#: Width to height of a phone's or tablet's upright screen, at most.
MAX_UPRIGHT_SCREEN_RATIO = 0.8
#: Shorter side of a picture that can be a screen, in pixels.
MIN_SCREEN_SIDE_PX = 300
#: Step of a channel at a phone's edge, and the share of rows that has it.
_FRAME_EDGE_DIFFERENCE, _MIN_FRAME_EDGE_SHARE = 40, 0.6
#: Columns in which a phone's edges lie in a store's shot, and rows, as shares.
_FRAME_COLUMNS, _FRAME_ROWS = (0.03, 0.3), (0.4, 0.9)
#: Share of a picture's border of one color from which it shows a thing on a ground.
_MAX_BORDER_DEVIATION = 10.0

_PixelArray = np.ndarray[tuple[int, int, int], np.dtype[np.int16]]


class PictureTraits(NamedTuple):
    """A picture's role, the point to keep visible and its subject's box, as shares of its sides."""

    role: PictureRole = "photo"
    focus: tuple[float, float] = (0.5, 0.5)
    subject: ShareBox | None = None
    cut_out: bool = False


def read_picture_traits(image: Image.Image, *, declared: PictureRole | None = None) -> PictureTraits:
    """Return a picture's traits; `declared` is a partner's role, which decides."""
    small = attention.shrink_to_analyzed_size(image, ANALYZED_SIDE_PX)
    cut_out = is_cut_out(small)
    role = declared or detect_picture_role(small, image.size)
    weights = attention.attention_map(image)
    return PictureTraits(role, attention.find_focus(weights), attention.find_subject(weights), cut_out)


def summarize_picture(image: Image.Image, size: tuple[int, int]) -> tuple[PictureRole, bytes]:
    """Return the role and the fingerprint of a picture in RGB or RGBA; `size` is that of its file."""
    return detect_picture_role(image, size), compute_fingerprint(image, size)


def detect_picture_role(image: Image.Image, size: tuple[int, int]) -> PictureRole:
    """Return the role of a picture in RGB or RGBA by its pixels; `size` is that of its file."""
    small = attention.shrink_to_analyzed_size(image, ANALYZED_SIDE_PX)
    pixels = np.asarray(small.convert("RGB")).astype(np.int16)
    return find_picture_role(pixels, size, is_cut_out=is_cut_out(small))


def is_cut_out(small: Image.Image) -> bool:
    """Return whether a part of a picture is transparent."""
    if small.mode != "RGBA":
        return False
    return float((np.asarray(small.getchannel("A")) < 128).mean()) >= MIN_CUT_OUT_SHARE


def find_picture_role(pixels: _PixelArray, size: tuple[int, int], *, is_cut_out: bool) -> PictureRole:
    """Return the role of a picture by the pixels of its small copy and its own size."""
    ratio = size[0] / size[1]
    if is_cut_out:
        if measure_main_color_share(pixels) < MIN_LOGO_COLOR_SHARE:
            return "product"
        return "wordmark" if ratio >= MIN_WORDMARK_RATIO else "logo"
    if measure_flat_share(pixels) < MIN_DRAWN_FLAT_SHARE:
        return "product" if _has_plain_border(pixels) else "photo"
    if min(size) < MIN_SCREEN_SIDE_PX or count_colors(pixels) <= MAX_OPAQUE_LOGO_COLORS:
        return "wordmark" if ratio >= MIN_WORDMARK_RATIO else "logo"
    return "framed" if ratio <= MAX_UPRIGHT_SCREEN_RATIO and has_phone_inside(pixels) else "screenshot"


def measure_flat_share(pixels: _PixelArray) -> float:
    """Return the share of pixels that equal their right and lower neighbours; 0 for a picture of one row or column."""
    if min(pixels.shape[:2]) < 2:
        return 0.0
    down = np.abs(np.diff(pixels, axis=0)).max(2)[:, :-1]
    across = np.abs(np.diff(pixels, axis=1)).max(2)[:-1]
    return float(((down <= _FLAT_DIFFERENCE) & (across <= _FLAT_DIFFERENCE)).mean())


def count_colors(pixels: _PixelArray) -> int:
    """Return the number of colors, in 16 steps a channel, with at least a five-hundredth of the pixels."""
    return int((_measure_color_shares(pixels) >= _MIN_COLOR_SHARE).sum())


def measure_main_color_share(pixels: _PixelArray) -> float:
    """Return the share of the pixels in the eight most frequent colors, in 16 steps a channel."""
    return float(np.sort(_measure_color_shares(pixels))[-_MAIN_COLOR_COUNT:].sum())


def _measure_color_shares(pixels: _PixelArray) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    steps = pixels >> 4
    codes = (steps[..., 0] << 8) | (steps[..., 1] << 4) | steps[..., 2]
    return np.bincount(codes.ravel(), minlength=4096) / codes.size


def has_phone_inside(pixels: _PixelArray) -> bool:
    """Return whether a picture shows a phone's long upright edges at both sides, away from its own edges."""
    height, width = pixels.shape[:2]
    rows = pixels[round(_FRAME_ROWS[0] * height) : round(_FRAME_ROWS[1] * height)]
    if width < 20 or not len(rows):
        return False
    edges = (np.abs(np.diff(rows, axis=1)).max(2) > _FRAME_EDGE_DIFFERENCE).mean(axis=0)
    first, last = round(_FRAME_COLUMNS[0] * width), round(_FRAME_COLUMNS[1] * width)
    left, right = edges[first:last], edges[::-1][first:last]
    return bool(len(left)) and min(float(left.max()), float(right.max())) >= _MIN_FRAME_EDGE_SHARE


def _has_plain_border(pixels: _PixelArray) -> bool:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return float(border.std(axis=0).max()) < _MAX_BORDER_DEVIATION
