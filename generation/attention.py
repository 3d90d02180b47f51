"""Attention: how much each part of a picture draws the eye, by edges, colour and skin.

Boxes are shares of the picture: left, top, right, bottom.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

FloatPicture: TypeAlias = npt.NDArray[np.float32]
ShareBox: TypeAlias = tuple[float, float, float, float]

LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
EDGE_ATTENTION_WEIGHT = 0.5
SKIN_ATTENTION_WEIGHT = 0.8
#: Longer side of an analyzed picture.
ANALYZED_PICTURE_SIDE_PX = 160
_COLOR_ATTENTION_WEIGHT = 0.6
#: Mean of edges or of motion, in steps of luma, that gives half of the maximum.
_MEAN_EXCESS_AT_HALF_ATTENTION = 2.0
#: Radius that joins the edges of one subject.
_ATTENTION_BLUR_PX = 4
#: Share of the attention outside a subject, on each of its four sides.
_SHARE_OUTSIDE_EACH_SUBJECT_SIDE = 0.06


def attention_map(image: Image.Image) -> FloatPicture:
    """Return the attention of each pixel of a small copy, as rows and columns with a sum of 1.

    Transparent pixels draw none. A picture without any detail draws the same everywhere.
    """
    small = shrink_to_analyzed_size(image, ANALYZED_PICTURE_SIDE_PX)
    frame, alpha = split_frame_and_alpha(small)
    luma = frame @ LUMA_WEIGHTS
    ground = np.median(np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]]), axis=0)
    skin = find_skin_colored_pixels(frame).astype(np.float32)
    weighed = (
        EDGE_ATTENTION_WEIGHT * exceed_twice_median(measure_edges(luma))
        + _COLOR_ATTENTION_WEIGHT * exceed_twice_median(np.abs(frame - ground).mean(axis=2))
        + SKIN_ATTENTION_WEIGHT * np.maximum(0, skin - skin.mean())
    ) * alpha
    smooth = _blur(np.asarray(weighed, np.float32)) * (alpha > 0)
    total = float(smooth.sum())
    return np.asarray(smooth / total if total > 0 else np.full(smooth.shape, 1 / smooth.size), np.float32)


def shrink_to_analyzed_size(image: Image.Image, side: int) -> Image.Image:
    """Return a copy in RGB or RGBA of which the longer side has at most `side` pixels, and no side less than one."""
    flat = image if image.mode in {"RGB", "RGBA"} else image.convert("RGBA" if image.has_transparency_data else "RGB")
    scale = min(1.0, side / max(flat.size))
    size = max(1, round(flat.width * scale)), max(1, round(flat.height * scale))
    return flat if size == flat.size else flat.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def split_frame_and_alpha(small: Image.Image) -> tuple[FloatPicture, FloatPicture]:
    """Return the colours of a picture on white, and its opacity from 0 to 1."""
    pixels = np.asarray(small, np.float32)
    if small.mode != "RGBA":
        return pixels, np.ones(pixels.shape[:2], np.float32)
    alpha = pixels[..., 3] / 255
    on_white = pixels[..., :3] * alpha[..., None] + 255 * (1 - alpha[..., None])
    return np.asarray(on_white, np.float32), np.asarray(alpha, np.float32)


def measure_edges(luma: FloatPicture) -> FloatPicture:
    return np.abs(np.diff(luma, axis=1, append=luma[:, -1:])) + np.abs(np.diff(luma, axis=0, append=luma[-1:]))


def exceed_twice_median(values: FloatPicture) -> FloatPicture:
    """Return by how much each value exceeds twice the median, else 0, scaled to a mean of at most 1.

    Only the excess over most of a picture counts, so that grain has no effect.
    """
    above = np.maximum(0, values - 2 * np.median(values) - 1)
    return np.asarray(above / (above.mean() + _MEAN_EXCESS_AT_HALF_ATTENTION), np.float32)


def find_skin_colored_pixels(frame: FloatPicture) -> "npt.NDArray[np.bool_]":
    red, green, blue = frame[..., 0], frame[..., 1], frame[..., 2]
    return (red > 80) & (red > green + 12) & (green > blue) & (red - blue > 24) & (red - blue < 120)


def _blur(values: FloatPicture) -> FloatPicture:
    # Pillow blurs no floats: 8 bits are enough for a weight.
    peak = float(values.max())
    if peak <= 0:
        return values
    scaled = Image.fromarray((values / peak * 255 + 0.5).astype(np.uint8))
    return np.asarray(scaled.filter(ImageFilter.BoxBlur(_ATTENTION_BLUR_PX)), np.float32)


def find_subject(attention: FloatPicture) -> ShareBox:
    """Return the box of a picture's subject: most of its attention in each direction."""
    left, right = _find_span(attention.sum(axis=0))
    top, bottom = _find_span(attention.sum(axis=1))
    return left, top, right, bottom


def _find_span(weights: FloatPicture) -> tuple[float, float]:
    reached = np.cumsum(weights) / max(float(weights.sum()), 1e-9)
    first = int(np.searchsorted(reached, _SHARE_OUTSIDE_EACH_SUBJECT_SIDE))
    last = int(np.searchsorted(reached, 1 - _SHARE_OUTSIDE_EACH_SUBJECT_SIDE))
    return min(first, len(weights) - 1) / len(weights), min(1.0, (last + 1) / len(weights))


def find_focus(attention: FloatPicture) -> tuple[float, float]:
    """Return the centre of a picture's attention, as shares of its width and height."""
    rows, columns = attention.shape
    x = float(attention.sum(axis=0) @ ((np.arange(columns) + 0.5) / columns))
    y = float(attention.sum(axis=1) @ ((np.arange(rows) + 0.5) / rows))
    return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
