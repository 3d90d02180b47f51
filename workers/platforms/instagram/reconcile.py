"""Reconciliation of a post without a publish response: by its container, then by the account's list.

The container shows whether the post is live. Only the list identifies it, by caption and time: the newest
post may be another one.
"""

import unicodedata
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import Account
from schemas.errors import Outdated
from workers.platforms.contract import Absent, Found, GivenUp, Inquiry, Live, Undecided
from workers.platforms.http import Api
from workers.platforms.instagram import api, errors
from workers.platforms.instagram.api import ListedPost
from workers.platforms.instagram.containers import Post

#: Time after the last call in which its post may still be created, and in which the list may still lack it.
IN_FLIGHT, LISTED = timedelta(minutes=2), timedelta(minutes=5)
#: Seconds between two checks meanwhile.
AGAIN_S = 30.0
#: Difference of two clocks, and the longest time between its call and the post's timestamp.
SKEW, WITHIN = timedelta(minutes=1), timedelta(minutes=30)
#: Pages of the list to read at most.
MOST_PAGES = 5


async def find(server: Api, account: Account, inquiry: Inquiry) -> Found:
    """Return the outcome of a container's publish. Raises `PlatformError` if it can't be read."""
    post = msgspec.json.decode(inquiry.prepared.request, type=Post)
    try:
        status = (await api.status(server, post.creation_id)).status_code
    except Outdated:
        return Undecided()  # Instagram doesn't know the container (any more).
    if status == "PUBLISHED":
        return await named(server, account, inquiry, post)
    if (left_s := inquiry.left_s(IN_FLIGHT)) > 0:
        return Undecided(min(left_s, AGAIN_S))
    if status == "IN_PROGRESS":
        return Undecided(AGAIN_S)
    found = Absent() if status == "FINISHED" else GivenUp(Outdated(errors.GONE.code, errors.GONE.message))
    return await unlisted(server, account, inquiry, post, found)


async def named(server: Api, account: Account, inquiry: Inquiry, post: Post) -> Found:
    """Return the live post, named by the list, which may lag. Several similar posts name none."""
    alike, _ = await look(server, account, inquiry, post)
    if len(alike) == 1:
        return Live(external_id=alike[0].id, external_url=alike[0].permalink)
    if (missing_s := inquiry.left_s(LISTED)) > 0:
        return Undecided(min(missing_s, AGAIN_S))
    return Live(external_id=None, external_url=None)


async def unlisted(
    server: Api, account: Account, inquiry: Inquiry, post: Post, found: Absent | GivenUp
) -> Found:
    """Return `found` for an unpublished container, unless the list has a similar post."""
    alike, complete = await look(server, account, inquiry, post)
    return Undecided() if alike or not complete else found


async def look(server: Api, account: Account, inquiry: Inquiry, post: Post) -> tuple[list[ListedPost], bool]:
    """Return posts with this caption since the call, and whether the list was read completely."""
    since, until = inquiry.sent_at - SKEW, inquiry.sent_at + WITHIN
    found, after = list[ListedPost](), None
    for _ in range(MOST_PAGES):
        page = await api.media(server, account.external_id, after=after)
        found += [one for one in page.data if is_alike(one, post, since, until)]
        after = page.paging.cursors.after
        if page.paging.next is None or not after or any(one.at and one.at < since for one in page.data):
            return found, True
    return found, False


def is_alike(listed: ListedPost, post: Post, since: datetime, until: datetime) -> bool:
    """Return whether it may be the post; a post without a time may be."""
    return essence(listed.caption) == essence(post.caption) and since <= (listed.at or since) <= until


def essence(caption: str) -> str:
    """Return the caption without spaces, which Instagram may change."""
    return "".join(unicodedata.normalize("NFC", caption).split())
