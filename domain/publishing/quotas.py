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
from domain.accounts.platform_limits import LIMITS_BY_PLATFORM
from domain.publishing.locked_post import LockedPost
from jobs import maintenance

#: A call reaches the platform after its record, with varying delay: windows are longer by this many seconds.
POST_QUOTA_SEND_DELAY_MARGIN_S = 1.0

#: Retention of sends in seconds: longer than any platform's window.
POST_SEND_RETENTION_S = 2 * 86400.0


class AccountPostQuotaPerWindow(NamedTuple):
    posts: int
    window_s: float


class PostQuotaParameters(NamedTuple):
    """Quota as a statement's parameters; nulls: no limit is known. The statement prefers the operator's quota."""

    posts: int | None
    window_s: float | None
    margin_s: float = POST_QUOTA_SEND_DELAY_MARGIN_S


def find_account_post_quota_per_window(
    *, platform: str, traits: Mapping[str, Any], quota_posts: int | None, quota_window_s: float | None
) -> AccountPostQuotaPerWindow | None:
    """Return an account's quota: how many posts in a period of seconds; None if no limit is known.

    An operator's quota wins, then the one that the platform reports for the account, then the platform's own.
    """
    if quota_posts is not None and quota_window_s is not None:
        return AccountPostQuotaPerWindow(quota_posts, quota_window_s)
    if (own := platform_limits.account_quota_from_traits(traits)) is not None:
        return AccountPostQuotaPerWindow(*own)
    limits = LIMITS_BY_PLATFORM.get(platform)
    return limits and AccountPostQuotaPerWindow(*limits.quota)


def build_post_quota_sql_parameters(post: LockedPost) -> PostQuotaParameters:
    """Return the quota of the post's account without its operator's.

    Both the number of posts and the period are None if no limit is known.
    """
    quota = find_account_post_quota_per_window(
        platform=post.platform, traits=post.traits, quota_posts=None, quota_window_s=None
    )
    return PostQuotaParameters(*quota) if quota else PostQuotaParameters(None, None)


async def delete_sends_of_post(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    await account_send.delete_sends.run(conn, org=organization_id, account_id=account_id, post_id=post_id)


async def prune_old_post_sends(conn: Conn) -> int:
    """Delete a batch of records of sends that are too old for any quota; return their number."""
    return await account_send.prune_sends.run(
        conn, limit=maintenance.MAX_MAINTENANCE_ROWS, keep_s=POST_SEND_RETENTION_S
    )
