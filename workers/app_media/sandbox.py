"""App media of a sandbox: the same file for the same address, without network access.

`https://example.test/{blocked,missing,not-media,too-large}` fail (docs/reference/sandbox.md).
"""

from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import urlsplit
from zlib import crc32

from schemas.app_media import AppMediaKind
from schemas.errors import FetchBlocked, SourceError, SourceNotFound, TooLarge
from workers.app_media import quicktime, sample_pictures

HOST = "example.test"
FAILING_PATHS: Mapping[str, type[SourceError]] = {
    "/blocked": FetchBlocked,
    "/missing": SourceNotFound,
    "/too-large": TooLarge,
}
SCREENS, FRAMES, FRAME_MS = 5, 36, 250


def get_file(kind: AppMediaKind, url: str) -> bytes:
    """Return the file of an address. Raises a `SourceError`."""
    parts = urlsplit(url)
    if parts.hostname == HOST and (error := FAILING_PATHS.get(parts.path)):
        raise error(f"{HOST}{parts.path} is the sandbox's example of this failure")
    if parts.hostname == HOST and parts.path == "/not-media":
        return b"<!doctype html><title>No picture</title>"
    return FILES[kind](crc32(url.encode()))


@cache
def screenshot(number: int) -> bytes:
    """Return one of a few screenshots, by any number."""
    return sample_pictures.encode_png(sample_pictures.draw_screen(number))


@cache
def logo() -> bytes:
    return sample_pictures.encode_png(sample_pictures.draw_logo())


@cache
def end_card() -> bytes:
    return sample_pictures.encode_png(sample_pictures.draw_end_card())


@cache
def demo_video() -> bytes:
    return quicktime.build_mov([*sample_pictures.draw_frames(FRAMES)], sample_pictures.FRAME, ms=FRAME_MS)


FILES: Mapping[AppMediaKind, Callable[[int], bytes]] = {
    "logo": lambda _: logo(),
    "screenshot": lambda number: screenshot(number % SCREENS),
    "demo_video": lambda _: demo_video(),
    "end_card": lambda _: end_card(),
}
