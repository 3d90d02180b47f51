"""What is remembered of a post under way: JSON, without a secret."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from workers.platforms.contract import Prepared

#: Of the hour that an address for a video lives, what is safe to count on.
UPLOAD_LIVES = timedelta(minutes=50)


class Upload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A video in `count` chunks of `chunk` bytes, the last one with what remains; begun at `init_at`."""

    size: int
    chunk: int
    count: int
    mime_type: str
    init_at: datetime

    def start(self, number: int) -> int:
        """Of a chunk, counted from 0."""
        return number * self.chunk

    def end(self, number: int) -> int:
        """The byte behind its last."""
        return self.size if number == self.count - 1 else (number + 1) * self.chunk

    def number(self, received: int) -> int | None:
        """The chunk that comes after so many bytes; None where none begins there.

        Of all bytes it is the last: that they are there is no reason to begin another post.
        """
        number, rest = divmod(received, self.chunk)
        if received >= self.size:
            return self.count - 1
        return number if not rest and 0 <= number < self.count else None

    def is_good(self, now: datetime) -> bool:
        return now < self.init_at + UPLOAD_LIVES


class Handle(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`publish_id` of photos is known once TikTok has taken them. `level` is TikTok's word, None: a draft."""

    kind: Literal["video", "photo"]
    level: str | None
    publish_id: str | None = None
    upload: Upload | None = None


def read(prepared: Prepared) -> Handle:
    return msgspec.convert(prepared.handle, Handle)


def chunks(size: int) -> tuple[int, int]:
    """Size and number of the chunks of a video: as even as can be, and at most 10 MiB.

    TikTok wants `floor(size / chunk)` of them, each of 5 MiB at least, but one of a smaller file, and gives
    the last one what remains (5.1). Even ones keep the last one small, which is sent when the post is: it has
    less than `count` bytes more than the others.
    """
    count = -(-size // LARGEST)
    return size // count, count


LARGEST = 10 << 20
