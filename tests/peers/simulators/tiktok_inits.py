"""Bodies of the three inits, and their validation."""

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from tests.peers.simulators.tiktok_errors import refused
from tests.peers.simulators.tiktok_people import LEVELS, Creator, TikTokApp

#: A megabyte is the stricter of 10**6 and 2**20: their pages use both. Neither the maximal number of chunks
#: (1000) nor the largest last one (128 MB) can be reached within these limits.
MB, MIB = 10**6, 1 << 20
SMALLEST_CHUNK, LARGEST_CHUNK = 5 * MIB, 64 * MB
LARGEST_FILE = 4 * 10**9
MOST_PHOTOS = 35


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of bodies. TikTok ignores unknown fields; here they are errors, since only a bug sends them."""


class VideoInfo(Body):
    title: str = ""
    privacy_level: str | None = None
    disable_duet: bool = False
    disable_stitch: bool = False
    disable_comment: bool = False
    video_cover_timestamp_ms: int = 0
    brand_content_toggle: bool = False
    brand_organic_toggle: bool = False
    is_aigc: bool = False


class VideoSource(Body):
    source: Literal["FILE_UPLOAD"]
    video_size: int | None = None
    chunk_size: int | None = None
    total_chunk_count: int | None = None


class VideoInit(Body):
    post_info: VideoInfo
    source_info: VideoSource


class Titled(Body):
    title: str = ""


class InboxInit(Body):
    source_info: VideoSource
    post_info: Titled = msgspec.field(default_factory=Titled)


class PhotoInfo(Body):
    title: str = ""
    description: str = ""
    privacy_level: str | None = None
    disable_comment: bool = False
    auto_add_music: bool = False
    brand_content_toggle: bool = False
    brand_organic_toggle: bool = False


class PhotoSource(Body):
    source: Literal["PULL_FROM_URL"]
    photo_images: list[str]
    photo_cover_index: int


class PhotoInit(Body):
    media_type: Literal["PHOTO"]
    post_mode: Literal["DIRECT_POST", "MEDIA_UPLOAD"]
    post_info: PhotoInfo
    source_info: PhotoSource


def utf16(text: str) -> int:
    """Return the length as TikTok counts it."""
    return len(text.encode("utf-16-le")) // 2


def check_length(name: str, text: str, most: int) -> None:
    if utf16(text) > most:
        raise refused("invalid_param", f"{name} has {utf16(text)} UTF-16 code units; at most {most} are allowed")


def check_audience(info: VideoInfo | PhotoInfo, creator: Creator) -> None:
    """Check the privacy level: one that this person was offered since their options last changed."""
    level = info.privacy_level
    if level is None or level not in creator.offered:
        raise refused("privacy_level_option_mismatch", f"{level} isn't among those of creator_info")
    if not creator.info_read:
        raise refused("privacy_level_option_mismatch", "creator_info wasn't asked since the options changed")
    if info.brand_content_toggle and level == LEVELS[-1]:
        raise refused("invalid_param", "branded content can't be private")


def check_upload(source: VideoSource) -> tuple[int, int, int]:
    """Return size, chunk size and number of chunks of a FILE_UPLOAD."""
    size, chunk, count = source.video_size, source.chunk_size, source.total_chunk_count
    if size is None or chunk is None or count is None:
        raise refused("invalid_param", "FILE_UPLOAD takes video_size, chunk_size and total_chunk_count")
    if not 0 < size <= LARGEST_FILE:
        raise refused("invalid_param", f"video_size is {size}; 1 to {LARGEST_FILE} are allowed")
    if wrong := wrong_chunks(size, chunk, count):
        raise refused("invalid_param", wrong)
    return size, chunk, count


def wrong_chunks(size: int, chunk: int, count: int) -> str | None:
    """Return the error of these chunks, or None."""
    if chunk == size and count == 1:
        return None if size <= LARGEST_CHUNK else "a video of more than 64 MB goes in chunks"
    if size < SMALLEST_CHUNK:
        return "a video of less than 5 MB goes in one chunk of its own size"
    if not SMALLEST_CHUNK <= chunk <= LARGEST_CHUNK:
        return f"chunk_size is {chunk}; 5 to 64 MB are allowed"
    if count != size // chunk or count < 1:
        return f"total_chunk_count is {count}; it is {size // chunk}, and at least 1"
    return "a video of more than 64 MB goes in chunks" if count == 1 and size > LARGEST_CHUNK else None


def check_photos(source: PhotoSource) -> None:
    if not 1 <= len(source.photo_images) <= MOST_PHOTOS:
        raise refused("invalid_param", f"{len(source.photo_images)} photos; 1 to {MOST_PHOTOS} are allowed")
    if not 0 <= source.photo_cover_index < len(source.photo_images):
        raise refused("invalid_param", "photo_cover_index names no photo")


def check_urls(urls: Sequence[str], application: TikTokApp) -> None:
    """Check that each URL has a verified prefix and uses https, or http on this machine."""
    for url in urls:
        parts = urlsplit(url)
        near = parts.hostname in {"127.0.0.1", "localhost"}
        if parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise refused("invalid_param", "media is pulled by https")
        if not any(url.startswith(prefix) and prefix.endswith("/") for prefix in application.verified_prefixes):
            raise refused("url_ownership_unverified", f"nobody has verified {parts.scheme}://{parts.netloc}")
