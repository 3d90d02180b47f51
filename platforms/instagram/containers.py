"""Containers of a post, created before it is published. Instagram fetches their files from this server.

An image or a reel has one container. A carousel has one for each image, and once all are finished its own.
Each is stored before the next call, so that no attempt creates one twice.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.instagram import api, errors
from schemas.errors import PlatformError, PostPreparationExpired
from workers.platforms.contract import PostFile, PostPrepareResult, PostToPublish
from workers.platforms.http import PlatformApi

#: Safe lifetime of a container, out of its 24 h.
MAX_MEDIA_CONTAINER_AGE = timedelta(hours=23)
#: Seconds before the first status poll, doubled up to the longest.
FIRST_CONTAINER_POLL_PAUSE_S: Mapping[str, float] = {"image": 1.0, "video": 5.0}
MAX_CONTAINER_POLL_PAUSE_S = 60.0
#: Polls in a row with the container unknown to Instagram, until it is created again.
MAX_UNKNOWN_CONTAINER_POLLS = 3

#: The error's subcode in a status, as in "Media upload has failed with error code 2207026".
INSTAGRAM_ERROR_SUBCODE_PATTERN = re.compile(r"\b2207\d{3}\b")


class InstagramPostProgress(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Handle of a post. `began_at` is before its first container; `done` of its `items` are finished.

    `container` is the one to publish; `asks` counts the polls while Instagram processes it, `misses` the
    polls in a row with the container unknown to Instagram. `is_ai_generated`: the container carries the AI
    label.
    """

    began_at: datetime
    items: tuple[str, ...] = ()
    done: int = 0
    container: str | None = None
    asks: int = 0
    misses: int = 0
    is_ai_generated: bool = False


class ContainerPublishRequest(msgspec.Struct):
    """The container to publish, and the caption that identifies its post in the account's list."""

    creation_id: str
    caption: str


async def run_media_container_step(
    server: PlatformApi, account: PostingAccountWithAccessToken, draft: PostToPublish, handle: InstagramPostProgress
) -> PostPrepareResult:
    """Run the next step towards a finished Instagram container; return the post's new state.

    `PostPreparationExpired` means that Instagram could not create the container or lost it: all containers are
    created again. Instagram also reports existing containers as unknown (Postiz #1562, 2026-05), and an account may
    create only 400 a day. So `MAX_UNKNOWN_CONTAINER_POLLS` such reports in a row are needed. Raises `PlatformError`.
    """
    try:
        return await _create_or_poll_next_media_container(server, account, draft, handle)
    except PostPreparationExpired as error:
        is_new = handle.container is None and not handle.items
        if (
            error.code != errors.INSTAGRAM_CONTAINER_ABSENT_ERROR_MEANING.code
            or is_new
            or handle.misses + 1 >= MAX_UNKNOWN_CONTAINER_POLLS
        ):
            raise
        missed = msgspec.structs.replace(handle, misses=handle.misses + 1)
        return build_partial_preparation(
            missed, after_s=FIRST_CONTAINER_POLL_PAUSE_S[draft.media[0].kind] * 2**handle.misses
        )


async def _create_or_poll_next_media_container(
    server: PlatformApi, account: PostingAccountWithAccessToken, draft: PostToPublish, handle: InstagramPostProgress
) -> PostPrepareResult:
    if handle.container is not None:
        return await poll_media_container_before_publish(server, draft, handle, handle.container)
    if len(draft.media) == 1:
        container = await create_instagram_account_container(
            server, account, **build_container_file_fields(draft.media[0]), **build_container_caption_fields(draft)
        )
        return schedule_first_container_poll(draft, handle, container)
    if len(handle.items) < len(draft.media):
        return await create_carousel_item_container(server, account, draft, handle)
    return await create_carousel_if_items_finished(server, account, draft, handle)


async def poll_media_container_before_publish(
    server: PlatformApi, draft: PostToPublish, handle: InstagramPostProgress, container: str
) -> PostPrepareResult:
    """Poll the container to publish; return the post as complete once Instagram has finished the container.

    Until then return an incomplete post with the seconds until the next poll. A container that is published
    already counts as finished: the publish call finds its post.
    """
    if not await is_media_container_finished(server, container):
        return schedule_next_container_poll(draft, handle)
    request = msgspec.json.encode(ContainerPublishRequest(container, draft.caption))
    return PostPrepareResult(handle=msgspec.to_builtins(handle), request=request)


