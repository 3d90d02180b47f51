"""Instagram's validation of a file, by its reference (IG User Media)."""

import asyncio
import io
import struct
from collections.abc import Iterator

import httpx
from PIL import Image, UnidentifiedImageError
from pymediainfo import MediaInfo

from tests.peers.simulators.instagram_errors import Refusal, named

IMAGE_BYTES_MAX, VIDEO_BYTES_MAX = 8 << 20, 300 << 20
#: Real seconds.
FETCH_TIMEOUT_S = 100.0
#: Aspect ratios, width by height, minimum and maximum.
ASPECTS, FILM_ASPECTS = (0.8, 1.91), (0.01, 10.0)
FILM_MS = (3_000, 15 * 60 * 1000)
FILM_WIDTH_MAX = 1920
CODECS = frozenset({"AVC", "HEVC"})

#: Tolerance: a rounded side may be half a pixel off.
_SLACK = 0.005
_ORIENTATION, _SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})


def judge_image(content: bytes) -> Refusal | None:
    if len(content) > IMAGE_BYTES_MAX:
        return named("image_too_large")
    try:
        with Image.open(io.BytesIO(content)) as image:
            found, size = image.format, image.size
            turned = image.getexif().get(_ORIENTATION) in _SIDEWAYS
            image.load()  # A truncated file still has a whole header.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return named("fetch_failed")
    if found != "JPEG":  # MPO is one of JPEG's extended formats, which Instagram refuses.
        return named("image_format", format=found)
    width, height = reversed(size) if turned else size
    if not ASPECTS[0] - _SLACK <= width / height <= ASPECTS[1] + _SLACK:
        return named("image_aspect", ratio=f"{width / height:.3f}")
    return None


def judge_film(content: bytes) -> Refusal | None:
    boxes = list(_boxes(content))
    if not boxes or boxes[0] != b"ftyp":
        return named("video_format")
    if len(content) > VIDEO_BYTES_MAX:
        return named("video_unusable", why="it is too large")
    if b"moov" not in boxes or b"mdat" in boxes[: boxes.index(b"moov")]:
        return named("video_unusable", why="its moov atom isn't at the front")
    return _judge_track(content)


def _judge_track(content: bytes) -> Refusal | None:
    tracks = MediaInfo.parse(io.BytesIO(content)).video_tracks
    if not tracks or tracks[0].format not in CODECS:
        return named("video_format")
    width, height, ms = (float(getattr(tracks[0], name) or 0) for name in ("width", "height", "duration"))
    if not FILM_MS[0] <= ms <= FILM_MS[1]:
        return named("video_unusable", why=f"it lasts {ms:.0f} ms")
    if width > FILM_WIDTH_MAX or not FILM_ASPECTS[0] <= width / height <= FILM_ASPECTS[1]:
        return named("video_unusable", why=f"it is {width:.0f} x {height:.0f}")
    return None


def _boxes(content: bytes) -> Iterator[bytes]:
    """Yield the names of a file's outer boxes (ISO/IEC 14496-12) until the first invalid one."""
    at = 0
    while at + 16 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        if size == 1:
            size = struct.unpack_from(">Q", content, at + 8)[0]
        yield name
        at += size if size >= 8 else len(content)


HEADERS = {
    "User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Accept-Encoding": "identity",
}


async def fetch(url: str, *, bytes_max: int) -> bytes | Refusal:
    """Fetch the first `bytes_max` + 1 bytes without redirects, or return a refusal."""
    try:
        async with (
            asyncio.timeout(FETCH_TIMEOUT_S),
            httpx.AsyncClient(timeout=None, trust_env=False, verify=False, headers=HEADERS) as http,
            http.stream("GET", url) as answer,
        ):
            return _refused(answer, url) or await _read(answer, bytes_max)
    except TimeoutError:
        return named("fetch_slow")
    except (httpx.TransportError, httpx.InvalidURL):
        return named("fetch_failed", uri=url)


def _refused(answer: httpx.Response, url: str) -> Refusal | None:
    if answer.status_code == httpx.codes.GONE:
        return named("fetch_gone")
    kind = answer.headers.get("content-type", "")
    if answer.status_code != httpx.codes.OK or not kind.startswith(("image/", "video/")):
        return named("fetch_failed", uri=url)
    return None


async def _read(answer: httpx.Response, bytes_max: int) -> bytes:
    content = bytearray()
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > bytes_max:
            break
    return bytes(content[: bytes_max + 1])
