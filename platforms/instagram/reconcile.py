"""Reconciliation of a post without a publish response: by its container, then by the account's list.

The container shows whether the post is live. Only the list identifies it, by caption and time: the newest
post may be another one.
"""

import unicodedata
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.instagram import api, errors
from platforms.instagram.api import ListedInstagramPost
from platforms.instagram.containers import ContainerPublishRequest
from schemas.errors import PostPreparationExpired
from workers.platforms.contract import (
    AbsentPost,
    LaterDroppedPost,
    LivePost,
    PostInquiry,
    ReconcileResult,
    UnprovedPost,
)
from workers.platforms.http import PlatformApi

#: Time after the last call in which its post may still be created.
MIN_INSTAGRAM_WAIT_TO_PROVE_POST_ABSENT = timedelta(minutes=2)
#: Time after the last call in which the list may still lack its post.
MAX_INSTAGRAM_MEDIA_LIST_LAG = timedelta(minutes=5)
#: Seconds between two checks meanwhile.
POST_RECONCILE_CHECK_PAUSE_S = 30.0
#: Largest difference of two clocks.
MAX_INSTAGRAM_CLOCK_SKEW = timedelta(minutes=1)
#: Longest time between a call and its post's timestamp.
MAX_POST_TIMESTAMP_DELAY = timedelta(minutes=30)
#: Pages of the list to read at most.
MAX_RECONCILE_LIST_PAGES = 5


async def reconcile_container(
    server: PlatformApi, account: PostingAccountWithAccessToken, inquiry: PostInquiry
) -> ReconcileResult:
    """Find out by an Instagram container's status whether its post was published; return the result.

    Raises `PlatformError` if the status can't be read.
    """
    post = msgspec.json.decode(inquiry.prepared.request, type=ContainerPublishRequest)
    try:
        status = (await api.get_container_status(server, post.creation_id)).status_code
    except PostPreparationExpired:
        return UnprovedPost()  # Instagram doesn't know the container (any more).
    if status == "PUBLISHED":
        return await identify_live_post(server, account, inquiry, post)
    if (left_s := inquiry.seconds_left_of_wait_since_send(MIN_INSTAGRAM_WAIT_TO_PROVE_POST_ABSENT)) > 0:
        return UnprovedPost(min(left_s, POST_RECONCILE_CHECK_PAUSE_S))
    if status == "IN_PROGRESS":
        return UnprovedPost(POST_RECONCILE_CHECK_PAUSE_S)
    alike, complete = await list_matching_instagram_posts(server, account, inquiry, post)
    if alike or not complete:
        return UnprovedPost()
    gone = errors.INSTAGRAM_CONTAINER_GONE_ERROR_MEANING
    return AbsentPost() if status == "FINISHED" else LaterDroppedPost(PostPreparationExpired(gone.code, gone.message))


async def identify_live_post(
    server: PlatformApi, account: PostingAccountWithAccessToken, inquiry: PostInquiry, post: ContainerPublishRequest
) -> ReconcileResult:
    """Return the live post of a published container, with its id if the account's list has exactly one match.

    With none or several matches, return `UnprovedPost` while the list may lag, later a `LivePost` without an id.
    """
    alike, _ = await list_matching_instagram_posts(server, account, inquiry, post)
    if len(alike) == 1:
        return LivePost(external_id=alike[0].id, external_url=alike[0].permalink)
    if (missing_s := inquiry.seconds_left_of_wait_since_send(MAX_INSTAGRAM_MEDIA_LIST_LAG)) > 0:
        return UnprovedPost(min(missing_s, POST_RECONCILE_CHECK_PAUSE_S))
    return LivePost(external_id=None, external_url=None)


async def list_matching_instagram_posts(
    server: PlatformApi, account: PostingAccountWithAccessToken, inquiry: PostInquiry, post: ContainerPublishRequest
) -> tuple[list[ListedInstagramPost], bool]:
    """Return the account's listed posts that may be the sent post, and whether the list was read back to its call.

    They have the sent caption, and a time near the call or none. At most `MAX_RECONCILE_LIST_PAGES` pages are read.
    """
    since, until = inquiry.sent_at - MAX_INSTAGRAM_CLOCK_SKEW, inquiry.sent_at + MAX_POST_TIMESTAMP_DELAY
    matching, after = list[ListedInstagramPost](), None
    for _ in range(MAX_RECONCILE_LIST_PAGES):
        page = await api.list_account_media(server, account.external_id, after=after)
        matching += [listed for listed in page.data if may_be_same_instagram_post(listed, post, since, until)]
        after = page.paging.cursors.after
        if (
            page.paging.next is None
            or not after
            or any(listed.published_at and listed.published_at < since for listed in page.data)
        ):
            return matching, True
    return matching, False


def may_be_same_instagram_post(
    listed: ListedInstagramPost, post: ContainerPublishRequest, since: datetime, until: datetime
) -> bool:
    """Return whether a listed Instagram post may be the sent one: same caption, time in the given range.

    For a listed post without a time, the caption decides.
    """
    return (
        normalize_caption(listed.caption) == normalize_caption(post.caption)
        and since <= (listed.published_at or since) <= until
    )


def normalize_caption(caption: str) -> str:
    """Return a caption without white space, in Unicode's form NFC: Instagram may change both."""
    return "".join(unicodedata.normalize("NFC", caption).split())
