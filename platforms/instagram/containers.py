"""Containers of a post, created before it is published. Instagram fetches their files from this server.

An image or a reel has one container. A carousel has one for each image, and once all are finished its own.
Each is stored before the next call, so that no attempt creates one twice.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import PostingAccount
from platforms.instagram import api, errors
from schemas.errors import PlatformError, PreparationExpired
from workers.platforms.contract import PostDraft, PostFile, PreparedPost
from workers.platforms.http import PlatformApi

#: Safe lifetime of a container, out of its 24 h.
CONTAINER_LIFETIME = timedelta(hours=23)
#: Seconds before the first status poll, doubled up to the longest.
FIRST_POLL_S: Mapping[str, float] = {"image": 1.0, "video": 5.0}
MAX_POLL_S = 60.0
#: Polls in a row with the container unknown to Instagram, until it is created again.
MAX_MISSES = 3

#: The error's subcode in a status, as in "Media upload has failed with error code 2207026".
SUBCODE = re.compile(r"\b2207\d{3}\b")


class InstagramHandle(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
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


class PublishRequest(msgspec.Struct):
    """The container to publish, and the caption that identifies its post in the account's list."""

    creation_id: str
    caption: str


async def step(
    server: PlatformApi, account: PostingAccount, draft: PostDraft, handle: InstagramHandle
) -> PreparedPost:
    """Run the next step towards a finished container. Raises `PlatformError`.

    `PreparationExpired` means that Instagram could not create the container or lost it: all containers are
    created again. Instagram also reports existing containers as unknown (Postiz #1562, 2026-05), and an
    account may create only 400 a day. So `MAX_MISSES` such reports in a row are needed.
    """
    try:
        return await _step(server, account, draft, handle)
    except PreparationExpired as error:
        is_new = handle.container is None and not handle.items
        if error.code != errors.CONTAINER_UNKNOWN_ERROR.code or is_new or handle.misses + 1 >= MAX_MISSES:
            raise
        missed = msgspec.structs.replace(handle, misses=handle.misses + 1)
        return incomplete_step(missed, after_s=FIRST_POLL_S[draft.media[0].kind] * 2**handle.misses)


async def _step(
    server: PlatformApi, account: PostingAccount, draft: PostDraft, handle: InstagramHandle
) -> PreparedPost:
    if handle.container is not None:
        return await check_finished(server, draft, handle, handle.container)
    if len(draft.media) == 1:
        container = await create_container(
            server, account, **file_fields(draft.media[0]), **caption_fields(draft)
        )
        return first_poll(draft, handle, container)
    if len(handle.items) < len(draft.media):
        return await add_item(server, account, draft, handle)
    return await create_carousel(server, account, draft, handle)


async def check_finished(
    server: PlatformApi, draft: PostDraft, handle: InstagramHandle, container: str
) -> PreparedPost:
    """Return the complete step once the container is finished or published, else a step to poll again.

    The publish call finds the post of a container that is published already.
    """
    if not await is_finished(server, container):
        return next_poll(draft, handle)
    request = msgspec.json.encode(PublishRequest(container, draft.caption))
    return PreparedPost(handle=msgspec.to_builtins(handle), request=request)


async def add_item(
    server: PlatformApi, account: PostingAccount, draft: PostDraft, handle: InstagramHandle
) -> PreparedPost:
    file = draft.media[len(handle.items)]
    container = await create_container(server, account, is_carousel_item="true", **file_fields(file))
    return incomplete_step(msgspec.structs.replace(handle, items=(*handle.items, container)))


async def create_carousel(
    server: PlatformApi, account: PostingAccount, draft: PostDraft, handle: InstagramHandle
) -> PreparedPost:
    """Create the carousel's container once all items are finished, else return a step to poll again.

    Items that were finished at an earlier poll aren't polled again.
    """
    for item in handle.items[handle.done :]:
        if not await is_finished(server, item):
            return next_poll(draft, handle)
        handle = msgspec.structs.replace(handle, done=handle.done + 1)
    children = ",".join(handle.items)
    container = await create_container(
        server, account, media_type="CAROUSEL", children=children, **caption_fields(draft)
    )
    return first_poll(draft, handle, container)


async def create_container(server: PlatformApi, account: PostingAccount, **fields: str) -> str:
    return await api.create_container(server, account.external_id, **fields)


def caption_fields(draft: PostDraft) -> dict[str, str]:
    """Return the caption and the AI label of the container to publish; a carousel's items accept neither.

    "Content Publishing" and the changelog of 2026-06-22 (documentation/instagram-platform/changelog).
    """
    label = {"is_ai_generated": "true"} if draft.is_ai_generated else {}
    return {"caption": draft.caption, **label}


def file_fields(file: PostFile) -> dict[str, str]:
    if file.kind == "video":
        return {"media_type": "REELS", "video_url": file.url}
    return {"image_url": file.url}


async def is_finished(server: PlatformApi, container: str) -> bool:
    """Return whether the container is finished or published.

    Raises the error of a failed container, `PreparationExpired` for an expired one.
    """
    status = await api.get_status(server, container)
    if status.status_code == "ERROR":
        raise container_error(status.status)
    if status.status_code == "EXPIRED":
        raise errors.CONTAINER_GONE_ERROR.make()
    return status.status_code in {"FINISHED", "PUBLISHED"}


def container_error(message: str) -> PlatformError:
    """Return the error of a failed container by its subcode; a retryable one means to create it again."""
    match = SUBCODE.search(message)
    meaning = (
        errors.ERROR_MEANINGS_BY_SUBCODE.get(int(match[0])) if match else None
    ) or errors.FILE_PROCESSING_ERROR
    error = errors.make_error(meaning, message)
    return PreparationExpired(error.code, error.message) if error.retryable else error


def first_poll(draft: PostDraft, handle: InstagramHandle, container: str) -> PreparedPost:
    """Return the step after the container to publish was created: Instagram processes it."""
    return next_poll(draft, msgspec.structs.replace(handle, container=container, asks=0))


def next_poll(draft: PostDraft, handle: InstagramHandle) -> PreparedPost:
    wait_s = min(FIRST_POLL_S[draft.media[0].kind] * 2**handle.asks, MAX_POLL_S)
    return incomplete_step(msgspec.structs.replace(handle, asks=handle.asks + 1, misses=0), after_s=wait_s)


def incomplete_step(handle: InstagramHandle, *, after_s: float = 0.0) -> PreparedPost:
    return PreparedPost(handle=msgspec.to_builtins(handle), request=b"", complete=False, after_s=after_s)
