"""Scheduled posts: schedule, publish, change, cancel."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import etags, filters, path_ids
from api.http.idempotency import HTTP_ACCEPTED_STATUS, WriteReply, run_idempotent_write
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.jobs import wait_reasons
from domain.publishing import captions, changes, posts, scheduling
from domain.publishing.posts import VersionedPost
from domain.tenancy.delegation import is_scope_granted
from jobs.ledger import WakeMessage
from schemas.base import Page
from schemas.posts import (
    ApproveCaption,
    CancelPost,
    Post,
    PostStatus,
    PublishContent,
    RejectCaption,
    Reschedule,
    ResolvePost,
    ScheduleContent,
    Scheduled,
)

PostStatusFilter = Annotated[list[PostStatus] | None, QueryParameter(description="Only with one of these statuses.")]
PostAccountFilter = Annotated[
    str | None, QueryParameter(name="socialAccountId", description="Only posts to this account of the project.")
]
PostContentFilter = Annotated[
    str | None, QueryParameter(name="contentId", description="Only posts of this content of the project.")
]
ScheduledSinceFilter = Annotated[
    str | None, QueryParameter(description="Scheduled at this time or later; UTC, with `Z`.", max_length=40)
]
ScheduledUntilFilter = Annotated[
    str | None, QueryParameter(description="Scheduled before this time; UTC, with `Z`.", max_length=40)
]

DEFAULT_POST_CANCEL_BODY, DEFAULT_CAPTION_APPROVAL_BODY = CancelPost(), ApproveCaption()


@post(
    "/content/{content_id:str}/schedule",
    opt=build_route_options("publish:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def schedule_content(
    request: ApiRequest, content_id: FromPath[str], data: JSONBody[ScheduleContent]
) -> Response[Scheduled]:
    """Schedule content to accounts. If one target is invalid, no post is scheduled.

    Content that awaits approval can be scheduled: its posts are `blocked` until the approval. A post with an
    unapproved `captionOverride` is blocked, too, unless the key may approve it.
    """

    async def schedule(conn: Conn) -> WriteReply[Scheduled]:
        scheduled, wakes = await scheduling.create_scheduled_posts_of_content(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            approver_id=_caller_key_id_if_may_approve_captions(request),
            body=data,
            now=request.services.clock(),
            ahead=request.known_sandbox_clock_offset,
        )
        return WriteReply(scheduled, status=HTTP_ACCEPTED_STATUS, wakes=tuple(wakes))

    return await run_idempotent_write(request, schedule)


@post(
    "/content/{content_id:str}/publish",
    opt=build_route_options("publish:write", RateClass.LONG_RUNNING, 403, 404, 409),
    status_code=202,
)
async def publish_content(
    request: ApiRequest, content_id: FromPath[str], data: JSONBody[PublishContent]
) -> Response[Scheduled]:
    """Publish content to accounts now. If one target is invalid, no post is published."""

    async def publish(conn: Conn) -> WriteReply[Scheduled]:
        scheduled, wakes = await scheduling.create_immediate_content_posts(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            approver_id=_caller_key_id_if_may_approve_captions(request),
            body=data,
        )
        return WriteReply(scheduled, status=HTTP_ACCEPTED_STATUS, wakes=tuple(wakes))

    return await run_idempotent_write(request, publish)


@get("/projects/{project_id:str}/scheduled-posts", opt=build_route_options("publish:read", RateClass.READ_LIGHT, 404))
async def list_scheduled_posts(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    status: PostStatusFilter = None,
    social_account_id: PostAccountFilter = None,
    content_id: PostContentFilter = None,
    since: ScheduledSinceFilter = None,
    until: ScheduledUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Post]:
    """List a project's posts, newest first."""
    period = await filters.parse_period_filter_into_real_time(request, since, until)

    async def find(conn: Conn, /, **page_args: Any) -> list[Post]:
        return await posts.list_post_page(
            conn,
            **page_args,
            account_id=filters.parse_filter_id("account", social_account_id),
            content_id=filters.parse_filter_id("content", content_id),
            statuses=status,
            period=period,
        )

    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get("/scheduled-posts/{scheduled_post_id:str}", opt=build_route_options("publish:read", RateClass.READ_LIGHT, 404))
async def get_scheduled_post(request: ApiRequest, scheduled_post_id: FromPath[str]) -> Response[Post]:
    """Return a post, with its ETag for `If-Match`. `waiting` is as of now, and changes without a new ETag."""
    scope = {"organization_id": request.organization_id, "post_id": path_ids.parse_id("post", scheduled_post_id)}
    async with request.acquire_connection() as conn:
        shown, version = await posts.read_versioned_post(conn, **scope)
        waiting = await wait_reasons.find_post_wait_reason(conn, **scope, post=shown)
    return LowOverheadResponse(
        msgspec.structs.replace(shown, waiting=waiting), headers={"ETag": etags.quote_etag(version)}
    )


