"""What a post is made of before it is published: containers, of which Instagram fetches the files itself.

An image or a reel is one. A carousel has one for each of its images, and when all of them are finished one
of its own. Each is remembered before the next call, so that an attempt that dies makes none twice.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import Account
from schemas.errors import Outdated, PlatformError
from workers.platforms.contract import Draft, Media, Prepared
from workers.platforms.instagram import api, errors
from workers.platforms.instagram.api import Api

#: Of the day that a container lasts, what is safe to count on.
LASTS = timedelta(hours=23)
#: Seconds before the first question whether it is finished, which double up to the longest.
FIRST_S: Mapping[str, float] = {"image": 1.0, "video": 5.0}
LONGEST_S = 60.0

#: In a status' words: "Media upload has failed with error code 2207026".
SUBCODE = re.compile(r"\b2207\d{3}\b")


class Handle(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`began_at` is before any of the containers; of `items`, which a carousel has, `done` are finished.

    `container` is the one to publish; `asks` is how often Instagram was asked about what it works on.
    """

    began_at: datetime
    items: tuple[str, ...] = ()
    done: int = 0
    container: str | None = None
    asks: int = 0


class Post(msgspec.Struct):
    """What is published, and what the account's list shows it by."""

    creation_id: str
    caption: str


async def step(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    """The next of the steps on the way to a container that is finished. Raises `PlatformError`.

    `Outdated` where Instagram could not make it, or has let it go: it is made anew.
    """
    if handle.container is not None:
        return await finished(server, draft, handle, handle.container)
    if len(draft.media) == 1:
        return begun(
            draft, handle, await create(server, account, caption=draft.caption, **source(draft.media[0]))
        )
    if len(handle.items) < len(draft.media):
        return await add_item(server, account, draft, handle)
    return await join(server, account, draft, handle)


async def finished(server: Api, draft: Draft, handle: Handle, container: str) -> Prepared:
    """Complete once it is. So is one that was published after all: a publish is refused, and looked for."""
    if not await is_finished(server, container):
        return waiting(draft, handle)
    request = msgspec.json.encode(Post(container, draft.caption))
    return Prepared(handle=msgspec.to_builtins(handle), request=request)


async def add_item(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    file = draft.media[len(handle.items)]
    made = await create(server, account, is_carousel_item="true", **source(file))
    return kept(msgspec.structs.replace(handle, items=(*handle.items, made)))


async def join(server: Api, account: Account, draft: Draft, handle: Handle) -> Prepared:
    """Once all of its items are finished; those that are not asked about again."""
    for item in handle.items[handle.done :]:
        if not await is_finished(server, item):
            return waiting(draft, handle)
        handle = msgspec.structs.replace(handle, done=handle.done + 1)
    children = ",".join(handle.items)
    made = await create(server, account, media_type="CAROUSEL", children=children, caption=draft.caption)
    return begun(draft, handle, made)


async def create(server: Api, account: Account, **fields: str) -> str:
    return await api.create(server, account.external_id, **fields)


def source(file: Media) -> dict[str, str]:
    if file.kind == "video":
        return {"media_type": "REELS", "video_url": file.url}
    return {"image_url": file.url}


async def is_finished(server: Api, container: str) -> bool:
    """Raises what it failed with; `Outdated` where it is no more."""
    status = await api.status(server, container)
    if status.status_code == "ERROR":
        raise failure(status.status)
    if status.status_code == "EXPIRED":
        raise errors.said(errors.GONE)
    return status.status_code in {"FINISHED", "PUBLISHED"}


def failure(words: str) -> PlatformError:
    """By the subcode in a status' words. It is of no more use, whatever that is."""
    found = SUBCODE.search(words)
    meaning = errors.SUBCODES.get(int(found[0])) if found else None
    error = errors.said(meaning or errors.UNMADE, words=words)
    return Outdated(error.code, error.message) if error.retryable else error


def begun(draft: Draft, handle: Handle, container: str) -> Prepared:
    """The one to publish is there, and worked on."""
    return waiting(draft, msgspec.structs.replace(handle, container=container, asks=0))


def waiting(draft: Draft, handle: Handle) -> Prepared:
    wait_s = min(FIRST_S[draft.media[0].kind] * 2**handle.asks, LONGEST_S)
    return kept(msgspec.structs.replace(handle, asks=handle.asks + 1), after_s=wait_s)


def kept(handle: Handle, *, after_s: float = 0.0) -> Prepared:
    return Prepared(handle=msgspec.to_builtins(handle), request=b"", complete=False, after_s=after_s)
