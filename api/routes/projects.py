"""Projects: one for each of a partner's customers."""

from functools import partial
from typing import Annotated, Literal, cast

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import etags
from api.http.idempotency import WriteReply, insert_idempotently, run_idempotent_write
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.projects import archive_status, projects
from domain.projects.projects import ProjectToInsert
from domain.tenancy.idempotency import IdempotencyRecord
from schemas.base import Page
from schemas.projects import Archived, Project, ProjectCreate, ProjectPatch, ProjectStatus

CustomerExternalIdFilter = Annotated[
    str | None,
    QueryParameter(name="customerExternalId", description="Only projects with exactly this value.", max_length=255),
]
ProjectNameSearch = Annotated[
    str | None, QueryParameter(description="A part of the name, case-insensitive.", max_length=128)
]
ProjectStatusFilter = Annotated[
    list[ProjectStatus | Literal["all"]] | None,
    QueryParameter(description="Archived projects are listed only on request.", schema_extra={"default": ["active"]}),
]


@post("/projects", opt=build_route_options("projects:write", RateClass.WRITE_LIGHT), status_code=201)
async def create_project(request: ApiRequest, data: JSONBody[ProjectCreate]) -> Response[Project]:
    """Create a project, which can be used at once."""
    who = request.principal
    composed = projects.compose_new_project(data, organization_id=who.organization_id, now=request.services.clock())
    result = WriteReply(composed, status=201, location=f"/v1/projects/{composed.id}", etag=etags.quote_etag(1))

    new = ProjectToInsert(who.organization_id, who.key_uuid, composed, None)

    async def insert(record: IdempotencyRecord | None) -> bool | None:
        return await request.services.project_creates.queue_lookup(new._replace(record=record))

    return await insert_idempotently(request, result, insert, partial(projects.insert_new_projects, news=[new]))


@get("/projects", opt=build_route_options("projects:read", RateClass.READ_LIGHT))
async def list_projects(
    request: ApiRequest,
    *,
    customer_external_id: CustomerExternalIdFilter = None,
    search: ProjectNameSearch = None,
    status: ProjectStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Project]:
    """List the organization's projects, newest first."""
    find = partial(
        projects.list_project_page,
        organization_id=request.organization_id,
        status=_parse_project_status_filter(status),
        customer_external_id=customer_external_id,
        search=search,
    )
    return await read_list_page_by_id(request, find, cursor, limit)


def _parse_project_status_filter(statuses: list[ProjectStatus | Literal["all"]] | None) -> ProjectStatus | None:
    """Return the project status that a filter requests, `active` without a filter; None for both statuses."""
    requested = set(statuses or ["active"])
    return None if len(requested) > 1 or "all" in requested else cast("ProjectStatus", requested.pop())


@get("/projects/{project_id:str}", opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def get_project(request: ApiRequest, project_id: FromPath[str]) -> Response[Project]:
    """Return a project, archived or not. Its ETag for `If-Match` covers the changes of PATCH and DELETE."""
    async with request.acquire_connection() as conn:
        project, version = await projects.read_project(conn, **request.parse_org_and_project_id(project_id))
    return LowOverheadResponse(project, headers={"ETag": etags.quote_etag(version)})


@patch("/projects/{project_id:str}", opt=build_route_options("projects:write", RateClass.WRITE_LIGHT, 404, 409, 412))
async def patch_project(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ProjectPatch]
) -> Response[Project]:
    """Change some fields of a project, or un-archive it with `{"status": "active"}`. Omitted fields stay unchanged."""
    body = projects.check_project_patch(data)

    async def change(conn: Conn) -> WriteReply[Project]:
        project, version = await projects.apply_project_patch(
            conn,
            **request.parse_org_and_project_id(project_id),
            api_key_id=request.principal.key_uuid,
            body=body,
            versions=etags.read_if_match_versions(request),
        )
        return WriteReply(project, etag=etags.quote_etag(version))

    return await run_idempotent_write(request, change)


@delete(
    "/projects/{project_id:str}",
    opt=build_route_options("projects:write", RateClass.WRITE_LIGHT, 404, 412),
    status_code=200,
)
async def archive_project(request: ApiRequest, project_id: FromPath[str]) -> Response[Archived]:
    """Archive a project: nothing new starts in it, and a job ends its running work."""

    async def stop(conn: Conn) -> WriteReply[Archived]:
        answer, wake = await archive_status.begin_project_archive(
            conn,
            **request.parse_org_and_project_id(project_id),
            api_key_id=request.principal.key_uuid,
            versions=etags.read_if_match_versions(request),
        )
        return WriteReply(answer, wakes=() if wake is None else (wake,))

    return await run_idempotent_write(request, stop)
