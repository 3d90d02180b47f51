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
from workers.platforms.contract import AbsentPost, LivePost, ReconcileResult, UnprovedPost

#: Posts of a page, and most pages to read: with more newer posts than these nothing is proved.
MASTODON_STATUS_PAGE_SIZE = 40
MAX_MASTODON_STATUS_PAGES = 5

MASTODON_POST_HTML_TAG_PATTERN = re.compile(r"<[^<>]*>")
#: The server's name in a mention, which servers remove.
MENTION_SERVER_PATTERN = re.compile(r"(@\w+)@[\w-]+(?:\.[\w-]+)*")


class MastodonPostToFind(msgspec.Struct, frozen=True, kw_only=True):
    """The post as it was sent, and `after`, the account's newest post before it (None: it had none)."""

    text: str
    media_ids: Sequence[str]
    after: str | None


async def find_newest_mastodon_status_id(server: MastodonApi, account_id: str) -> str | None:
    """Return the id of a Mastodon account's newest post; None without posts."""
    page = await api.list_mastodon_statuses(server, account_id, limit=1)
    return page[0].id if page else None


async def find_sent_mastodon_post(
    server: MastodonApi, account_id: str, sent_post: MastodonPostToFind
) -> ReconcileResult:
    """Search a Mastodon account's posts for a sent post, and return whether it is live.

    `LivePost` requires that exactly one post has its text and may have its files. `AbsentPost` requires that
    all posts since `sent_post.after` were read and none can be it. Else `UnprovedPost`: several are similar,
    or one has other files or a text that may be the post's.
    """
    newer, complete = await list_mastodon_statuses_newer_than_id(server, account_id, sent_post.after)
    alike = [status for status in newer if has_same_post_text(status, sent_post.text)]
    matching = [status for status in alike if may_have_same_mastodon_files(status, sent_post.media_ids)]
    if len(matching) == 1:
        return build_mastodon_live_post(matching[0])
    doubtful = alike or any(may_have_same_post_text(status, sent_post.text) for status in newer)
    return UnprovedPost() if doubtful or not complete else AbsentPost()


async def list_mastodon_statuses_newer_than_id(
    server: MastodonApi, account_id: str, after: str | None
) -> tuple[list[MastodonStatus], bool]:
    """Return a Mastodon account's posts since the one with the id `after`, and whether these are all of them.

    The newest is first. At most `MAX_MASTODON_STATUS_PAGES` pages are read. Not every server has pages: a repeated page
    is the end of the posts, if that page was not full.
    """
    by_id: dict[str, MastodonStatus] = {}
    short = True
    for _ in range(MAX_MASTODON_STATUS_PAGES):
        page = await api.list_mastodon_statuses(
            server, account_id, limit=MASTODON_STATUS_PAGE_SIZE, max_id=next(reversed(by_id), None)
        )
        fresh = [status for status in page if status.id not in by_id]
        for status in fresh:
            if status.id == after:
                return list(by_id.values()), True
            by_id[status.id] = status
        if not fresh:
            return list(by_id.values()), short or not page
        short = len(page) < MASTODON_STATUS_PAGE_SIZE
    return list(by_id.values()), False


def has_same_post_text(status: MastodonStatus, text: str) -> bool:
    return status.reblog is None and normalize_post_text(get_visible_post_text(status)) == normalize_post_text(text)


def may_have_same_post_text(status: MastodonStatus, text: str) -> bool:
    """Return whether a listed post may have the sent text: one contains all letters of the other in order.

    With markup `[a](https://a.example)` becomes a. False for a boost, or if either text is empty.
    """
    listed_text, sent_text = normalize_post_text(get_visible_post_text(status)), normalize_post_text(text)
    if status.reblog is not None or not listed_text or not sent_text:
        return False
    return is_subsequence(listed_text, sent_text) or is_subsequence(sent_text, listed_text)


def is_subsequence(whole: str, part: str) -> bool:
    """Return whether `whole` contains all letters of `part` in their order."""
    letters = iter(whole)
    return all(letter in letters for letter in part)


def get_visible_post_text(status: MastodonStatus) -> str:
    return html.unescape(MASTODON_POST_HTML_TAG_PATTERN.sub("", status.content)) if status.text is None else status.text


def may_have_same_mastodon_files(status: MastodonStatus, media_ids: Sequence[str]) -> bool:
    """Return whether a listed post's number of files fits the sent files: equal, or lower but not 0.

    Some servers renumber files, or show a repeated one once.
    """
    count = len(status.media_attachments)
    return count == len(media_ids) or 0 < count < len(media_ids)


def build_mastodon_live_post(status: MastodonStatus) -> LivePost:
    return LivePost(external_id=status.id, external_url=status.url or status.uri)


def normalize_post_text(text: str) -> str:
    """Return the letters and digits of a post's text, in lower case: no server changes these.

    A text without any letter or digit is returned without its white space.
    """
    bare = MENTION_SERVER_PATTERN.sub(r"\1", MASTODON_POST_HTML_TAG_PATTERN.sub("", text))
    folded = unicodedata.normalize("NFKC", bare).casefold()
    return "".join(filter(str.isalnum, folded)) or "".join(folded.split())
