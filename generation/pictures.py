"""Untrusted pictures: decoded within limits, upright and in sRGB, or refused with a code.

SVG drawings are cleaned before they become bitmaps, since the renderer alone would read files.
"""

import io
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from generation.drawings import CleanedDrawing, clean_drawing
from generation.picture_limits import MAX_RATIO, check_bytes, check_size
from schemas.errors import GenerationError, PictureRefused

#: Maximum side after decoding.
DECODED_SIDE_PX = 2_600
#: Minimum side of a logo.
MIN_LOGO_PX = 48
#: Maximum aspect ratio of a logo.
MAX_LOGO_RATIO = 4
#: Minimum alpha of a visible pixel, of 255.
MIN_ALPHA = 32

FORMATS = ("JPEG", "PNG", "WEBP")
_SVG = re.compile(rb"\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)")
_MAX_PROFILE = 4 << 20
_UNREADABLE = (OSError, ValueError, SyntaxError, KeyError, IndexError, EOFError, MemoryError)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_SRGB = ImageCms.createProfile("sRGB")
#: Signals of the kernel's OOM killer, of a service manager and of a terminal. The limits of `rasterizer.py`
#: end its process by other signals.
HOST_SIGNALS = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def read(data: bytes) -> Image.Image:
    """Decode a picture to RGB, or to RGBA if it has transparency. Raises `PictureRefused`."""
    check_bytes(len(data))
    if _SVG.match(data.removeprefix(b"\xef\xbb\xbf")):
        return _open(rasterize(data))
    return _open(data)


def _open(data: bytes) -> Image.Image:
    try:
        with _bombs_as_errors(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            check_size(*image.size)
            return _decode(image)
    except _BOMBS:
        raise PictureRefused("PICTURE_TOO_LARGE", "the picture has too many pixels") from None
    except UnidentifiedImageError:
        raise PictureRefused("PICTURE_TYPE", f"the picture is none of {', '.join(FORMATS)}, SVG") from None
    except _UNREADABLE as error:
        raise PictureRefused("PICTURE_UNREADABLE", f"the picture is damaged: {error}") from None


@contextmanager
def _bombs_as_errors() -> Iterator[None]:
    """Turn Pillow's decompression bomb warning into an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _decode(image: Image.Image) -> Image.Image:
    """Decode the first frame upright, scaled down while reading if it is larger than the maximum side."""
    profile = image.info.get("icc_profile")
    image.draft("RGB", (DECODED_SIDE_PX, DECODED_SIDE_PX))
    image.load()
    upright = ImageOps.exif_transpose(image)
    if max(upright.size) > DECODED_SIDE_PX:
        upright.thumbnail((DECODED_SIDE_PX, DECODED_SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _convert(_eight_bits(upright), profile)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Keep the upper 8 of 16 bits a channel: Pillow's own conversion clips all bright values to white."""
    if not image.mode.startswith("I"):
        return image
    return Image.frombytes("L", image.size, image.convert("I;16").tobytes()[1::2])


def _convert(image: Image.Image, profile: object) -> Image.Image:
    transparent = image.has_transparency_data
    alpha = image.convert("RGBA").getchannel("A") if transparent else None
    flat = image if image.mode in {"RGB", "CMYK"} else image.convert("RGB")
    if isinstance(profile, bytes) and len(profile) < _MAX_PROFILE:
        flat = _in_srgb(flat, profile)
    plain = flat.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        plain.putalpha(alpha)
    return plain


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert to sRGB by the embedded profile; return the image unchanged if the profile is invalid."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image


def logo(data: bytes) -> Image.Image | None:
    """Decode a logo, cropped to its visible part; None if tiny or very long. Raises `PictureRefused`."""
    image = read(data)
    if image.mode == "RGBA":
        box = image.getchannel("A").point([255 * (value >= MIN_ALPHA) for value in range(256)]).getbbox()
        image = image.crop(box) if box else image.resize((1, 1))
    small, large = sorted(image.size)
    return image if small >= MIN_LOGO_PX and large <= MAX_LOGO_RATIO * small else None


def rasterize(data: bytes) -> bytes:
    """Render a drawing to a PNG in a subprocess. Raises `PictureRefused`, also if a limit killed the process.

    Such a refusal is final: the same drawing costs the same in each attempt. Raises `GenerationError` if the
    host killed the process, which proves nothing about the drawing.
    """
    drawing = clean_drawing(data)
    command = [sys.executable, "-m", "generation.rasterizer", _longer_side(drawing)]
    process = subprocess.run(command, check=False, input=drawing.text.encode(), capture_output=True, env={})
    if -process.returncode in HOST_SIGNALS:
        raise GenerationError("RENDERER_KILLED", "the renderer of a drawing was ended by its host")
    if process.returncode < 0:
        raise PictureRefused(
            "PICTURE_TOO_COSTLY",
            "the drawing takes more CPU or memory than it may: simplify it, or give a PNG",
        )
    if process.returncode:
        message = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise PictureRefused("PICTURE_UNREADABLE", f"the drawing is damaged: {message}")
    return process.stdout


def _longer_side(drawing: CleanedDrawing) -> str:
    """Return the renderer's argument: the longer side, so that the other side stays within the limit."""
    width, height = drawing.width, drawing.height
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureRefused("PICTURE_TOO_NARROW", f"the drawing measures {width:g} x {height:g}")
    return "width" if width >= height else "height"
