"""Handle of a post under way: JSON without secrets, stored before the next call."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from workers.platforms.contract import PostPrepareResult, PostToPublish

#: Safe lifetime of a video's upload address, out of TikTok's hour.
TIKTOK_UPLOAD_URL_LIFETIME = timedelta(minutes=50)
#: Bytes of the largest chunk to send.
MAX_VIDEO_CHUNK_BYTES = 10 << 20


class VideoUploadPlan(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Upload of a video in `count` chunks of `chunk` bytes, the last one with the rest, since `init_at`."""

    size: int
    chunk: int
    count: int
    mime_type: str
    init_at: datetime

    def compute_chunk_start_and_end_offsets(self, number: int) -> tuple[int, int]:
        """Return the offsets of a chunk's first byte and after its last byte; chunks count from 0.

        The last chunk ends with the file.
        """
        start = number * self.chunk
        return start, self.size if number == self.count - 1 else start + self.chunk

    def find_chunk_number_after_bytes(self, received: int) -> int | None:
        """Return the number of a video's chunk that begins after `received` bytes; None if none begins there.

        After all bytes it is the last chunk: a complete upload is no reason to begin another post.
        """
        number, remainder = divmod(received, self.chunk)
        if received >= self.size:
            return self.count - 1
        return number if not remainder and 0 <= number < self.count else None

    def is_upload_url_fresh(self, now: datetime) -> bool:
        """Return whether TikTok's upload URL of the video can still be used at the time `now`."""
        return now < self.init_at + TIKTOK_UPLOAD_URL_LIFETIME


class SavedTikTokPostProgress(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Handle of a post. `publish_id` of photos exists after the call. `level`: TikTok's word; None: a draft.

    `is_chosen`: a person chose the level, or the account offered no other. An earlier release fell back to
    the public level and stored False. `is_aigc`: the post carries TikTok's AI label.
    """

    kind: Literal["video", "photo"]
    level: str | None
    is_chosen: bool = False
    is_aigc: bool = False
    publish_id: str | None = None
    upload: VideoUploadPlan | None = None


def does_prepared_ai_label_and_privacy_match(handle: SavedTikTokPostProgress, draft: PostToPublish) -> bool:
    """Return whether a prepared post has the draft's AI label and a chosen privacy level; inbox posts need no level."""
    is_aigc = draft.is_ai_generated and handle.kind == "video"
    return handle.is_aigc == is_aigc and (handle.level is None or handle.is_chosen)


def decode_saved_tiktok_post_progress(prepared: PostPrepareResult) -> SavedTikTokPostProgress:
    return msgspec.convert(prepared.handle, SavedTikTokPostProgress)


def choose_video_chunk_size_and_count(size: int) -> tuple[int, int]:
    """Return the bytes of each chunk and the number of chunks for a video of `size` bytes.

    The chunks are even and of at most 10 MiB; the last one also has the rest. TikTok requires `floor(size /
    chunk)` chunks of 5 to 64 MB, one for a smaller file. Even chunks keep the last one small: its upload is the
    irreversible call. It has less than `count` bytes more than the others.
    """
    count = -(-size // MAX_VIDEO_CHUNK_BYTES)
    return size // count, count
