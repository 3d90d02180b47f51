"""Storage of a job's files: recorded before the first byte, inspected, and SVG drawings sanitized."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from domain.media import sniff, streaming_upload
from domain.media.files import StoredFile
from domain.media.store import MediaStore
from domain.media.streaming_upload import MediaTypeSizeLimits, StreamingUpload
from schemas.errors import InvalidValue, ServiceUnavailable, SourceFileStorageUnavailable

#: Records a file of this many bytes at most, and returns its token.
ReserveUploadToken = Callable[[int], Awaitable[str]]

#: Seconds until a retry after the storage was away: each retry fetches the file again.
JOB_RETRY_DELAY_AFTER_STORAGE_OUTAGE_S = 20.0


class FetchedMediaWriter:
    """Stores one file after the other; `tokens` are those of all files begun."""

    def __init__(self, store: MediaStore, begin: ReserveUploadToken) -> None:
        self.store, self._begin = store, begin
        self.tokens: list[str] = []

    async def store_fetched_file_as_it_arrives(
        self, chunks: AsyncIterator[bytes], taken: MediaTypeSizeLimits
    ) -> tuple[StreamingUpload, str]:
        """Store a file from a stream of bytes; return its upload and its token in the storage.

        Its type is found from the first bytes; `taken` has accepted types with size limits. Raise `InvalidValue`
        for another type, `BodyOversized` for a too large file or a full storage, `SourceFileStorageUnavailable`.
        """
        head = b""
        while len(head) < sniff.SNIFFED_BYTE_COUNT and (chunk := await anext(chunks, b"")):
            head += chunk
        file = StreamingUpload(head, path="file", name="", taken=taken)
        token = await self.reserve_storage_token(file.max_bytes)
        with _convert_media_storage_away_errors():
            await self.store.write(token, file.yield_file_bytes(chunks))
        return file, token

    async def inspect_stored_file(self, file: StreamingUpload, token: str) -> StoredFile:
        """Inspect a stored file, and return its metadata; an SVG is sanitized and stored again with its own token.

        Raises `InvalidValue` for a broken file, `BodyOversized`, `SourceFileStorageUnavailable`.
        """
        with _convert_media_storage_away_errors():
            [inspected] = await streaming_upload.probe_upload_media(self.store, [file], [token], reads_roles=True)
        return await streaming_upload.store_sanitized_drawing(inspected.file, self._store_already_sanitized_svg)

    async def inspect_stored_files(self, stored: Sequence[tuple[StreamingUpload, str]]) -> dict[str, StoredFile]:
        """Inspect stored files; return the valid ones' metadata by token. An SVG is sanitized and stored again.

        After a broken file another process inspects the rest. Raises `BodyOversized`, `SourceFileStorageUnavailable`.
        """
        remaining = [*stored]
        while remaining:
            try:
                with _convert_media_storage_away_errors():
                    inspected = await streaming_upload.probe_upload_media(
                        self.store, *zip(*remaining, strict=True), reads_roles=True
                    )
            except InvalidValue as error:
                del remaining[_index_of_invalid_file(error)]
            else:
                pairs = zip(remaining, inspected, strict=True)
                return {
                    token: await streaming_upload.store_sanitized_drawing(item.file, self._store_already_sanitized_svg)
                    for (_, token), item in pairs
                }
        return {}

    async def reserve_storage_token(self, at_most: int) -> str:
        token = await self._begin(at_most)
        self.tokens.append(token)
        return token

    async def _store_already_sanitized_svg(self, data: bytes) -> str:
        token = await self.reserve_storage_token(len(data))
        with _convert_media_storage_away_errors():
            await self.store.write(token, streaming_upload.stream_bytes_as_one_chunk(data))
        return token


@contextmanager
def _convert_media_storage_away_errors() -> Iterator[None]:
    """Convert `ServiceUnavailable` of the media storage in the block to `SourceFileStorageUnavailable`.

    That repeats the job later. To the runner, `ServiceUnavailable` means Postgres: the job would run again at
    once.
    """
    try:
        yield
    except ServiceUnavailable as error:
        raise SourceFileStorageUnavailable(
            "the media storage can't be reached: the job is repeated",
            retry_after=JOB_RETRY_DELAY_AFTER_STORAGE_OUTAGE_S,
        ) from error


def _index_of_invalid_file(error: InvalidValue) -> int:
    """Return the index of the file that an inspection found invalid, from the error's path, such as `file[2]`."""
    path: str = error.details["issues"][0]["path"]
    return int(path.removeprefix("file[").removesuffix("]"))
