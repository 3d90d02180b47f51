"""Finding a post again whose publish was not answered: by its container, and then by name in the list.

The container says whether the post is live. Which one it is, only the account's own list can tell: by the
caption and the time, never by being the newest.
"""

import unicodedata
from datetime import datetime, timedelta

import msgspec

from domain.publishing.outgoing import Account
from schemas.errors import Outdated
from workers.platforms.contract import Absent, Found, GivenUp, Inquiry, Live, Undecided
from workers.platforms.instagram import api, errors
from workers.platforms.instagram.api import Api, Medium
from workers.platforms.instagram.containers import Post

#: For that long after a call its post may still come to be; and after that still be missing in the list.
SETTLE, LISTED = timedelta(minutes=2), timedelta(minutes=5)
#: Seconds between two looks meanwhile.
AGAIN_S = 30.0
#: How far two clocks may be apart, and how long after its call a post may get its time.
SKEW, WITHIN = timedelta(minutes=1), timedelta(minutes=30)
#: Past so many pages of newer posts the rest is not looked through.
MOST_PAGES = 5


async def find(server: Api, account: Account, inquiry: Inquiry) -> Found:
    """What became of a container that was to be published. Raises `PlatformError` where it can't be asked."""
    post = msgspec.json.decode(inquiry.prepared.request, type=Post)
    try:
        status = (await api.status(server, post.creation_id)).status_code
    except Outdated:
        return Undecided()  # Instagram doesn't know it (any more), and so doesn't say what it became.
    if status == "PUBLISHED":
        return await named(server, account, inquiry, post)
    if (settling_s := _left_s(inquiry, SETTLE)) > 0:
        return Undecided(min(settling_s, AGAIN_S))
    if status == "IN_PROGRESS":
        return Undecided(AGAIN_S)
    found = Absent() if status == "FINISHED" else GivenUp(Outdated(errors.GONE.code, errors.GONE.message))
    return await unlisted(server, account, inquiry, post, found)


async def named(server: Api, account: Account, inquiry: Inquiry, post: Post) -> Found:
    """It is live. Its name is told by the list, which may be behind; of several alike none is taken."""
    alike, _ = await look(server, account, inquiry, post)
    if len(alike) == 1:
        return Live(external_id=alike[0].id, external_url=alike[0].permalink)
    if (missing_s := _left_s(inquiry, LISTED)) > 0:
        return Undecided(min(missing_s, AGAIN_S))
    return Live(external_id=None, external_url=None)


async def unlisted(
    server: Api, account: Account, inquiry: Inquiry, post: Post, found: Absent | GivenUp
) -> Found:
    """The container says that it was not published: so it is, unless the list has what may be the post."""
    alike, complete = await look(server, account, inquiry, post)
    return Undecided() if alike or not complete else found


async def look(server: Api, account: Account, inquiry: Inquiry, post: Post) -> tuple[list[Medium], bool]:
    """The posts with this caption since the call, and whether all since then were seen."""
    since, until = inquiry.sent_at - SKEW, inquiry.sent_at + WITHIN
    found, after = list[Medium](), None
    for _ in range(MOST_PAGES):
        page = await api.media(server, account.external_id, after=after)
        found += [one for one in page.data if is_alike(one, post, since, until)]
        after = page.paging.cursors.after
        if page.paging.next is None or not after or any(one.at and one.at < since for one in page.data):
            return found, True
    return found, False


def is_alike(medium: Medium, post: Post, since: datetime, until: datetime) -> bool:
    """One without a time may be it."""
    return essence(medium.caption) == essence(post.caption) and since <= (medium.at or since) <= until


def essence(caption: str) -> str:
    """What of a caption stays the same in being shown: all but its spaces."""
    return "".join(unicodedata.normalize("NFC", caption).split())


def _left_s(inquiry: Inquiry, wait: timedelta) -> float:
    return (inquiry.sent_at + wait - inquiry.now).total_seconds()
