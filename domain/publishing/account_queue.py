"""Account queues: one post of an account is prepared and sent at a time, in the order of their times.

The post at the head of its account's queue is the one at work. The account's row holds its id
(`turn_post_id`), and every change of the head locks that row. A post that doesn't get the head puts its job
back in the same transaction, so the wake of the next post finds it
(docs/decisions/0012-per-account-fifo-queue-head.md).
"""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_lease, account_send, outgoing_post, sending
from domain.publishing import quotas
from domain.publishing.locked_post import LockedPost
from jobs.ledger import JobClaim

#: Seconds until a waiting post checks the queue again without a wake. Taking the head puts off so many of the
#: next posts without a check.
QUEUE_CHECK_INTERVAL_S, MAX_POSTS_PUT_OFF_BY_QUEUE_HEAD = 30.0, 50
#: Posts with a call under way that one wake makes due at once; each checks with its platform.
MAX_POSTS_PER_WAKE = 50


class QueuedPost(NamedTuple):
    """Post in its account's queue."""

    organization_id: UUID
    account_id: UUID
    id: UUID


class QueueHeadClaimResult(NamedTuple):
    """Position of a post in the queue. `is_head`: it is at the head from now on.

    `full_s`: seconds until the account's quota has room. `busy`: another post is at the head, and at work or
    about to be.
    """

    full_s: float
    busy: bool
    is_head: bool


#: Position of a post that can't be sent.
QUEUE_POSITION_OF_UNSENDABLE_POST = QueueHeadClaimResult(0.0, busy=True, is_head=False)

_CLAIM_QUEUE_HEAD_FOR_POST = sending.take_head.typed(QueueHeadClaimResult)


async def claim_queue_head_for_post(conn: Conn, claim: JobClaim, post: LockedPost) -> QueueHeadClaimResult:
    """Put a post at the head of its account's queue if it is next and the quota has room.

    If so, also puts off the queue's next `MAX_POSTS_PUT_OFF_BY_QUEUE_HEAD` posts. Returns the position: the head, or
    the obstacle. It locks what it changes. A fenced claim, or a post that doesn't wait any more, gets no head.
    """
    position = await _CLAIM_QUEUE_HEAD_FOR_POST.one(
        conn,
        org=post.organization_id,
        post_id=post.id,
        job_id=claim.id,
        fence=claim.fence,
        most=MAX_POSTS_PUT_OFF_BY_QUEUE_HEAD,
        wait_s=QUEUE_CHECK_INTERVAL_S,
        **quotas.build_post_quota_sql_parameters(post)._asdict(),
    )
    return position or QUEUE_POSITION_OF_UNSENDABLE_POST


async def remove_queue_head_without_waking_next(conn: Conn, post: QueuedPost | LockedPost) -> None:
    """Remove the post from the head of its account's queue without a wake of the next post.

    Does nothing if the post isn't at the head. Use it for a cause that blocks all of the account's posts.
    """
    await sending.leave_head.run(conn, org=post.organization_id, account_id=post.account_id, post_id=post.id)


async def advance_account_queue(conn: Conn, post: QueuedPost | LockedPost) -> None:
    """Remove the post from the head of its account's queue, and make the next post's job due now.

    Makes the next job due even if the post wasn't at the head. The caller has locked the account.
    """
    await remove_queue_head_without_waking_next(conn, post)
    await wake_next_queued_post(conn, organization_id=post.organization_id, account_id=post.account_id)


async def wake_account_posts(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """Make waiting jobs of an account, and of the one that leases it, due: their cause to wait may be over.

    Wakes at most `MAX_POSTS_PER_WAKE` posts that the platform may have, and the first queued one, which wakes the next
    later. Ends the backoff of at most `MAX_POSTS_PER_WAKE` posts after a refused token too.
    """
    await _wake_posts_of_one_account(conn, organization_id, account_id)
    lessee = await account_lease.find_lessee.one(conn, owner_id=account_id)
    if lessee is not None:
        await _wake_posts_of_one_account(conn, lessee["organization_id"], lessee["account_id"])


async def _wake_posts_of_one_account(conn: Conn, organization_id: UUID, account_id: UUID) -> None:
    await account_send.lock_sender.one(conn, org=organization_id, account_id=account_id)
    refused = await outgoing_post.find_refused.all(
        conn, org=organization_id, account_id=account_id, most=MAX_POSTS_PER_WAKE
    )
    for post_id in sorted(row["id"] for row in refused):
        await outgoing_post.release_post.run(conn, org=organization_id, id=post_id)
    await sending.wake_sent.run(conn, org=organization_id, account_id=account_id, most=MAX_POSTS_PER_WAKE)
    await wake_next_queued_post(conn, organization_id=organization_id, account_id=account_id)


async def wake_next_queued_post(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """Make the job of the first post in the account's queue due now; the caller has locked the account."""
    await sending.wake_next.value(conn, org=organization_id, account_id=account_id)
