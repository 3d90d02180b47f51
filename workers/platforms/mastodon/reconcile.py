"""Reconciliation of a post with a lost response, by the account's newest posts.

It is for servers without Idempotency-Key: listing first left one copy of a post in 20 of 20 trials with
snac2, repeating the call two (measured 2026-11).
"""

import html
import re
import unicodedata
from collections.abc import Sequence

import msgspec

from workers.platforms.contract import Absent, Found, Live, Undecided
from workers.platforms.mastodon import api
from workers.platforms.mastodon.api import Api, Status

#: Posts of a page, and most pages to read: with more newer posts than these nothing is proved.
PAGE = 40
MOST_PAGES = 5

ELEMENT = re.compile(r"<[^<>]*>")
#: The server's name in a mention, which servers remove.
MENTION_SERVER = re.compile(r"(@\w+)@[\w-]+(?:\.[\w-]+)*")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The post as it was sent, and `after`, the account's newest post before it (None: it had none)."""

    text: str
    media_ids: Sequence[str]
    after: str | None


async def newest(server: Api, account_id: str) -> str | None:
    """Return the id of the account's newest post; None without posts."""
    page = await api.statuses(server, account_id, limit=1)
    return page[0].id if page else None


async def find(server: Api, account_id: str, wanted: Wanted) -> Found:
    """Find the post. `Absent` requires that all posts since `wanted.after` were read and none can be it.

    `Undecided` if several are similar, or if one has other files or a text that may be the post's.
    """
    newer, complete = await since(server, account_id, wanted.after)
    alike = [status for status in newer if has_text(status, wanted.text)]
    matching = [status for status in alike if may_have_files(status, wanted.media_ids)]
    if len(matching) == 1:
        return live(matching[0])
    doubtful = alike or any(may_have_text(status, wanted.text) for status in newer)
    return Undecided() if doubtful or not complete else Absent()


async def since(server: Api, account_id: str, after: str | None) -> tuple[list[Status], bool]:
    """Return the posts after `after`, newest first, and whether these are all.

    Not every server has pages: a repeated page is the end of the posts, if that page was not full.
    """
    found: dict[str, Status] = {}
    short = True
    for _ in range(MOST_PAGES):
        page = await api.statuses(server, account_id, limit=PAGE, max_id=next(reversed(found), None))
        fresh = [status for status in page if status.id not in found]
        for status in fresh:
            if status.id == after:
                return list(found.values()), True
            found[status.id] = status
        if not fresh:
            return list(found.values()), short or not page
        short = len(page) < PAGE
    return list(found.values()), False


def has_text(status: Status, text: str) -> bool:
    return status.reblog is None and essence(shown(status)) == essence(text)


def may_have_text(status: Status, text: str) -> bool:
    """Return whether one text is a part of the other: with markup `[a](https://a.example)` becomes a."""
    theirs, ours = essence(shown(status)), essence(text)
    if status.reblog is not None or not theirs or not ours:
        return False
    return has_in_order(theirs, ours) or has_in_order(ours, theirs)


def has_in_order(whole: str, part: str) -> bool:
    """Return whether `whole` contains all letters of `part` in their order."""
    letters = iter(whole)
    return all(letter in letters for letter in part)


def shown(status: Status) -> str:
    return plain(status.content) if status.text is None else status.text


def may_have_files(status: Status, media_ids: Sequence[str]) -> bool:
    """Return whether the files may be the post's: some servers renumber them, or show a repeated one once."""
    shown = len(status.media_attachments)
    return shown == len(media_ids) or 0 < shown < len(media_ids)


def live(status: Status) -> Live:
    return Live(external_id=status.id, external_url=status.url or status.uri)


def plain(content: str) -> str:
    return html.unescape(ELEMENT.sub("", content))


def essence(text: str) -> str:
    """Return a text's letters and digits, which no server changes; without any, all but its spaces."""
    bare = MENTION_SERVER.sub(r"\1", ELEMENT.sub("", text))
    folded = unicodedata.normalize("NFKC", bare).casefold()
    return "".join(filter(str.isalnum, folded)) or "".join(folded.split())
