"""Templates: looks of a project or its organization for generated content."""

from functools import partial
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import path_ids
from api.http.accepted_job import submit_project_job
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.content import template_previews, templates
from domain.content.templates import TemplateChangeAuthor
from schemas.base import Page
from schemas.jobs import Accepted
from schemas.templates import Template, TemplateCreate, TemplateDeleted, TemplatePreview, TemplateWithSource

PROJECT_TEMPLATES_PATH, TEMPLATES_PATH = "/projects/{project_id:str}/templates", "/templates"
TEMPLATE_PATH = "/templates/{template_id:str}"

TemplateVersionFilter = Annotated[
    int | None,
    QueryParameter(
        ge=1, le=templates.MAX_VERSIONS_PER_TEMPLATE, description="The number of a version; default: the latest one."
    ),
]

DEFAULT_TEMPLATE_PREVIEW = TemplatePreview()


@post(
    PROJECT_TEMPLATES_PATH, opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 404, 409), status_code=201
)
async def create_template(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[TemplateCreate]
) -> Response[Template]:
    """Store a look of your own for the project's content: an HTML file by the rules of docs/howto/templates.md.

    The same name makes the next version; content keeps the version that it was drawn with. A file with findings
    is refused: `details.issues` has the line and the remedy of each. A project has at most 50 templates, and a
    template 100 versions.
    """

    async def store(conn: Conn) -> WriteReply[Template]:
        project = path_ids.parse_id("project", project_id)
        return _build_stored_reply(
            await templates.store_template(
                conn, author=_template_change_author_of(request), project_id=project, body=data
            )
        )

    return await run_idempotent_write(request, store)


@post(TEMPLATES_PATH, opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 409), status_code=201)
async def create_organization_template(request: ApiRequest, data: JSONBody[TemplateCreate]) -> Response[Template]:
    """Store a look of your own for the content of all projects of the organization, like a project's template."""

    async def store(conn: Conn) -> WriteReply[Template]:
        return _build_stored_reply(
            await templates.store_template(conn, author=_template_change_author_of(request), project_id=None, body=data)
        )

    return await run_idempotent_write(request, store)


@get(PROJECT_TEMPLATES_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def list_templates(
    request: ApiRequest, project_id: FromPath[str], *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[Template]:
    """List a project's own templates in their latest versions, newest first."""
    return await read_list_page_in_project(request, templates.list_owner_templates, project_id, cursor, limit)


@get(TEMPLATES_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT))
async def list_organization_templates(
    request: ApiRequest, *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[Template]:
    """List the templates for all projects of the organization in their latest versions, newest first."""
    find = partial(templates.list_owner_templates, organization_id=request.organization_id, project_id=None)
    return await read_list_page_by_id(request, find, cursor, limit)


@get(TEMPLATE_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def get_template(
    request: ApiRequest, template_id: FromPath[str], *, version: TemplateVersionFilter = None
) -> TemplateWithSource:
    """Return a template with its file, in the latest or another version. Deleted ones can be read, too."""
    async with request.acquire_connection() as conn:
        return await templates.read_template(
            conn, **request.parse_org_and_object_id("template", template_id=template_id), version=version
        )


@delete(TEMPLATE_PATH, opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 404), status_code=200)
async def delete_template(request: ApiRequest, template_id: FromPath[str]) -> Response[TemplateDeleted]:
    """Delete a template: no new content is made with it. Content with it stays unchanged.

    The last 50 deleted ones can still be read.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: templates.delete_template(
            conn, author=_template_change_author_of(request), template_id=path_ids.parse_id("template", template_id)
        ),
    )


@post(
    "/projects/{project_id:str}/templates/{template_id:str}/preview",
    opt=build_route_options("content:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def preview_template(
    request: ApiRequest,
    project_id: FromPath[str],
    template_id: FromPath[str],
    data: JSONBody[TemplatePreview] = DEFAULT_TEMPLATE_PREVIEW,
) -> Response[Accepted]:
    """Draw a template with the project's brand, without an item of content.

    The job's `result.files` has the address of each slide, which works for a day, and `result.warnings` says
    whether another look stood in. The template is the project's or its organization's.
    """
    start = partial(
        template_previews.start_template_preview,
        template_id=path_ids.parse_id("template", template_id),
        aspect=data.aspect,
    )
    return await submit_project_job(request, project_id, start)


def _template_change_author_of(request: ApiRequest) -> TemplateChangeAuthor:
    return TemplateChangeAuthor(request.organization_id, request.principal.key_uuid)


def _build_stored_reply(stored: Template) -> WriteReply[Template]:
    return WriteReply(stored, 201, f"/v1{TEMPLATES_PATH}/{stored.template_id}")
