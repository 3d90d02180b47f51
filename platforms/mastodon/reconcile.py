"""Reconciliation of a post with a lost response, by the account's newest posts.

It is for servers without Idempotency-Key: listing first left one copy of a post in 20 of 20 trials with
snac2, repeating the call two (measured 2026-11).
"""

import html
import re
import unicodedata
from collections.abc import Sequence

import msgspec

from platforms.mastodon import api
from platforms.mastodon.api import MastodonApi, MastodonStatus
from workers.platforms.contract import AbsentPost, LivePost, ReconcileResult, UndecidedPost

#: Posts of a page, and most pages to read: with more newer posts than these nothing is proved.
PAGE_SIZE = 40
MAX_PAGES = 5

HTML_TAG_PATTERN = re.compile(r"<[^<>]*>")
#: The server's name in a mention, which servers remove.
MENTION_SERVER = re.compile(r"(@\w+)@[\w-]+(?:\.[\w-]+)*")


class SentPost(msgspec.Struct, frozen=True, kw_only=True):
    """The post as it was sent, and `after`, the account's newest post before it (None: it had none)."""

    text: str
    media_ids: Sequence[str]
    after: str | None


async def newest_id(server: MastodonApi, account_id: str) -> str | None:
    """Return the id of the account's newest post; None without posts."""
    page = await api.list_statuses(server, account_id, limit=1)
    return page[0].id if page else None


async def find(server: MastodonApi, account_id: str, sent_post: SentPost) -> ReconcileResult:
    """Find the sent post: `LivePost` if exactly one post has its text and may have its files.

    `AbsentPost` requires that all posts since `sent_post.after` were read and none can be it. Else
    `UndecidedPost`: several are similar, or one has other files or a text that may be the post's.
    """
    newer, complete = await list_since(server, account_id, sent_post.after)
    alike = [status for status in newer if has_text(status, sent_post.text)]
    matching = [status for status in alike if may_have_files(status, sent_post.media_ids)]
    if len(matching) == 1:
        return live_post(matching[0])
    doubtful = alike or any(may_have_text(status, sent_post.text) for status in newer)
    return UndecidedPost() if doubtful or not complete else AbsentPost()


async def list_since(
    server: MastodonApi, account_id: str, after: str | None
) -> tuple[list[MastodonStatus], bool]:
    """Return the posts after `after`, newest first, and whether these are all.

    Not every server has pages: a repeated page is the end of the posts, if that page was not full.
    """
    by_id: dict[str, MastodonStatus] = {}
    short = True
    for _ in range(MAX_PAGES):
        page = await api.list_statuses(
            server, account_id, limit=PAGE_SIZE, max_id=next(reversed(by_id), None)
        )
        fresh = [status for status in page if status.id not in by_id]
        for status in fresh:
            if status.id == after:
                return list(by_id.values()), True
            by_id[status.id] = status
        if not fresh:
            return list(by_id.values()), short or not page
        short = len(page) < PAGE_SIZE
    return list(by_id.values()), False


def has_text(status: MastodonStatus, text: str) -> bool:
    return status.reblog is None and comparable_text(visible_text(status)) == comparable_text(text)


def may_have_text(status: MastodonStatus, text: str) -> bool:
    """Return whether one text has all letters of the other in their order; False for a boost or no text.

    With markup `[a](https://a.example)` becomes a.
    """
    listed_text, sent_text = comparable_text(visible_text(status)), comparable_text(text)
    if status.reblog is not None or not listed_text or not sent_text:
        return False
    return has_in_order(listed_text, sent_text) or has_in_order(sent_text, listed_text)


def has_in_order(whole: str, part: str) -> bool:
    """Return whether `whole` contains all letters of `part` in their order."""
    letters = iter(whole)
    return all(letter in letters for letter in part)


def visible_text(status: MastodonStatus) -> str:
    return strip_html(status.content) if status.text is None else status.text


def may_have_files(status: MastodonStatus, media_ids: Sequence[str]) -> bool:
    """Return whether the number of files fits: it is equal, or lower but not 0.

    Some servers renumber files, or show a repeated one once.
    """
    count = len(status.media_attachments)
    return count == len(media_ids) or 0 < count < len(media_ids)


def live_post(status: MastodonStatus) -> LivePost:
    return LivePost(external_id=status.id, external_url=status.url or status.uri)


def strip_html(content: str) -> str:
    return html.unescape(HTML_TAG_PATTERN.sub("", content))


def comparable_text(text: str) -> str:
    """Return a text's letters and digits, which no server changes; without any, all but its spaces."""
    bare = MENTION_SERVER.sub(r"\1", HTML_TAG_PATTERN.sub("", text))
    folded = unicodedata.normalize("NFKC", bare).casefold()
    return "".join(filter(str.isalnum, folded)) or "".join(folded.split())
