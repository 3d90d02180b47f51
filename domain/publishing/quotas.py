"""Quotas: so many sends of an account in any so many seconds, counted from the ledger of its sends.

A send is written down before its call, under the account's lock, and taken back where the platform is proved
not to have the post.
"""

from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_send
from domain.accounts import platform_limits
from domain.accounts.platform_limits import PLATFORMS
from jobs import maintenance

#: A call reaches the platform after it was written down, one later than another: windows are longer by this.
ARRIVAL_S = 1.0

#: How long sends are kept at least: longer than any platform's own window.
KEEP_S = 2 * 86400.0


class Quota(NamedTuple):
    posts: int
    window_s: float


def of(account: asyncpg.Record) -> Quota | None:
    """An operator's figures for the account before its platform's for it, and those before the platform's.

    None: no limit is known.
    """
    if account["quota_posts"] is not None:
        return Quota(account["quota_posts"], account["quota_window_s"])
    if (own := platform_limits.quota_of(account["traits"])) is not None:
        return Quota(*own)
    platform = PLATFORMS.get(account["platform"])
    return platform and Quota(*platform.quota)


def window(account: asyncpg.Record) -> dict[str, Any]:
    """What a statement counts by; nulls count nothing."""
    quota = of(account)
    if quota is None:
        return {"posts": None, "window_s": None}
    return {"posts": quota.posts, "window_s": quota.window_s + ARRIVAL_S}


async def take_back(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    await account_send.delete_sends.run(conn, org=organization_id, account_id=account_id, post_id=post_id)


async def prune(conn: Conn) -> int:
    """Forget a batch of sends that no quota counts any more; how many."""
    return await account_send.prune_sends.run(conn, limit=maintenance.BATCH, keep_s=KEEP_S)