@post(
    "/scheduled-posts/{scheduled_post_id:str}/reschedule",
    opt=build_route_options("publish:write", RateClass.WRITE_LIGHT, 404, 409, 412),
    status_code=200,
)
async def reschedule_post(
    request: ApiRequest, scheduled_post_id: FromPath[str], data: JSONBody[Reschedule]
) -> Response[Post]:
    """Reschedule a waiting post. A post that missed its time before its approval is queued again."""

    async def reschedule(conn: Conn, **scope: Any) -> tuple[VersionedPost, list[WakeMessage]]:
        now, ahead = request.services.clock(), request.known_sandbox_clock_offset
        return await changes.reschedule_waiting_post(conn, body=data, now=now, ahead=ahead, **scope)

    return await _change_post(request, scheduled_post_id, reschedule)


@delete(
    "/scheduled-posts/{scheduled_post_id:str}",
    opt=build_route_options("publish:write", RateClass.WRITE_LIGHT, 404, 409, 412),
    status_code=200,
)
async def cancel_post(
    request: ApiRequest, scheduled_post_id: FromPath[str], data: JSONBody[CancelPost] = DEFAULT_POST_CANCEL_BODY
) -> Response[Post]:
    """Cancel a waiting post. A repeat returns the same answer; a post being sent still goes out."""

    return await _change_post(
        request,
        scheduled_post_id,
        _wrap_post_change_to_return_empty_wakes(changes.cancel_single_post, reason=data.reason),
    )


@post(
    "/scheduled-posts/{scheduled_post_id:str}/approve",
    opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404, 409, 412),
    status_code=200,
)
async def approve_post(
    request: ApiRequest,
    scheduled_post_id: FromPath[str],
    data: JSONBody[ApproveCaption] = DEFAULT_CAPTION_APPROVAL_BODY,
) -> Response[Post]:
    """Approve a post's own caption (`captionPending`): the post goes out at its time.

    If its content awaits approval, too, the post stays `blocked` until then.
    """

    approve = partial(
        captions.approve_post_caption,
        api_key_id=request.principal.key_uuid,
        note=data.note,
        now=request.services.clock(),
    )
    return await _change_post(request, scheduled_post_id, approve)


@post(
    "/scheduled-posts/{scheduled_post_id:str}/reject",
    opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404, 409, 412),
    status_code=200,
)
async def reject_post(
    request: ApiRequest, scheduled_post_id: FromPath[str], data: JSONBody[RejectCaption]
) -> Response[Post]:
    """Reject a post's own caption (`captionPending`), which cancels the post."""

    reject = _wrap_post_change_to_return_empty_wakes(
        captions.reject_post_caption, api_key_id=request.principal.key_uuid, reason=data.reason
    )
    return await _change_post(request, scheduled_post_id, reject)


@post(
    "/scheduled-posts/{scheduled_post_id:str}/resolve",
    opt=build_route_options("publish:write", RateClass.WRITE_LIGHT, 404, 409, 412),
    status_code=200,
)
async def resolve_post(
    request: ApiRequest, scheduled_post_id: FromPath[str], data: JSONBody[ResolvePost]
) -> Response[Post]:
    """Report the outcome of an `outcome_unknown` post after checking the platform. Nothing is sent again."""

    resolve = _wrap_post_change_to_return_empty_wakes(
        changes.resolve_post_outcome_by_person, body=data, api_key_id=request.principal.key_uuid
    )
    return await _change_post(request, scheduled_post_id, resolve)


async def _change_post(
    request: ApiRequest, scheduled_post_id: str, verb: Callable[..., Awaitable[tuple[VersionedPost, list[WakeMessage]]]]
) -> Response[Post]:
    """Change a post with `verb`, if `If-Match` allows its version; return the response with the post."""

    async def change(conn: Conn) -> WriteReply[Post]:
        (changed, version), wakes = await verb(
            conn,
            **request.parse_org_and_object_id("post", post_id=scheduled_post_id),
            versions=etags.read_if_match_versions(request),
        )
        return WriteReply(changed, etag=etags.quote_etag(version), wakes=tuple(wakes))

    return await run_idempotent_write(request, change)


def _wrap_post_change_to_return_empty_wakes(
    verb: Callable[..., Awaitable[VersionedPost]], **options: Any
) -> Callable[..., Awaitable[tuple[VersionedPost, list[WakeMessage]]]]:
    """Wrap a verb that returns only the post for `_change_post`: the wrapper also returns an empty list of wakes."""

    async def change(conn: Conn, **scope: Any) -> tuple[VersionedPost, list[WakeMessage]]:
        return await verb(conn, **options, **scope), []

    return change


def _caller_key_id_if_may_approve_captions(request: ApiRequest) -> UUID | None:
    """Return the id of the caller's key if the key may approve captions, else None."""
    who = request.principal
    return who.key_uuid if is_scope_granted(who.scopes, "content:approve") else None
