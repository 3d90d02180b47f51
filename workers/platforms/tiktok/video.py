"""Upload of a video to TikTok: an init, then chunk after chunk from the storage, except for the last.

Only the last chunk creates the post. After a chunk with a lost response, or one that was not due, the adapter
queries TikTok for the received bytes.
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from schemas.errors import NotSent, Outdated, PlatformError
from workers.platforms.contract import Draft, Media, Prepared
from workers.platforms.http import Answer, Api
from workers.platforms.tiktok import api, creator, handle, outcome
from workers.platforms.tiktok.api import Creator
from workers.platforms.tiktok.handle import Handle, Upload

#: Seconds after which the rest of a video is left to another step, so that other jobs get a slot; and seconds
#: until that step.
STEP_S, NEXT_STEP_S = 120.0, 1.0
#: Seconds for one chunk of at most 10 MiB.
CHUNK_S = 60.0
#: Failures of one chunk after which the attempt gives up.
FAILURES = 3
PARTIAL, WHOLE = 206, 201


async def begin(server: Api, draft: Draft, made: Creator | None, level: str | None) -> Prepared:
    """Create an empty post that waits for a video; `made` None: a draft for its owner's inbox."""
    file = draft.media[0]
    chunk, count = handle.chunks(file.size_bytes)
    upload = Upload(
        size=file.size_bytes, chunk=chunk, count=count, mime_type=file.mime_type, init_at=draft.now
    )
    path = "inbox/video/init" if made is None else "video/init"
    started = await api.init(server, path, body(draft, upload, made, level))
    kept = Handle(
        kind="video",
        level=level,
        is_chosen=level is not None,
        is_aigc=draft.is_ai_generated,
        publish_id=started.publish_id,
        upload=upload,
    )
    return Prepared(
        handle=msgspec.to_builtins(kept),
        request=b"",
        secret=started.upload_url.encode(),
        complete=count == 1,
        traits=None if made is None else creator.traits(made),
    )


def body(draft: Draft, upload: Upload, made: Creator | None, level: str | None) -> bytes:
    source = {
        "source": "FILE_UPLOAD",
        "video_size": upload.size,
        "chunk_size": upload.chunk,
        "total_chunk_count": upload.count,
    }
    info: dict[str, object] = {"title": draft.caption}
    if made is not None:
        info |= {
            "privacy_level": level,
            "is_aigc": draft.is_ai_generated,
            "disable_comment": made.comment_disabled,
            "disable_duet": made.duet_disabled,
            "disable_stitch": made.stitch_disabled,
        }
    return msgspec.json.encode({"post_info": info, "source_info": source})


async def go_on(server: Api, draft: Draft, so_far: Prepared) -> Prepared:
    """Send all chunks but the last, from the first one that TikTok lacks.

    Raises `Outdated` if the upload has to start over, `Rejected` if TikTok has dropped the post.
    """
    kept = handle.read(so_far)
    until = asyncio.get_running_loop().time() + STEP_S
    upload, failures = uploaded(kept), 0
    number = 0 if upload.init_at == draft.now else await missing(server, kept)
    while number < upload.count - 1:
        if asyncio.get_running_loop().time() >= until:
            return msgspec.structs.replace(so_far, after_s=NEXT_STEP_S)
        if await took(server, draft.media[0], so_far, number):
            number, failures = number + 1, 0
            continue
        failed, number = number, await missing(server, kept)
        failures = 0 if number > failed else failures + 1
        if failures == FAILURES:
            raise NotSent(
                "UPLOAD_FAILED", "TikTok doesn't accept a part of the video: the upload is repeated"
            )
    return msgspec.structs.replace(so_far, complete=True, after_s=0.0)


async def took(server: Api, file: Media, so_far: Prepared, number: int) -> bool:
    """Send a chunk; return whether TikTok confirms it and waits for more."""
    try:
        return (await put(server, file, so_far, number)).status == PARTIAL
    except Outdated:
        raise
    except PlatformError:
        return False


async def put(
    server: Api,
    file: Media,
    prepared: Prepared,
    number: int,
    *,
    timeout_s: float = CHUNK_S,
    irreversible: bool = False,
) -> Answer:
    """Send a chunk: 206 while bytes are missing, else 201. Raises `Outdated` for an expired address."""
    upload = uploaded(handle.read(prepared))
    start, end = upload.start(number), upload.end(number)
    answer = await server.anonymous.ask(
        "PUT",
        (prepared.secret or b"").decode(),
        headers={
            "Content-Type": upload.mime_type,
            "Content-Length": str(end - start),
            "Content-Range": f"bytes {start}-{end - 1}/{upload.size}",
        },
        content=part(file, start, end),
        timeout_s=timeout_s,
        irreversible=irreversible,
    )
    if answer.status in {403, 404}:
        raise Outdated("UPLOAD_EXPIRED", "TikTok's address for the video has expired: it is uploaded again")
    return answer


async def put_last(server: Api, file: Media, prepared: Prepared, *, timeout_s: float) -> Answer:
    """Send the last chunk, which creates the post."""
    last = uploaded(handle.read(prepared)).count - 1
    return await put(server, file, prepared, last, timeout_s=timeout_s, irreversible=True)


async def part(file: Media, start: int, end: int) -> AsyncIterator[bytes]:
    async with file.read(start, end) as chunks:
        async for chunk in chunks:
            yield chunk


async def missing(server: Api, kept: Handle) -> int:
    """Return the number of the next chunk that TikTok needs."""
    status = await api.status(server, kept.publish_id or "")
    if status.status == outcome.FAILED:
        raise outcome.given_up(status).why
    received = status.uploaded_bytes
    number = None if received is None else uploaded(kept).number(received)
    if number is None:
        raise Outdated("UPLOAD_BROKEN", "TikTok has an unknown part of the video: it is uploaded again")
    return number


def uploaded(kept: Handle) -> Upload:
    assert kept.upload is not None  # noqa: S101  the handle of a video has one
    return kept.upload
