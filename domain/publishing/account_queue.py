"""Account queues: one post of an account is prepared and sent at a time, in the order of their times.

The post at the head of its account's queue is the one at work. The account's row names it (`turn_post_id`)
and is locked by whoever takes or leaves the head. A post that doesn't get there puts its job back in the same
transaction, so whoever wakes the next one sees it wait (docs/decisions/0012-per-account-fifo-queue-head.md).
"""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_lease, account_send, outgoing_post, sending
from domain.publishing import quotas
from domain.publishing.locked_post import LockedPost
from jobs.ledger import Claim

#: A post that is not the account's next looks again this soon should nobody wake it, in seconds. Whoever
#: takes the head lets so many of those behind it wait without a look.
WAIT_S, LINED_UP = 30.0, 50
#: Posts that their platform may have already, woken at once; it is asked about each.
WOKEN = 50
#: The job's progress from then on.
PREPARING = 0.1


class QueuedPost(NamedTuple):
    """A post in its account's queue."""

    organization_id: UUID
    account_id: UUID
    id: UUID


class QueuePosition(NamedTuple):
    """The position of a post, which says if it may go. `is_head`: it is at the head from now on.

    `full_s`: the account's quota has no room for so many seconds. `busy`: another post is at the head, and at
    work or about to be.
    """

    full_s: float
    busy: bool
    is_head: bool


_TAKE_HEAD = sending.take_head.typed(QueuePosition)


async def take_head(conn: Conn, claim: Claim, post: LockedPost) -> QueuePosition:
    """Take the head for the post if it may go; it is then `preparing`."""
    window = quotas.window(post)
    return await _TAKE_HEAD.row(
        conn,
        org=post.organization_id,
        account_id=post.account_id,
        owner_id=post.owner_id,
        head_post_id=post.head_post_id,
        post_id=post.id,
        scheduled_for=post.scheduled_for,
        job_id=claim.id,
        fence=claim.fence,
        progress=PREPARING,
        most=LINED_UP,
        wait_s=WAIT_S,
        posts=window.posts,
        window_s=window.window_s,
    )


async def leave(conn: Conn, post: QueuedPost | LockedPost) -> None:
    """Leave the head for what all of the account's posts wait for: the next one would be no better off."""
    await sending.leave_head.run(conn, org=post.organization_id, account_id=post.account_id, post_id=post.id)


async def advance(conn: Conn, post: QueuedPost | LockedPost) -> None:
    """Leave the head, and have the next one's job due at once; the account is locked."""
    await leave(conn, post)
    await wake_next(conn, organization_id=post.organization_id, account_id=post.account_id)


async def wake(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """Wake the account's posts, and those of whoever leases it: what they may have waited for is over.

    Those that the platform may have are woken, and the first of the others, which will wake the next. A wait
    for another try ends too if it was the account's tokens that were refused.
    """
    await _wake(conn, organization_id, account_id)
    lessee = await account_lease.find_lessee.one(conn, owner_id=account_id)
    if lessee is not None:
        await _wake(conn, lessee["organization_id"], lessee["account_id"])


async def _wake(conn: Conn, organization_id: UUID, account_id: UUID) -> None:
    await account_send.lock_sender.one(conn, org=organization_id, account_id=account_id)
    refused = await outgoing_post.find_refused.all(
        conn, org=organization_id, account_id=account_id, most=WOKEN
    )
    for post_id in sorted(row["id"] for row in refused):
        await outgoing_post.let_pass.run(conn, org=organization_id, id=post_id)
    await sending.wake_sent.run(conn, org=organization_id, account_id=account_id, most=WOKEN)
    await wake_next(conn, organization_id=organization_id, account_id=account_id)


async def wake_next(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """The first one's job is due at once; the account is locked."""
    await sending.wake_next.run(conn, org=organization_id, account_id=account_id)
