"""File types by their first bytes, without decoding."""

import hashlib
import struct

#: Kept bytes of a file's beginning, for its duration.
HEAD = 1 << 20

VIDEO_BRANDS = (
    b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"dash",
)  # fmt: skip
WEBM = b"\x1a\x45\xdf\xa3"


def is_video(head: bytes) -> bool:
    """Return whether the file is MP4, QuickTime or WebM."""
    return (head[4:8] == b"ftyp" and head[8:12] in VIDEO_BRANDS) or head.startswith(WEBM)


def is_photo(head: bytes) -> bool:
    """Return whether the file is JPEG or WebP; TikTok refuses PNG."""
    return head.startswith(b"\xff\xd8\xff") or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def duration_s(head: bytes) -> float | None:
    """Return the duration from the movie header (ISO/IEC 14496-12, 8.2.2); None if `head` has none."""
    at = head.find(b"mvhd")
    if at < 0 or len(head) < at + 40:
        return None
    if head[at + 4] == 1:
        scale, length = struct.unpack_from(">IQ", head, at + 24)
    else:
        scale, length = struct.unpack_from(">II", head, at + 16)
    return float(length / scale) if scale else None


class Received:
    """A file received in chunks: its digest and beginning, not its bytes."""

    def __init__(self) -> None:
        self.size, self.head = 0, b""
        self._digest = hashlib.sha256()

    def add(self, part: bytes) -> None:
        self.size += len(part)
        self.head += part[: HEAD - len(self.head)]
        self._digest.update(part)

    def sha256(self) -> str:
        return self._digest.hexdigest()
