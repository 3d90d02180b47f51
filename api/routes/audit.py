"""The audit log."""

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from api import paging
from api.guard import requires
from api.paging import Cursor, Limit
from api.ratelimit import Class
from api.requests import ApiRequest
from domain.tenancy import audit
from schemas.api_keys import AuditEntry
from schemas.base import Page

Action = Annotated[
    str | None, QueryParameter(max_length=100, description="Only this action, such as `api_key.killed`.")
]


@get("/audit-log", opt=requires("audit:read", Class.READ_LIGHT))
async def list_audit_log(
    request: ApiRequest, action: Action = None, cursor: Cursor = None, limit: Limit = paging.DEFAULT
) -> Page[AuditEntry]:
    """What was done in the organization, newest first."""
    find = partial(audit.list_page, organization_id=request.organization_id, action=action)
    return await paging.page(request, find, cursor=cursor, limit=limit, identify=lambda entry: entry.id)


ROUTES = [list_audit_log]
