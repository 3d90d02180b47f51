"""Posts: read, submit their jobs, record their history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET

from db.pool import Conn
from db.queries import content_item, post_event, post_view, scheduled_post
from db.queries.rows import PartnerPostRow
from domain.accounts import accounts
from domain.publishing import disclosure
from domain.tenancy import project_locks
from domain.values import multi_value_filter
from domain.values.answers import build_api_answer_from_row
from domain.values.periods import ListPeriod
from jobs import ledger
from jobs.kinds import PUBLISH_POST_KIND
from jobs.ledger import SubmittedJob, WakeMessage
from schemas import ids
from schemas.errors.absent import not_found_error, require_found
from schemas.posts import AiLabel, Post, PostError, PostStatus

#: Post and its version, which grows with every visible change.
VersionedPost: TypeAlias = tuple[Post, int]

PostEventType = Literal[
    "scheduled", "blocked", "released", "rescheduled", "prepared", "sending", "not_sent", "undecided",
    "accepted", "published", "draft_in_inbox", "failed", "canceled", "outcome_unknown", "resolved",
]  # fmt: skip


class ProjectPostCounts(NamedTuple):
    """Numbers of a project's posts: waiting for an approval or their time, and in flight."""

    waiting: int
    in_flight: int


GET_POST = post_view.get_post.typed(PartnerPostRow)
LIST_POSTS = post_view.list_posts.typed(PartnerPostRow)
LIST_POSTS_OF_ORGANIZATION = post_view.list_posts_of_all.typed(PartnerPostRow)
COUNT_OPEN_POSTS = scheduled_post.count_open.typed(ProjectPostCounts)

#: Statuses of posts that may have a wait reason.
POST_STATUSES_WITH_WAIT_REASON = frozenset({"blocked", "queued", "publishing", "outcome_unknown"})

#: Most posts of a period that are read one by one and sorted.
MAX_POSTS_TO_SORT = 2_000


async def record_post_history(
    conn: Conn,
    *,
    organization_id: UUID,
    post_ids: Sequence[UUID],
    event: PostEventType,
    details: dict[str, Any] | None = None,
) -> None:
    """Record the same event in the history of each of these posts, in the transaction of the change."""
    await post_event.insert_events.run(
        conn,
        org=organization_id,
        post_ids=post_ids,
        ids=[ids.new_uuid7() for _ in post_ids],
        type=event,
        details=details or {},
    )


async def read_versioned_post(conn: Conn, *, organization_id: UUID, post_id: UUID) -> VersionedPost:
    """Return a scheduled post and its version. Raises `ObjectNotFound`."""
    row = require_found(await GET_POST.one(conn, org=organization_id, id=post_id), "post")
    return _post_to_schema(row), row.version


async def list_post_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    account_id: UUID | None,
    content_id: UUID | None,
    statuses: Sequence[PostStatus] | None,
    period: ListPeriod,
    before: UUID | None,
    limit: int,
) -> list[Post]:
    """Return at most `limit` posts of a project older than `before`, newest first; `period` limits `scheduledFor`.

    Raises `ObjectNotFound` for the project, an account or a content outside it. A filter of None matches all.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    await _check_filtered_account_and_content_exist(conn, organization_id, project_id, account_id, content_id)
    filters = {
        "org": organization_id,
        "project_id": project_id,
        "account_id": account_id,
        "content_id": content_id,
        "statuses": statuses,
        "since": period.since,
        "until": period.until,
        "before": period.id_upper_bound(before),
        "most": MAX_POSTS_TO_SORT,
        "limit": limit,
    }
    led = content_id is not None or account_id is not None
    leading = multi_value_filter.split_search_by_filter_value(status=None if led else statuses)
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, LIST_POSTS.all, filters, leading)
    return [_post_to_schema(row) for row in rows]


async def list_organization_post_page(
    conn: Conn,
    *,
    organization_id: UUID,
    statuses: Sequence[PostStatus] | None,
    period: ListPeriod,
    before: UUID | None,
    limit: int,
) -> list[Post]:
    """Return at most `limit` posts of all active projects of the organization, newest first.

    They are older than `before`. `period` limits their `scheduledFor`; `statuses` of None match all.
    """
    filters = {
        "org": organization_id,
        "since": period.since,
        "until": period.until,
        "before": before,
        "most": MAX_POSTS_TO_SORT,
        "limit": limit,
    }
    leading = multi_value_filter.split_search_by_filter_value(status=statuses)
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, LIST_POSTS_OF_ORGANIZATION.all, filters, leading)
    return [_post_to_schema(row) for row in rows]


async def _check_filtered_account_and_content_exist(
    conn: Conn, organization_id: UUID, project_id: UUID, account_id: UUID | None, content_id: UUID | None
) -> None:
    if account_id is not None:
        account = await accounts.find_account_row(conn, organization_id=organization_id, account_id=account_id)
        if account.project_id != project_id:
            raise not_found_error("account")
    if content_id is not None:
        content_project = await content_item.find_project.value(conn, org=organization_id, id=content_id)
        if content_project != project_id:
            raise not_found_error("content")


async def count_open_project_posts(conn: Conn, *, organization_id: UUID, project_id: UUID) -> ProjectPostCounts:
    """Count a project's posts that wait, and those in flight; exact while this transaction locks the project."""
    return await COUNT_OPEN_POSTS.row(conn, org=organization_id, project_id=project_id)


async def submit_publish_job(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    post_id: UUID,
    run_at: datetime | None,
    unique_key: str | None = None,
    retry_of: UUID | None = None,
) -> SubmittedJob:
    """Submit the job that sends a post at `run_at`, or now if that is None. Raises `LimitReached`."""
    return await ledger.submit_job(
        conn,
        kind=PUBLISH_POST_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args={"post_id": str(post_id)},
        run_at=run_at,
        unique_key=unique_key,
        retry_of=retry_of,
    )


async def submit_publish_jobs_for_post_times(
    conn: Conn, *, organization_id: UUID, project_id: UUID, times: Mapping[UUID, datetime]
) -> tuple[list[UUID], list[WakeMessage]]:
    """Submit the jobs that send several posts; `times` has the time of each by its post id.

    Returns the jobs' ids in the order of `times`, and the wakes to send. Raises `LimitReached`.
    """
    return await ledger.submit_jobs(
        conn,
        kind=PUBLISH_POST_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args=[{"post_id": str(post_id)} for post_id in times],
        run_ats=[*times.values()],
    )


def _post_to_schema(row: PartnerPostRow) -> Post:
    return build_api_answer_from_row(
        Post,
        row,
        id=ids.format_prefixed_id(ids.POST_ID_PREFIX, row.id),
        ai_label=_ai_label_of_post_row(row),
        last_error=msgspec.convert(row.last_error, PostError) if row.last_error else None,
        waiting=UNSET if row.status in POST_STATUSES_WITH_WAIT_REASON else None,
    )


def _ai_label_of_post_row(row: PartnerPostRow) -> AiLabel | None:
    """Return the AI label that a post was sent with, or the one that an unsent post will get."""
    if row.ai_origin is None:
        return row.ai_label
    return disclosure.predict_ai_label_of_unsent_post(row.platform, row.mode, row.ai_origin)
