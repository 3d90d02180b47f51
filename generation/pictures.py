"""Untrusted pictures: decoded within limits, upright and in sRGB, or refused with a code.

SVG drawings are cleaned before they become bitmaps, since the renderer alone would read files.
"""

import io
import re
import signal
import subprocess
import sys
import warnings

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from generation.drawings import CleanedSvgDrawing, clean_svg_drawing
from generation.picture_limits import (
    MAX_PICTURE_SIDE_RATIO,
    check_picture_byte_count,
    check_picture_size,
    is_too_long_for_logo,
)
from schemas.errors import GenerationError, PictureRefused

#: Maximum side after decoding.
MAX_DECODED_SIDE_PX = 2_600
#: Minimum side of a logo.
MIN_LOGO_SIDE_PX = 48
#: Minimum alpha of a visible pixel, of 255.
MIN_VISIBLE_ALPHA = 32

BITMAP_FORMATS = ("JPEG", "PNG", "WEBP")
_SVG_START_PATTERN = re.compile(rb"\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)")
_MAX_USED_ICC_PROFILE_BYTES = 4 << 20
_PICTURE_DECODING_ERRORS = (OSError, ValueError, SyntaxError, KeyError, IndexError, EOFError, MemoryError)
_DECOMPRESSION_BOMB_ERRORS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_SRGB_PROFILE = ImageCms.createProfile("sRGB")
#: Signals of the kernel's OOM killer, of a service manager and of a terminal. The limits of `rasterizer.py`
#: end its process by other signals.
KILL_SIGNALS_NOT_BY_LIMIT = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def decode_picture(data: bytes) -> Image.Image:
    """Decode an untrusted bitmap or SVG to RGB, transparent to RGBA. Raises `PictureRefused`, `GenerationError`."""
    check_picture_byte_count(len(data))
    if _SVG_START_PATTERN.match(data.removeprefix(b"\xef\xbb\xbf")):
        return _decode_bitmap(rasterize_svg(data))
    return _decode_bitmap(data)


def _decode_bitmap(data: bytes) -> Image.Image:
    try:
        with (
            warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(data), formats=BITMAP_FORMATS) as image,
        ):
            check_picture_size(*image.size)
            return _decode_picture_upright(image)
    except _DECOMPRESSION_BOMB_ERRORS:
        raise PictureRefused("PICTURE_TOO_LARGE", "the picture has too many pixels") from None
    except UnidentifiedImageError:
        raise PictureRefused("PICTURE_TYPE", f"the picture is none of {', '.join(BITMAP_FORMATS)}, SVG") from None
    except _PICTURE_DECODING_ERRORS as error:
        raise PictureRefused("PICTURE_UNREADABLE", f"the picture is damaged: {error}") from None


def _decode_picture_upright(image: Image.Image) -> Image.Image:
    """Return a picture's first frame in RGB or RGBA, turned upright, and scaled down to the maximum side."""
    profile = image.info.get("icc_profile")
    image.draft("RGB", (MAX_DECODED_SIDE_PX, MAX_DECODED_SIDE_PX))
    image.load()
    upright = ImageOps.exif_transpose(image)
    if max(upright.size) > MAX_DECODED_SIDE_PX:
        upright.thumbnail((MAX_DECODED_SIDE_PX, MAX_DECODED_SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _convert_picture_to_rgb_or_rgba(_reduce_channels_to_eight_bits(upright), profile)


def _reduce_channels_to_eight_bits(image: Image.Image) -> Image.Image:
    """Keep the upper 8 of a picture's 16 bits a channel: Pillow clips bright values. Leave other pictures unchanged."""
    if not image.mode.startswith("I"):
        return image
    return Image.frombytes("L", image.size, image.convert("I;16").tobytes()[1::2])


def _convert_picture_to_rgb_or_rgba(image: Image.Image, profile: object) -> Image.Image:
    transparent = image.has_transparency_data
    alpha = image.convert("RGBA").getchannel("A") if transparent else None
    flat = image if image.mode in {"RGB", "CMYK"} else image.convert("RGB")
    if isinstance(profile, bytes) and len(profile) < _MAX_USED_ICC_PROFILE_BYTES:
        flat = _convert_picture_to_srgb(flat, profile)
    plain = flat.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        plain.putalpha(alpha)
    return plain


def _convert_picture_to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return a picture converted to sRGB by its color profile; return it unchanged if the profile is invalid."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB_PROFILE, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image


def decode_logo(data: bytes) -> Image.Image | None:
    """Decode a logo, cropped to its visible part; None if under 48 px or too long. Raises like `decode_picture`."""
    image = decode_picture(data)
    if image.mode == "RGBA":
        box = image.getchannel("A").point([255 * (value >= MIN_VISIBLE_ALPHA) for value in range(256)]).getbbox()
        image = image.crop(box) if box else image.resize((1, 1))
    return image if min(image.size) >= MIN_LOGO_SIDE_PX and not is_too_long_for_logo(*image.size) else None


def rasterize_svg(data: bytes) -> bytes:
    """Return an untrusted SVG drawing as a PNG, rendered in a subprocess. Raises `PictureRefused`.

    A drawing is also refused if a limit killed the process: it costs the same in each attempt. Raises
    `GenerationError` if the host killed the process, which proves nothing about the drawing.
    """
    drawing = clean_svg_drawing(data)
    command = [sys.executable, "-m", "generation.rasterizer", _name_of_longer_svg_side(drawing)]
    process = subprocess.run(command, check=False, input=drawing.text.encode(), capture_output=True, env={})
    if -process.returncode in KILL_SIGNALS_NOT_BY_LIMIT:
        raise GenerationError("RENDERER_KILLED", "the renderer of a drawing was ended by its host")
    if process.returncode < 0:
        raise PictureRefused(
            "PICTURE_TOO_COSTLY", "the drawing takes more CPU or memory than it may: simplify it, or give a PNG"
        )
    if process.returncode:
        message = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is damaged: {message}")
    return process.stdout


def _name_of_longer_svg_side(drawing: CleanedSvgDrawing) -> str:
    """Return `width` or `height`, the longer side of a drawing. Raises `PictureRefused` if the drawing is too narrow.

    The renderer scales that side to the limit, so that the other one is within it.
    """
    width, height = drawing.width, drawing.height
    if max(width, height) > MAX_PICTURE_SIDE_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"the drawing measures {width:g} x {height:g}")
    return "width" if width >= height else "height"
