"""Storage of a piece's files, under tokens that were recorded before their first byte."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from hashlib import sha256
from pathlib import Path

from domain.content import generated
from domain.content.app_files import ContentPieceInputFileTokens
from domain.media import uploads
from domain.media.files import StoredFile, Thumbnail
from domain.media.store import STORAGE_READ_CHUNK_BYTES, MediaStore
from generation.outputs import RenderedFile
from jobs.outcomes import Failed, Retry
from schemas.errors import BodyOversized, ServiceUnavailable
from workers.generation.protocol import PieceInputHandles
from workers.generation.rendering import RenderFailed
from workers.runtime.context import TaskContext

#: Seconds until a retry after the storage was away: each retry makes the piece again.
JOB_RETRY_DELAY_AFTER_STORAGE_OUTAGE_S = 20.0

STORAGE_AWAY_RETRY = Retry(
    "STORAGE_UNAVAILABLE",
    "the media storage can't be reached: the job is repeated",
    JOB_RETRY_DELAY_AFTER_STORAGE_OUTAGE_S,
)
INPUT_FILE_DELETED_FAILURE = Failed(
    "MEDIA_DELETED", "an input file was deleted since: regenerate the item, or request another one without that file"
)
ORGANIZATION_STORAGE_FULL_FAILURE = Failed(
    "STORAGE_FULL", "the organization's storage is full: have projects purged, or ask for a higher tier", retryable=True
)


async def open_piece_input_files(
    ctx: TaskContext, store: MediaStore, files: ContentPieceInputFileTokens, stack: AsyncExitStack
) -> PieceInputHandles:
    """Open the input files of a piece in the media storage; return their descriptors.

    They stay open as long as `stack`. Raise `RenderFailed`: final for a deleted file, a retry without the storage.
    """

    async def handle(token: str) -> int:
        return await stack.enter_async_context(store.open_object_file(token))

    try:
        return PieceInputHandles(
            logo=await handle(files.logo) if files.logo else None,
            screenshots=[await handle(token) for token in files.screenshots],
            end_card=await handle(files.end_card) if files.end_card else None,
            clip=await handle(files.clip) if files.clip else None,
        )
    except ServiceUnavailable:
        is_deleted = await ctx.step(partial(generated.count_missing_brief_files, claim=ctx.job, files=files))
        raise RenderFailed(INPUT_FILE_DELETED_FAILURE if is_deleted else STORAGE_AWAY_RETRY) from None


async def store_piece_files(
    ctx: TaskContext, store: MediaStore, folder: Path, outputs: Sequence[RenderedFile]
) -> list[StoredFile]:
    """Write a piece's rendered files and their thumbnails to the media storage; return them as stored files.

    Files that no transaction claims are deleted in a day. Raise `RenderFailed` if the storage is full or away.
    """
    paths = [folder / name for output in outputs for name in (output.name, output.thumbnail)]
    sizes = [path.stat().st_size for path in paths]
    begin = partial(uploads.reserve_uploads, organization_id=ctx.job.organization_id, sizes=sizes)
    try:
        tokens = await ctx.step(begin)
    except BodyOversized:
        raise RenderFailed(ORGANIZATION_STORAGE_FULL_FAILURE) from None
    for path, token in zip(paths, tokens, strict=True):
        await write_rendered_file_to_media_storage(store, path, token)
    thumbnails = [
        Thumbnail(path.stat().st_size, sha256(path.read_bytes()).digest(), token)
        for path, token in zip(paths[1::2], tokens[1::2], strict=True)
    ]
    return [describe_rendered_file(*parts) for parts in zip(outputs, tokens[::2], thumbnails, strict=True)]


async def store_only_rendered_file(
    ctx: TaskContext, store: MediaStore, output: RenderedFile, folder: Path
) -> StoredFile:
    """Write a job's only rendered file to the media storage; return it as a stored file.

    The file has the same token in all attempts of the job. Raises `RenderFailed` if the storage is full or away.
    """
    reserve = partial(uploads.reserve_upload, organization_id=ctx.job.organization_id, at_most=output.size_bytes)
    try:
        token = await ctx.step(reserve, name="reserve")
    except BodyOversized:
        raise RenderFailed(ORGANIZATION_STORAGE_FULL_FAILURE) from None
    await write_rendered_file_to_media_storage(store, folder / output.name, token)
    return describe_rendered_file(output, token)


async def write_rendered_file_to_media_storage(store: MediaStore, path: Path, token: str) -> None:
    """Write a local file to the media storage under a token. Raise `RenderFailed`, a retry, if it is away."""
    try:
        await store.write(token, _read_file_chunks(path))
    except ServiceUnavailable:
        raise RenderFailed(STORAGE_AWAY_RETRY) from None


async def _read_file_chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as opened:
        while chunk := opened.read(STORAGE_READ_CHUNK_BYTES):
            yield chunk


def describe_rendered_file(output: RenderedFile, token: str, thumbnail: Thumbnail | None = None) -> StoredFile:
    """Return a rendered file as a `StoredFile` under its token: a video or an image, by its media type."""
    return StoredFile(
        kind="video" if output.mime_type.startswith("video/") else "image",
        mime_type=output.mime_type,
        width=output.width,
        height=output.height,
        duration_ms=output.duration_ms,
        size_bytes=output.size_bytes,
        sha256=bytes.fromhex(output.sha256),
        token=token,
        thumbnail=thumbnail,
    )
