"""Bulk state changes of waiting posts: approve, edit, disconnect, archive.

Lock order: project, job rows by id, content row, owners of leased accounts by id, account rows by id, post
rows by id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post, social_account
from db.queries.rows import LockedQueueAccount, PostAwaitingApprovalOrTime
from domain.publishing import account_queue, posts
from domain.publishing.account_queue import QueuedPost
from jobs import controls
from jobs.ledger import WakeMessage

#: Reasons of cancels and blocks that follow from another change.
PROJECT_ARCHIVED_CANCEL_REASON = "project_archived"
CONTENT_EDITED_EVENT_DETAILS, SCHEDULE_PASSED_EVENT_DETAILS = (
    {"reason": "content_edited"},
    {"reason": "schedule_passed"},
)


class _BlockedPostNowApproved(NamedTuple):
    id: UUID
    scheduled_for: datetime


class _CancelRequestedPostRow(NamedTuple):
    id: UUID
    job_id: UUID | None
    social_account_id: UUID
    reason: str


class _ChangedPostId(NamedTuple):
    id: UUID


LIST_WAITING_ACCOUNT_POSTS = scheduled_post.list_waiting_of_account.typed(PostAwaitingApprovalOrTime)
LIST_WAITING_POSTS_OF_CONTENT = scheduled_post.list_waiting_of_content.typed(PostAwaitingApprovalOrTime)
LIST_BLOCKED_POSTS_OF_PROJECT = scheduled_post.list_blocked.typed(PostAwaitingApprovalOrTime)
LIST_CONTENT_POSTS_WITH_CANCEL_REQUEST = scheduled_post.list_stopped_of_content.typed(_CancelRequestedPostRow)
LOCK_WAITING_POST_ACCOUNTS = social_account.lock_accounts.typed(LockedQueueAccount)
LOCK_BLOCKED_POSTS_NOW_APPROVED = scheduled_post.lock_blocked.typed(_BlockedPostNowApproved)
BLOCK_QUEUED_POSTS_OF_CONTENT = scheduled_post.block_posts.typed(_ChangedPostId)
CANCEL_POSTS = scheduled_post.cancel_posts.typed(_ChangedPostId)


async def lock_post_jobs_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> None:
    """Lock the jobs of a content's waiting posts, before the content's own row is locked."""
    waiting = await _unsent_content_posts(conn, organization_id, content_id)
    await controls.lock_job_rows(conn, organization_id=organization_id, job_ids=_job_ids_of_posts(waiting))


async def queue_blocked_posts_of_content(
    conn: Conn, *, organization_id: UUID, project_id: UUID, content_id: UUID, caption: str, now: datetime
) -> list[WakeMessage]:
    """Queue the blocked posts of an approved content for their time, and return the wakes to send.

    Posts with a past time stay blocked. So do posts with an unapproved caption of their own; `caption` is the approved
    one. The caller locked the active project and the content. Raises `LimitReached`.
    """
    await _lock_accounts_of_posts(conn, organization_id, await _unsent_content_posts(conn, organization_id, content_id))
    blocked = await LOCK_BLOCKED_POSTS_NOW_APPROVED.all(
        conn, org=organization_id, content_id=content_id, caption=caption
    )
    due = {post.id: post.scheduled_for for post in blocked if post.scheduled_for >= now}
    late = [post.id for post in blocked if post.id not in due]
    job_ids, wakes = await posts.submit_publish_jobs_for_post_times(
        conn, organization_id=organization_id, project_id=project_id, times=due
    )
    await scheduled_post.release_posts.run(conn, org=organization_id, ids=list(due), job_ids=job_ids)
    await posts.record_post_history(conn, organization_id=organization_id, post_ids=list(due), event="released")
    await scheduled_post.keep_blocked.run(conn, org=organization_id, ids=late)
    await posts.record_post_history(
        conn, organization_id=organization_id, post_ids=late, event="blocked", details=SCHEDULE_PASSED_EVENT_DETAILS
    )
    return wakes


async def block_posts_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> int:
    """Block the queued posts of an edited content until a new approval; return their number.

    The caller locked the content. A post that was marked `sending` before is still sent. A queued post is canceled
    instead if its job has a cancel request: the next approval would queue it again.
    """
    stopped = await LIST_CONTENT_POSTS_WITH_CANCEL_REQUEST.all(conn, org=organization_id, content_id=content_id)
    if stopped:
        await cancel_waiting_posts(
            conn,
            organization_id=organization_id,
            waiting=[PostAwaitingApprovalOrTime(*post[:3]) for post in stopped],
            reason=stopped[0].reason,
        )
    waiting = await _unsent_content_posts(conn, organization_id, content_id)
    await controls.cancel_open_jobs_by_ids(conn, organization_id=organization_id, job_ids=_job_ids_of_posts(waiting))
    heads = await _lock_accounts_of_posts(conn, organization_id, waiting)
    rows = await BLOCK_QUEUED_POSTS_OF_CONTENT.all(conn, org=organization_id, content_id=content_id)
    blocked = [row.id for row in rows]
    await posts.record_post_history(
        conn, organization_id=organization_id, post_ids=blocked, event="blocked", details=CONTENT_EDITED_EVENT_DETAILS
    )
    await advance_queues_of_posts(conn, organization_id=organization_id, heads=heads, gone=blocked)
    return len(blocked)


async def cancel_waiting_posts_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID, reason: str) -> int:
    """Cancel the waiting posts of a content; return their number. The caller locked the content."""
    waiting = await _unsent_content_posts(conn, organization_id, content_id)
    return await cancel_waiting_posts(conn, organization_id=organization_id, waiting=waiting, reason=reason)


async def cancel_waiting_posts_of_account(conn: Conn, *, organization_id: UUID, account_id: UUID, reason: str) -> int:
    """Cancel the waiting posts of an account, before the account's own row is changed; return their number.

    The caller has locked the project, so no post is added meanwhile.
    """
    waiting = await LIST_WAITING_ACCOUNT_POSTS.all(conn, org=organization_id, account_id=account_id)
    return await cancel_waiting_posts(conn, organization_id=organization_id, waiting=waiting, reason=reason)


async def cancel_blocked_posts_in_project(conn: Conn, *, organization_id: UUID, project_id: UUID, limit: int) -> int:
    """Cancel at most `limit` blocked posts of an archived project; return their number."""
    blocked = await LIST_BLOCKED_POSTS_OF_PROJECT.all(conn, org=organization_id, project_id=project_id, limit=limit)
    return await cancel_waiting_posts(
        conn, organization_id=organization_id, waiting=blocked, reason=PROJECT_ARCHIVED_CANCEL_REASON
    )


async def cancel_waiting_posts(
    conn: Conn, *, organization_id: UUID, waiting: Sequence[PostAwaitingApprovalOrTime], reason: str | None
) -> int:
    """Cancel those of these posts that still wait, and their jobs; return the number of canceled posts."""
    await controls.cancel_open_jobs_by_ids(conn, organization_id=organization_id, job_ids=_job_ids_of_posts(waiting))
    heads = await _lock_accounts_of_posts(conn, organization_id, waiting)
    post_ids = [post.id for post in waiting]
    rows = await CANCEL_POSTS.all(conn, org=organization_id, ids=post_ids, reason=reason)
    canceled, why = [row.id for row in rows], {"reason": reason}
    await posts.record_post_history(
        conn, organization_id=organization_id, post_ids=canceled, event="canceled", details=why
    )
    await advance_queues_of_posts(conn, organization_id=organization_id, heads=heads, gone=canceled)
    return len(canceled)


async def advance_queues_of_posts(
    conn: Conn, *, organization_id: UUID, heads: Mapping[UUID, UUID], gone: Sequence[UUID]
) -> None:
    """Advance each account queue that has a post of `gone` at its head; `heads` maps that post to its account."""
    for post_id in heads.keys() & set(gone):
        await account_queue.advance_account_queue(conn, QueuedPost(organization_id, heads[post_id], post_id))


async def _unsent_content_posts(
    conn: Conn, organization_id: UUID, content_id: UUID
) -> list[PostAwaitingApprovalOrTime]:
    return await LIST_WAITING_POSTS_OF_CONTENT.all(conn, org=organization_id, content_id=content_id)


async def _lock_accounts_of_posts(
    conn: Conn, organization_id: UUID, waiting: Sequence[PostAwaitingApprovalOrTime]
) -> Mapping[UUID, UUID]:
    """Lock the accounts of these waiting posts; return each account by the id of the post at its queue's head."""
    account_ids = list({post.social_account_id for post in waiting})
    locked = await LOCK_WAITING_POST_ACCOUNTS.all(conn, org=organization_id, ids=account_ids)
    return {account.head_post_id: account.id for account in locked if account.head_post_id}


def _job_ids_of_posts(waiting: Sequence[PostAwaitingApprovalOrTime]) -> list[UUID]:
    return [post.job_id for post in waiting if post.job_id]
