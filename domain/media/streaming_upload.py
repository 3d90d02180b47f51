"""Streaming upload of files: type by the first bytes, size and hash while they stream, then a probe.

No file is ever whole in memory.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from domain.media import sniff
from domain.media.files import StoredFile
from domain.media.image_length import PictureEndFinder
from domain.media.probe import MediaMetadata
from domain.media.probing import probe_media_files
from domain.media.sniff import (
    ACCEPTED_JPEG_TYPE,
    ACCEPTED_MOV_TYPE,
    ACCEPTED_MP4_TYPE,
    ACCEPTED_PNG_TYPE,
    ACCEPTED_SVG_TYPE,
    ACCEPTED_WEBP_TYPE,
    AcceptedMediaType,
)
from domain.media.store import MediaStore
from schemas.errors import BodyOversized, InvalidValue

MIB = 1 << 20

#: Accepted types, with the most bytes of a file.
MediaTypeSizeLimits: TypeAlias = Mapping[AcceptedMediaType, int]

PICTURE_TYPES, VIDEO_TYPES = (
    (ACCEPTED_JPEG_TYPE, ACCEPTED_PNG_TYPE, ACCEPTED_WEBP_TYPE),
    (ACCEPTED_MP4_TYPE, ACCEPTED_MOV_TYPE),
)
#: Accepted types of content.
MAX_CONTENT_FILE_BYTES_BY_TYPE: MediaTypeSizeLimits = {
    **dict.fromkeys(PICTURE_TYPES, 30 * MIB),
    **dict.fromkeys(VIDEO_TYPES, 100 * MIB),
}


class StreamingUpload:
    """Upload of one file, from its `head`: `sniff.SNIFFED_BYTE_COUNT` bytes or all. `path` names it in errors.

    Raises `InvalidValue` for a type that isn't accepted.
    """

    def __init__(
        self,
        head: bytes,
        *,
        path: str,
        name: str,
        declared: str = "",
        taken: MediaTypeSizeLimits = MAX_CONTENT_FILE_BYTES_BY_TYPE,
    ) -> None:
        type_ = sniff.sniff_media_type(head)
        if type_ is None or type_ not in taken:
            raise InvalidValue(path, f"is none of the accepted types: {', '.join(_media_type_names(taken))}")
        sniff.check_declared_media_type(type_, name=name, declared=declared, path=path)
        self.path, self.head, self.type, self.max_bytes = path, head, type_, taken[type_]
        self.size, self.hash = 0, hashlib.sha256()
        self.received_bytes, self._end = 0, PictureEndFinder(type_.mime)

    async def yield_file_bytes(self, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield an uploaded file's bytes up to its end, from its head and the `rest`, counted and hashed.

        Bytes after the end of a picture are read and dropped. Raises `BodyOversized` as soon as the size
        exceeds the limit, and `InvalidValue` for a picture of too many parts.
        """
        yield self._take_file_bytes(self.head)
        async for chunk in rest:
            if own := self._take_file_bytes(chunk):
                yield own

    def _take_file_bytes(self, chunk: bytes) -> bytes:
        self.received_bytes += len(chunk)
        if self.received_bytes > self.max_bytes:
            max_mib, kind = self.max_bytes // MIB, self.type.kind
            raise BodyOversized(f"{self.path}: a file of the kind {kind} may have at most {max_mib} MiB")
        own = chunk[: self._end.count_picture_bytes(chunk)]
        if self._end.has_too_many_steps:
            raise InvalidValue(self.path, "is a picture of too many parts: save it again")
        self.size += len(own)
        self.hash.update(own)
        return own


async def stream_bytes_as_one_chunk(data: bytes) -> AsyncIterator[bytes]:
    """Yield `data` as a stream of a single chunk."""
    yield data


async def store_sanitized_drawing(file: StoredFile, write: Callable[[bytes], Awaitable[str]]) -> StoredFile:
    """Store a drawing's sanitized text by `write`, which returns a token; return the file with that token.

    The file gets the text's size and hash. A file without a sanitized text is returned as it is; nothing is stored.
    """
    if file.drawing is None:
        return file
    data = file.drawing.encode()
    sha256 = hashlib.sha256(data).digest()
    return file._replace(token=await write(data), size_bytes=len(data), sha256=sha256, drawing=None)


def _media_type_names(taken: MediaTypeSizeLimits) -> Sequence[str]:
    """Return the short names of media types for partners, such as `jpeg`."""
    called = {
        ACCEPTED_JPEG_TYPE: "jpeg",
        ACCEPTED_PNG_TYPE: "png",
        ACCEPTED_WEBP_TYPE: "webp",
        ACCEPTED_MP4_TYPE: "mp4",
        ACCEPTED_MOV_TYPE: "mov",
        ACCEPTED_SVG_TYPE: "svg",
    }
    return [called[type_] for type_ in taken]


class ProbedFile(NamedTuple):
    """Stored file with its metadata, and the bytes of its thumbnail if it has one."""

    file: StoredFile
    thumbnail: bytes | None


async def probe_upload_media(
    store: MediaStore, passed: Sequence[StreamingUpload], tokens: Sequence[str], *, reads_roles: bool = False
) -> list[ProbedFile]:
    """Probe stored files, each under its token; return them in order with their metadata.

    With `reads_roles` also with the role and the fingerprint of pictures.

    Raises `InvalidValue` as `probe_media_files`. No files give an empty list.
    """
    if not passed:
        return []
    pairs = [*zip(passed, tokens, strict=True)]
    probed = await probe_media_files(store, [(token, file.type.mime) for file, token in pairs], reads_roles=reads_roles)
    return [
        ProbedFile(_build_stored_file_of_probed_upload(*pair, metadata), metadata.thumbnail)
        for pair, metadata in zip(pairs, probed, strict=True)
    ]


def _build_stored_file_of_probed_upload(file: StreamingUpload, token: str, found: MediaMetadata) -> StoredFile:
    return StoredFile(
        kind=file.type.kind,
        mime_type=file.type.mime,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        size_bytes=file.size,
        sha256=file.hash.digest(),
        token=token,
        drawing=found.drawing,
        role=found.role,
        fingerprint=found.fingerprint,
    )
