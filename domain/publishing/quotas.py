"""Quotas: the sends of an account in any period of so many seconds, counted from the ledger of sends.

A send is recorded before its call, under the account's lock, and removed if the platform is proved not to
have the post.
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

#: A call reaches the platform after its record, with varying delay: windows are longer by this many seconds.
DELIVERY_DELAY_S = 1.0

#: Retention of sends in seconds: longer than any platform's window.
RETENTION_S = 2 * 86400.0


class Quota(NamedTuple):
    posts: int
    window_s: float


class QuotaWindow(NamedTuple):
    """Quota as a statement's parameters; nulls: no limit."""

    posts: int | None
    window_s: float | None


def find_quota(
    *, platform: str, traits: Mapping[str, Any], quota_posts: int | None, quota_window_s: float | None
) -> Quota | None:
    """Return the account's quota: an operator's, else the account's by its platform, else the platform's.

    None: no limit is known.
    """
    if quota_posts is not None and quota_window_s is not None:
        return Quota(quota_posts, quota_window_s)
    if (own := platform_limits.quota_of(traits)) is not None:
        return Quota(*own)
    limits = PLATFORMS.get(platform)
    return limits and Quota(*limits.quota)


def window(post: LockedPost) -> QuotaWindow:
    """Return the window of the post's account."""
    quota = find_quota(
        platform=post.platform,
        traits=post.traits,
        quota_posts=post.quota_posts,
        quota_window_s=post.quota_window_s,
    )
    return QuotaWindow(quota.posts, quota.window_s + DELIVERY_DELAY_S) if quota else QuotaWindow(None, None)


async def release_sends(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    await account_send.delete_sends.run(conn, org=organization_id, account_id=account_id, post_id=post_id)


async def prune(conn: Conn) -> int:
    """Delete a batch of sends outside every quota's window; return their number."""
    return await account_send.prune_sends.run(
        conn, limit=maintenance.MAX_MAINTENANCE_ROWS, keep_s=RETENTION_S
    )