async def create_carousel_item_container(
    server: PlatformApi, account: PostingAccountWithAccessToken, draft: PostToPublish, handle: InstagramPostProgress
) -> PostPrepareResult:
    file = draft.media[len(handle.items)]
    container = await create_instagram_account_container(
        server, account, is_carousel_item="true", **build_container_file_fields(file)
    )
    return build_partial_preparation(msgspec.structs.replace(handle, items=(*handle.items, container)))


async def create_carousel_if_items_finished(
    server: PlatformApi, account: PostingAccountWithAccessToken, draft: PostToPublish, handle: InstagramPostProgress
) -> PostPrepareResult:
    """Create the carousel's container once Instagram has finished all item containers.

    Returns the post's next step: a first poll of the carousel, or another poll of the first unfinished item.
    Items that were finished at an earlier poll aren't polled again.
    """
    for item in handle.items[handle.done :]:
        if not await is_media_container_finished(server, item):
            return schedule_next_container_poll(draft, handle)
        handle = msgspec.structs.replace(handle, done=handle.done + 1)
    children = ",".join(handle.items)
    container = await create_instagram_account_container(
        server, account, media_type="CAROUSEL", children=children, **build_container_caption_fields(draft)
    )
    return schedule_first_container_poll(draft, handle, container)


async def create_instagram_account_container(
    server: PlatformApi, account: PostingAccountWithAccessToken, **fields: str
) -> str:
    return await api.create_media_container(server, account.external_id, **fields)


def build_container_caption_fields(draft: PostToPublish) -> dict[str, str]:
    """Return the caption and the AI label of the container to publish; a carousel's items accept neither.

    "Content Publishing" and the changelog of 2026-06-22 (documentation/instagram-platform/changelog).
    """
    label = {"is_ai_generated": "true"} if draft.is_ai_generated else {}
    return {"caption": draft.caption, **label}


def build_container_file_fields(file: PostFile) -> dict[str, str]:
    if file.kind == "video":
        return {"media_type": "REELS", "video_url": file.url}
    return {"image_url": file.url}


async def is_media_container_finished(server: PlatformApi, container: str) -> bool:
    """Return whether an Instagram media container is finished or published; False while it is processed.

    Raises the error of a failed container, `PostPreparationExpired` for an expired or unknown one, any other error.
    """
    status = await api.get_container_status(server, container)
    if status.status_code == "ERROR":
        raise build_failed_container_error(status.status)
    if status.status_code == "EXPIRED":
        raise errors.INSTAGRAM_CONTAINER_GONE_ERROR_MEANING.build_error()
    return status.status_code in {"FINISHED", "PUBLISHED"}


def build_failed_container_error(message: str) -> PlatformError:
    """Return the error for a failed Instagram container, by the subcode in the status message.

    A retryable error becomes `PostPreparationExpired`: the container is created again.
    """
    match = INSTAGRAM_ERROR_SUBCODE_PATTERN.search(message)
    meaning = (
        errors.INSTAGRAM_ERROR_MEANINGS_BY_SUBCODE.get(int(match[0])) if match else None
    ) or errors.INSTAGRAM_PROCESSING_FAILED_ERROR_MEANING
    error = errors.build_instagram_error(meaning, message)
    return PostPreparationExpired(error.code, error.message) if error.retryable else error


def schedule_first_container_poll(
    draft: PostToPublish, handle: InstagramPostProgress, container: str
) -> PostPrepareResult:
    """Return an incomplete post that records the newly created container to publish.

    Its wait is the seconds until the first poll, while Instagram processes the container.
    """
    return schedule_next_container_poll(draft, msgspec.structs.replace(handle, container=container, asks=0))


def schedule_next_container_poll(draft: PostToPublish, handle: InstagramPostProgress) -> PostPrepareResult:
    wait_s = min(FIRST_CONTAINER_POLL_PAUSE_S[draft.media[0].kind] * 2**handle.asks, MAX_CONTAINER_POLL_PAUSE_S)
    return build_partial_preparation(msgspec.structs.replace(handle, asks=handle.asks + 1, misses=0), after_s=wait_s)


def build_partial_preparation(handle: InstagramPostProgress, *, after_s: float = 0.0) -> PostPrepareResult:
    return PostPrepareResult(handle=msgspec.to_builtins(handle), request=b"", complete=False, after_s=after_s)
