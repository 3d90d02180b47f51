"""Reconciliation of a post whose publish had no answer: by its container, then by the account's list.

The container tells whether the post is live. Which post it is only the list tells, by caption and time: the
newest post may be another one.
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

#: Time after the last call in which its post may still be made, and in which the list may still lack it.
IN_FLIGHT, LISTED = timedelta(minutes=2), timedelta(minutes=5)
#: Seconds between two looks meanwhile.
AGAIN_S = 30.0
#: Difference of two clocks, and time after its call within which a post gets its time.
SKEW, WITHIN = timedelta(minutes=1), timedelta(minutes=30)
#: Pages of the list that are read.
MOST_PAGES = 5


async def find(server: Api, account: Account, inquiry: Inquiry) -> Found:
    """The outcome of a container that was to be published. Raises `PlatformError` where it can't be read."""
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
    """The live post, named by the list, which may lag. Of several alike none is taken."""
    alike, _ = await look(server, account, inquiry, post)
    if len(alike) == 1:
        return Live(external_id=alike[0].id, external_url=alike[0].permalink)
    if (missing_s := inquiry.left_s(LISTED)) > 0:
        return Undecided(min(missing_s, AGAIN_S))
    return Live(external_id=None, external_url=None)


async def unlisted(
    server: Api, account: Account, inquiry: Inquiry, post: Post, found: Absent | GivenUp
) -> Found:
    """`found` of a container that was not published, unless the list has what may be the post."""
    alike, complete = await look(server, account, inquiry, post)
    return Undecided() if alike or not complete else found


async def look(server: Api, account: Account, inquiry: Inquiry, post: Post) -> tuple[list[ListedPost], bool]:
    """Posts with this caption since the call, and whether all since then were seen."""
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
    """True if it may be the post; one without a time may."""
    return essence(listed.caption) == essence(post.caption) and since <= (listed.at or since) <= until


def essence(caption: str) -> str:
    """The caption without spaces, which Instagram may change."""
    return "".join(unicodedata.normalize("NFC", caption).split())
