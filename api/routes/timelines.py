"""Timelines of jobs and posts, as evidence."""

from functools import partial

from litestar import get
from litestar.params import FromPath

from api.guard import build_route_options
from api.http import path_ids
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_timeline_page
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.jobs import timelines
from schemas.base import Page
from schemas.timelines import TimelineEntry


@get("/jobs/{job_id:str}/timeline", opt=build_route_options("jobs:read", RateClass.READ_LIGHT, 404))
async def get_job_timeline(
    request: ApiRequest, job_id: FromPath[str], *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[TimelineEntry]:
    """List a job's timeline, oldest first: attempts with their workers, named steps, the end.

    A post's job lists only attempts; the calls are in the post's own timeline. Kept as long as the job.
    """

    async def read(conn: Conn) -> list[TimelineEntry]:
        return await timelines.list_job_timeline(
            conn, organization_id=request.organization_id, job_id=path_ids.parse_id("job", job_id)
        )

    return await read_timeline_page(request, read, cursor, limit)


@get(
    "/scheduled-posts/{scheduled_post_id:str}/timeline",
    opt=build_route_options("publish:read", RateClass.READ_LIGHT, 404),
)
async def get_scheduled_post_timeline(
    request: ApiRequest,
    scheduled_post_id: FromPath[str],
    *,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[TimelineEntry]:
    """List a post's timeline, oldest first: approvals, times, attempts, and each call with its response.

    A `call` is recorded before it is made. Between two calls there is `not_sent`, the proof that the first
    one made no post; or there is only `answer_lost`, and the second call repeats the same bytes under the
    same key, which that platform accepts once.

    Attempts and look-ups are kept for 30 days after their job's end, other entries as long as the post.
    """
    read = partial(
        timelines.list_post_timeline,
        organization_id=request.organization_id,
        post_id=path_ids.parse_id("post", scheduled_post_id),
    )
    return await read_timeline_page(request, read, cursor, limit)
