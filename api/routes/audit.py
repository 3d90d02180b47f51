"""The audit log."""

from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter

from api.guard import build_route_options
from api.http import filters
from api.http.filters import CreatedSinceFilter, CreatedUntilFilter
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.tenancy import audit
from schemas.api_keys import AuditEntry
from schemas.base import Page

AuditActionFilter = Annotated[
    list[str] | None, QueryParameter(description="Only these actions, such as `api_key.killed`.")
]
AuditProjectFilter = Annotated[
    list[str] | None, QueryParameter(name="projectId", description="Only actions in these projects.")
]
AuditApiKeyFilter = Annotated[
    list[str] | None, QueryParameter(name="apiKeyId", description="Only actions by these keys.")
]


@get("/audit-log", opt=build_route_options("audit:read", RateClass.READ_LIGHT, 404))
async def list_audit_log(
    request: ApiRequest,
    *,
    action: AuditActionFilter = None,
    project_id: AuditProjectFilter = None,
    api_key_id: AuditApiKeyFilter = None,
    since: CreatedSinceFilter = None,
    until: CreatedUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[AuditEntry]:
    """List the entries of the organization's audit log, newest first."""
    period = filters.parse_list_period(since, until)

    async def find(conn: Conn, /, **page_args: Any) -> list[AuditEntry]:
        return await audit.list_audit_page(
            conn,
            **page_args,
            organization_id=request.organization_id,
            actions=action,
            project_ids=filters.parse_filter_ids("project", project_id),
            api_key_ids=filters.parse_filter_ids("api_key", api_key_id),
            period=period,
        )

    return await read_list_page_by_id(request, find, cursor, limit)
