"""Reconciliation of a post without a publish response: by its container, then by the account's list.

The container shows whether the post is live. Only the list identifies it, by caption and time: the newest
post may be another one.
"""

import unicodedata
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import PostingAccount
from platforms.instagram import api, errors
from platforms.instagram.api import ListedPost
from platforms.instagram.containers import PublishRequest
from schemas.errors import PreparationExpired
from workers.platforms.contract import (
    AbsentPost,
    DroppedPost,
    Inquiry,
    LivePost,
    ReconcileResult,
    UndecidedPost,
)
from workers.platforms.http import PlatformApi

#: Time after the last call in which its post may still be created.
INSTAGRAM_IN_FLIGHT_TIME = timedelta(minutes=2)
#: Time after the last call in which the list may still lack its post.
LIST_LAG = timedelta(minutes=5)
#: Seconds between two checks meanwhile.
RECHECK_S = 30.0
#: Largest difference of two clocks.
CLOCK_SKEW = timedelta(minutes=1)
#: Longest time between a call and its post's timestamp.
MAX_PUBLISH_DELAY = timedelta(minutes=30)
#: Pages of the list to read at most.
MAX_PAGES = 5


async def find(server: PlatformApi, account: PostingAccount, inquiry: Inquiry) -> ReconcileResult:
    """Return the outcome of a container's publish. Raises `PlatformError` if it can't be read."""
    post = msgspec.json.decode(inquiry.prepared.request, type=PublishRequest)
    try:
        status = (await api.get_status(server, post.creation_id)).status_code
    except PreparationExpired:
        return UndecidedPost()  # Instagram doesn't know the container (any more).
    if status == "PUBLISHED":
        return await name_live_post(server, account, inquiry, post)
    if (left_s := inquiry.left_s(INSTAGRAM_IN_FLIGHT_TIME)) > 0:
        return UndecidedPost(min(left_s, RECHECK_S))
    if status == "IN_PROGRESS":
        return UndecidedPost(RECHECK_S)
    result = (
        AbsentPost()
        if status == "FINISHED"
        else DroppedPost(
            PreparationExpired(errors.CONTAINER_GONE_ERROR.code, errors.CONTAINER_GONE_ERROR.message)
        )
    )
    return await confirm_unlisted(server, account, inquiry, post, result)


async def name_live_post(
    server: PlatformApi, account: PostingAccount, inquiry: Inquiry, post: PublishRequest
) -> ReconcileResult:
    """Return the live post, with id and address if the account's list has exactly one match.

    Else `UndecidedPost` while the list may lag, and later a `LivePost` without an id.
    """
    alike, _ = await list_matching(server, account, inquiry, post)
    if len(alike) == 1:
        return LivePost(external_id=alike[0].id, external_url=alike[0].permalink)
    if (missing_s := inquiry.left_s(LIST_LAG)) > 0:
        return UndecidedPost(min(missing_s, RECHECK_S))
    return LivePost(external_id=None, external_url=None)


async def confirm_unlisted(
    server: PlatformApi,
    account: PostingAccount,
    inquiry: Inquiry,
    post: PublishRequest,
    result: AbsentPost | DroppedPost,
) -> ReconcileResult:
    """Return `result` for an unpublished container.

    `UndecidedPost` if the list has a similar post, or was not read completely.
    """
    alike, complete = await list_matching(server, account, inquiry, post)
    return UndecidedPost() if alike or not complete else result


async def list_matching(
    server: PlatformApi, account: PostingAccount, inquiry: Inquiry, post: PublishRequest
) -> tuple[list[ListedPost], bool]:
    """Return posts with this caption since the call, and whether the list was read completely."""
    since, until = inquiry.sent_at - CLOCK_SKEW, inquiry.sent_at + MAX_PUBLISH_DELAY
    matching, after = list[ListedPost](), None
    for _ in range(MAX_PAGES):
        page = await api.list_media(server, account.external_id, after=after)
        matching += [listed for listed in page.data if is_alike(listed, post, since, until)]
        after = page.paging.cursors.after
        if (
            page.paging.next is None
            or not after
            or any(listed.at and listed.at < since for listed in page.data)
        ):
            return matching, True
    return matching, False


def is_alike(listed: ListedPost, post: PublishRequest, since: datetime, until: datetime) -> bool:
    """Return whether `listed` may be the post, by caption and time. Without a time, the caption decides."""
    return (
        comparable_caption(listed.caption) == comparable_caption(post.caption)
        and since <= (listed.at or since) <= until
    )


def comparable_caption(caption: str) -> str:
    """Return the caption without spaces, which Instagram may change."""
    return "".join(unicodedata.normalize("NFC", caption).split())
