"""Upload of a video to TikTok: an init, then chunk after chunk from the storage, except for the last.

Only the last chunk creates the post. After a chunk with a lost response, or one that was not due, the adapter
queries TikTok for the received bytes.
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from platforms.tiktok import api, creator, errors, handle, outcome
from platforms.tiktok.api import TikTokCreatorInfo
from platforms.tiktok.handle import SavedTikTokPostProgress, VideoUploadPlan
from schemas.errors import PlatformError, PostNotSent, PostPreparationExpired
from workers.platforms.contract import PostFile, PostPrepareResult, PostToPublish
from workers.platforms.http import PlatformApi, PlatformResponse

#: Seconds after which the rest of a video is left to another step, so that other jobs get a slot.
MAX_VIDEO_UPLOAD_STEP_S = 120.0
#: Seconds until that step.
NEXT_VIDEO_UPLOAD_STEP_PAUSE_S = 1.0
#: Seconds for one chunk of at most 10 MiB.
VIDEO_CHUNK_TIMEOUT_S = 60.0
#: Failures of one chunk after which the attempt gives up.
MAX_VIDEO_CHUNK_FAILURES = 3
CHUNK_RECEIVED_HTTP_STATUS = 206
VIDEO_RECEIVED_HTTP_STATUS = 201


async def begin_video_upload(
    server: PlatformApi, draft: PostToPublish, creator_info: TikTokCreatorInfo | None, level: str | None
) -> PostPrepareResult:
    """Create an empty TikTok post that waits for its video; return it with the upload URL as its secret.

    It is complete for a single chunk. `creator_info` None: a draft for the owner's inbox. Raise a `PlatformError`.
    """
    file = draft.media[0]
    chunk, count = handle.choose_video_chunk_size_and_count(file.size_bytes)
    upload = VideoUploadPlan(
        size=file.size_bytes, chunk=chunk, count=count, mime_type=file.mime_type, init_at=draft.now
    )
    path = "inbox/video/init" if creator_info is None else "video/init"
    started = await api.init_tiktok_video_post(server, path, build_video_init_body(draft, upload, creator_info, level))
    stored = SavedTikTokPostProgress(
        kind="video",
        level=level,
        is_chosen=level is not None,
        is_aigc=draft.is_ai_generated,
        publish_id=started.publish_id,
        upload=upload,
    )
    return PostPrepareResult(
        handle=msgspec.to_builtins(stored),
        request=b"",
        secret=started.upload_url.encode(),
        complete=count == 1,
        traits=None if creator_info is None else creator.build_tiktok_creator_traits(creator_info),
    )


def build_video_init_body(
    draft: PostToPublish, upload: VideoUploadPlan, creator_info: TikTokCreatorInfo | None, level: str | None
) -> bytes:
    source = {
        "source": "FILE_UPLOAD",
        "video_size": upload.size,
        "chunk_size": upload.chunk,
        "total_chunk_count": upload.count,
    }
    info: dict[str, object] = {"title": draft.caption}
    if creator_info is not None:
        info |= {
            "privacy_level": level,
            "is_aigc": draft.is_ai_generated,
            "disable_comment": creator_info.comment_disabled,
            "disable_duet": creator_info.duet_disabled,
            "disable_stitch": creator_info.stitch_disabled,
        }
    return msgspec.json.encode({"post_info": info, "source_info": source})


async def continue_video_upload(
    server: PlatformApi, draft: PostToPublish, so_far: PostPrepareResult
) -> PostPrepareResult:
    """Send all chunks of a TikTok video except the last, from the first one that TikTok lacks.

    Returns the post as complete, or as it was with a wait if the step's time is up. Raises
    `PostPreparationExpired` if the upload starts over, `PlatformRefusal` if TikTok has dropped the post,
    `PostNotSent` after `MAX_VIDEO_CHUNK_FAILURES`.
    """
    stored = handle.decode_saved_tiktok_post_progress(so_far)
    until = asyncio.get_running_loop().time() + MAX_VIDEO_UPLOAD_STEP_S
    upload, failures = get_video_upload_plan(stored), 0
    number = 0 if upload.init_at == draft.now else await find_next_missing_chunk_number(server, stored)
    while number < upload.count - 1:
        if asyncio.get_running_loop().time() >= until:
            return msgspec.structs.replace(so_far, after_s=NEXT_VIDEO_UPLOAD_STEP_PAUSE_S)
        if await send_and_confirm_chunk(server, draft.media[0], so_far, number):
            number, failures = number + 1, 0
            continue
        failed, number = number, await find_next_missing_chunk_number(server, stored)
        failures = 0 if number > failed else failures + 1
        if failures == MAX_VIDEO_CHUNK_FAILURES:
            raise PostNotSent("UPLOAD_FAILED", "TikTok doesn't accept a part of the video: the upload is repeated")
    return msgspec.structs.replace(so_far, complete=True, after_s=0.0)


async def send_and_confirm_chunk(server: PlatformApi, file: PostFile, so_far: PostPrepareResult, number: int) -> bool:
    """Send one chunk of a video to TikTok; return whether TikTok confirms it and waits for more.

    False for another status or error of TikTok. Raises `PostPreparationExpired` (old URL), `ServiceUnavailable`.
    """
    try:
        return (await put_video_chunk(server, file, so_far, number)).status == CHUNK_RECEIVED_HTTP_STATUS
    except PostPreparationExpired:
        raise
    except PlatformError:
        return False


async def put_video_chunk(
    server: PlatformApi,
    file: PostFile,
    prepared: PostPrepareResult,
    number: int,
    *,
    timeout_s: float = VIDEO_CHUNK_TIMEOUT_S,
    irreversible: bool = False,
) -> PlatformResponse:
    """Send a chunk of a video to TikTok; return the response: 206 if bytes are missing, else 201 or an error.

    Raises `PostPreparationExpired` for an expired URL, another `PlatformError`, `ServiceUnavailable` (storage).
    """
    upload = get_video_upload_plan(handle.decode_saved_tiktok_post_progress(prepared))
    start, end = upload.compute_chunk_start_and_end_offsets(number)
    answer = await server.without_token.send_request(
        "PUT",
        (prepared.secret or b"").decode(),
        headers={
            "Content-Type": upload.mime_type,
            "Content-Length": str(end - start),
            "Content-Range": f"bytes {start}-{end - 1}/{upload.size}",
        },
        content=read_video_chunk(file, start, end),
        timeout_s=timeout_s,
        irreversible=irreversible,
    )
    if answer.status in {403, 404}:
        raise PostPreparationExpired(
            "UPLOAD_EXPIRED", "TikTok's address for the video has expired: it is uploaded again"
        )
    return answer


async def publish_video_by_last_chunk(
    server: PlatformApi, file: PostFile, prepared: PostPrepareResult, *, timeout_s: float
) -> PlatformResponse:
    """Create the post by its last chunk, irreversibly; return the response. Raise as `put_video_chunk` does."""
    last = get_video_upload_plan(handle.decode_saved_tiktok_post_progress(prepared)).count - 1
    return await put_video_chunk(server, file, prepared, last, timeout_s=timeout_s, irreversible=True)


async def read_video_chunk(file: PostFile, start: int, end: int) -> AsyncIterator[bytes]:
    async with file.read(start, end) as chunks:
        async for chunk in chunks:
            yield chunk


async def find_next_missing_chunk_number(server: PlatformApi, stored: SavedTikTokPostProgress) -> int:
    """Query TikTok for the received bytes, and return the number of the next chunk to send.

    Raises the post's error if TikTok dropped it, `PostPreparationExpired` if no chunk begins at these bytes.
    """
    status = await api.get_tiktok_post_status(server, stored.publish_id or "")
    if status.status == outcome.TIKTOK_FAILED_STATUS:
        raise errors.build_tiktok_fail_reason_error(status.fail_reason)
    received = status.uploaded_bytes
    number = None if received is None else get_video_upload_plan(stored).find_chunk_number_after_bytes(received)
    if number is None:
        raise PostPreparationExpired("UPLOAD_BROKEN", "TikTok has an unknown part of the video: it is uploaded again")
    return number


def get_video_upload_plan(stored: SavedTikTokPostProgress) -> VideoUploadPlan:
    assert stored.upload is not None  # noqa: S101  the handle of a video has one
    return stored.upload
