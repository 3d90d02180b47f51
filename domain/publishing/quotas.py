"""Quotas: so many sends of an account in any so many seconds, counted from the ledger of its sends.

A send is written down before its call, under the account's lock, and taken back where the platform is proved
not to have the post.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_send
from domain.accounts import platform_limits
from domain.accounts.platform_limits import PLATFORMS
from domain.publishing.locked_post import LockedPost
from jobs import maintenance

#: A call reaches the platform after it was written down, one later than another: windows are longer by this.
ARRIVAL_S = 1.0

#: How long sends are kept at least: longer than any platform's own window.
KEEP_S = 2 * 86400.0


class Quota(NamedTuple):
    posts: int
    window_s: float


class Window(NamedTuple):
    """A quota as a statement counts by it; nulls count nothing."""

    posts: int | None
    window_s: float | None


def of(
    *, platform: str, traits: Mapping[str, Any], quota_posts: int | None, quota_window_s: float | None
) -> Quota | None:
    """An operator's figures for the account before its platform's for it, and those before the platform's.

    None: no limit is known.
    """
    if quota_posts is not None and quota_window_s is not None:
        return Quota(quota_posts, quota_window_s)
    if (own := platform_limits.quota_of(traits)) is not None:
        return Quota(*own)
    known = PLATFORMS.get(platform)
    return known and Quota(*known.quota)


def window(post: LockedPost) -> Window:
    """The window of the post's account."""
    quota = of(
        platform=post.platform,
        traits=post.traits,
        quota_posts=post.quota_posts,
        quota_window_s=post.quota_window_s,
    )
    return Window(quota.posts, quota.window_s + ARRIVAL_S) if quota else Window(None, None)


async def take_back(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    await account_send.delete_sends.run(conn, org=organization_id, account_id=account_id, post_id=post_id)


async def prune(conn: Conn) -> int:
    """Forget a batch of sends that no quota counts any more; how many."""
    return await account_send.prune_sends.run(conn, limit=maintenance.BATCH, keep_s=KEEP_S)
