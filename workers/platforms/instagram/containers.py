"""Containers of a post, created before it is published. Instagram fetches their files from this server.

An image or a reel has one container. A carousel has one for each image, and once all are finished its own.
Each is stored before the next call, so that no attempt creates one twice.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import Account
from schemas.errors import Outdated, PlatformError
from workers.platforms.contract import Draft, Media, Prepared
from workers.platforms.http import Api
from workers.platforms.instagram import api, errors

#: Safe lifetime of a container, out of its 24 h.
LASTS = timedelta(hours=23)
#: Seconds before the first status poll, doubled up to the longest.
FIRST_S: Mapping[str, float] = {"image": 1.0, "video": 5.0}
LONGEST_S = 60.0
#: Polls in a row with the container unknown to Instagram, until it is created again.
MISSES = 3

#: The error's subcode in a status, as in "Media upload has failed with error code 2207026".
SUBCODE = re.compile(r"\b2207\d{3}\b")


class Handle(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
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


class Post(msgspec.Struct):
    """The container to publish, and the caption that identifies its post in the account's list."""

    creation_id: str
    caption: str


async def step(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    """Run the next step towards a finished container. Raises `PlatformError`.

    `Outdated` means that Instagram could not create the container or lost it: all containers are created
    again. Instagram also reports existing containers as unknown (Postiz #1562, 2026-05), and an account may
    create only 400 a day. So `MISSES` such reports in a row are needed.
    """
    try:
        return await _step(server, account, draft, handle)
    except Outdated as error:
        is_new = handle.container is None and not handle.items
        if error.code != errors.DENIED.code or is_new or handle.misses + 1 >= MISSES:
            raise
        missed = msgspec.structs.replace(handle, misses=handle.misses + 1)
        return kept(missed, after_s=FIRST_S[draft.media[0].kind] * 2**handle.misses)


async def _step(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    if handle.container is not None:
        return await finished(server, draft, handle, handle.container)
    if len(draft.media) == 1:
        made = await create(server, account, **source(draft.media[0]), **words(draft))
        return started(draft, handle, made)
    if len(handle.items) < len(draft.media):
        return await add_item(server, account, draft, handle)
    return await join(server, account, draft, handle)


async def finished(server: Api, draft: Draft, handle: Handle, container: str) -> Prepared:
    """Complete the step once the container is finished or published; then the publish finds the post."""
    if not await is_finished(server, container):
        return waiting(draft, handle)
    request = msgspec.json.encode(Post(container, draft.caption))
    return Prepared(handle=msgspec.to_builtins(handle), request=request)


async def add_item(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    file = draft.media[len(handle.items)]
    made = await create(server, account, is_carousel_item="true", **source(file))
    return kept(msgspec.structs.replace(handle, items=(*handle.items, made)))


async def join(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    """Create the carousel's container once all items are finished; finished items aren't polled again."""
    for item in handle.items[handle.done :]:
        if not await is_finished(server, item):
            return waiting(draft, handle)
        handle = msgspec.structs.replace(handle, done=handle.done + 1)
    children = ",".join(handle.items)
    made = await create(server, account, media_type="CAROUSEL", children=children, **words(draft))
    return started(draft, handle, made)


async def create(server: Api, account: Account, **fields: str) -> str:
    return await api.create(server, account.external_id, **fields)


def words(draft: Draft) -> dict[str, str]:
    """Return the caption and the AI label of the container to publish; a carousel's items accept neither.

    "Content Publishing" and the changelog of 2026-06-22 (documentation/instagram-platform/changelog).
    """
    label = {"is_ai_generated": "true"} if draft.is_ai_generated else {}
    return {"caption": draft.caption, **label}


def source(file: Media) -> dict[str, str]:
    if file.kind == "video":
        return {"media_type": "REELS", "video_url": file.url}
    return {"image_url": file.url}


async def is_finished(server: Api, container: str) -> bool:
    """Return whether the container is finished. Raises its error, `Outdated` if it is gone."""
    status = await api.status(server, container)
    if status.status_code == "ERROR":
        raise failure(status.status)
    if status.status_code == "EXPIRED":
        raise errors.GONE.make()
    return status.status_code in {"FINISHED", "PUBLISHED"}


def failure(words: str) -> PlatformError:
    """Return the error of a failed container by its subcode; a retryable one means to create it again."""
    found = SUBCODE.search(words)
    meaning = (errors.SUBCODES.get(int(found[0])) if found else None) or errors.UNMADE
    error = errors.make(meaning, words)
    return Outdated(error.code, error.message) if error.retryable else error


def started(draft: Draft, handle: Handle, container: str) -> Prepared:
    """Return the step after the container to publish was created: Instagram processes it."""
    return waiting(draft, msgspec.structs.replace(handle, container=container, asks=0))


def waiting(draft: Draft, handle: Handle) -> Prepared:
    wait_s = min(FIRST_S[draft.media[0].kind] * 2**handle.asks, LONGEST_S)
    return kept(msgspec.structs.replace(handle, asks=handle.asks + 1, misses=0), after_s=wait_s)


def kept(handle: Handle, *, after_s: float = 0.0) -> Prepared:
    return Prepared(handle=msgspec.to_builtins(handle), request=b"", complete=False, after_s=after_s)
