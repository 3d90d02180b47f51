"""Lists over all projects of an organization, like the lists of one project."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from api.guard import build_route_options
from api.http import filters
from api.http.filters import CreatedSinceFilter, CreatedUntilFilter, ProjectFilter
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from api.routes import accounts as account_routes
from api.routes import content as content_routes
from api.routes import posts as post_routes
from db.pool import Conn
from domain.accounts import accounts
from domain.content import listing
from domain.publishing import posts
from schemas.accounts import SocialAccount
from schemas.base import Page
from schemas.content import Content
from schemas.posts import Post

PostAccountFilter = Annotated[
    str | None, QueryParameter(name="socialAccountId", description="Only posts to this account.", max_length=100)
]


@get("/scheduled-posts", opt=build_route_options("publish:read", RateClass.READ_LIGHT, 404))
async def list_all_scheduled_posts(
    request: ApiRequest,
    *,
    project_id: ProjectFilter = None,
    status: post_routes.PostStatusFilter = None,
    social_account_id: PostAccountFilter = None,
    since: post_routes.ScheduledSinceFilter = None,
    until: post_routes.ScheduledUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Post]:
    """List the posts of all active projects of the organization, newest first.

    To list the posts of an archived project, filter by it or by one of its accounts. For a calendar, use
    `since` and `until`, which filter by `scheduledFor`.
    """
    filter_values: dict[str, Any] = {
        "statuses": status,
        "period": await filters.parse_period_filter_into_real_time(request, since, until),
    }

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[Post]:
        scope: dict[str, Any] = {"organization_id": request.organization_id, "before": before, "limit": limit}
        project = filters.parse_filter_id("project", project_id)
        account = filters.parse_filter_id("account", social_account_id)
        if project is None and account is not None:
            row = await accounts.find_account_row(conn, organization_id=request.organization_id, account_id=account)
            project = row.project_id
        if project is None:
            return await posts.list_organization_post_page(conn, **scope, **filter_values)
        return await posts.list_post_page(
            conn, **scope, **filter_values, project_id=project, account_id=account, content_id=None
        )

    return await read_list_page_by_id(request, find, cursor, limit)


@get("/content", opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def list_all_content(
    request: ApiRequest,
    *,
    project_id: ProjectFilter = None,
    status: content_routes.ContentStatusFilter = None,
    approval_status: content_routes.ApprovalStatusFilter = None,
    since: CreatedSinceFilter = None,
    until: CreatedUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Content]:
    """List the content of all active projects of the organization, newest first.

    `approvalStatus=pending` is the approval queue. To list the content of an archived project, filter by it.
    """
    filter_values: dict[str, Any] = {
        "statuses": status,
        "approval_statuses": approval_status,
        "period": await filters.parse_period_filter_into_real_time(request, since, until),
        "public_url": request.public_api_base_url,
    }
    find = partial(listing.list_filtered_content, **filter_values)
    if project_id is not None:
        return await read_list_page_in_project(request, find, project_id, cursor, limit)
    everywhere = partial(find, organization_id=request.organization_id, project_id=None)
    return await read_list_page_by_id(request, everywhere, cursor, limit)


@get("/social-accounts", opt=build_route_options("social:read", RateClass.READ_LIGHT, 404))
async def list_all_social_accounts(
    request: ApiRequest,
    *,
    project_id: ProjectFilter = None,
    platform: account_routes.AccountPlatformFilter = None,
    status: account_routes.AccountStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[SocialAccount]:
    """List the social accounts of all active projects of the organization, newest first.

    `status=reauth_required` lists the accounts that only their owners can reconnect. To list the accounts of
    an archived project, filter by it.
    """
    find = partial(accounts.list_account_page, platforms=platform, statuses=status, leased=None)
    if project_id is not None:
        return await read_list_page_in_project(request, find, project_id, cursor, limit)
    everywhere = partial(find, organization_id=request.organization_id, project_id=None)
    return await read_list_page_by_id(request, everywhere, cursor, limit)
