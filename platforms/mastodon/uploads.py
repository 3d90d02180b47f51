"""Uploads of a post's files to a server of Mastodon's API; each waits for the server's processing."""

import asyncio
import secrets
from collections.abc import AsyncIterator

from platforms.mastodon import api
from platforms.mastodon.api import MastodonApi
from schemas.errors import PostNotSent
from workers.platforms.contract import PostFile

#: Seconds before each status poll of a file; after the last one the attempt gives up.
MEDIA_POLL_PAUSES_S = (0.5, 1, 2, 4, 8, 15, 30, 30)


async def upload_mastodon_file_until_ready(server: MastodonApi, file: PostFile) -> str:
    """Upload a file; return its id once processed. Raise `PostNotSent` if that takes too long, any `PlatformError`."""
    boundary = secrets.token_hex(16)
    head, tail = build_multipart_frame(file, boundary)
    attachment, is_ready = await api.upload_mastodon_media(
        server,
        stream_mastodon_upload(file, head, tail),
        content_type=f"multipart/form-data; boundary={boundary}",
        size_bytes=len(head) + file.size_bytes + len(tail),
    )
    if not is_ready:
        await wait_for_mastodon_media(server, attachment.id)
    return attachment.id


async def wait_for_mastodon_media(server: MastodonApi, media_id: str) -> None:
    """Poll a Mastodon server until it has processed an uploaded file.

    Raises `PostNotSent` if it isn't ready after the last of `MEDIA_POLL_PAUSES_S`, any other `PlatformError`.
    """
    for pause_s in MEDIA_POLL_PAUSES_S:
        await asyncio.sleep(pause_s)
        if await api.is_mastodon_media_ready(server, media_id):
            return
    raise PostNotSent("MEDIA_PROCESSING", "the account's server still processes a file of the post")


def build_multipart_frame(file: PostFile, boundary: str) -> tuple[bytes, bytes]:
    """Return the bytes before and after a post's file in the body of its upload (RFC 7578)."""
    name = f"{file.id}.{file.mime_type.rpartition('/')[2]}"
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = f"--{boundary}\r\n{disposition}\r\nContent-Type: {file.mime_type}\r\n\r\n"
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()


async def stream_mastodon_upload(file: PostFile, head: bytes, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    async with file.read() as chunks:
        async for chunk in chunks:
            yield chunk
    yield tail
