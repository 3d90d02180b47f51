"""Quarantine of a project: rejected events with their reasons."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.guard import build_route_options
from api.http import filters
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.apps import app_numbers
from domain.events.quarantine import StoredEventRejection
from domain.metrics.redaction import redact_personal_event_id
from domain.tenancy.delegation import is_scope_granted
from schemas import ids
from schemas.base import Page
from schemas.events import REDACTED_PII_TEXT, EventRejection, QuarantinedEvent

RejectCodeFilter = Annotated[
    list[EventRejection] | None, QueryParameter(name="code", description="Only events with one of these codes.")
]


@get("/projects/{project_id:str}/events/quarantine", opt=build_route_options("events:read", RateClass.READ_LIGHT, 404))
async def list_quarantined_events(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    app_id: filters.AppIdFilter = None,
    code: RejectCodeFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[QuarantinedEvent]:
    """List a project's rejected events, newest first; also of an archived project.

    The newest events, about 1,000, are kept for 7 days, and appear within about a second. Without
    `events:read+pii` their `text` is `[redacted]`, and so is an `eventId` with an address in it.
    """
    pii = is_scope_granted(request.principal.scopes, "events:read+pii")

    async def find(
        conn: Conn, /, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
    ) -> list[QuarantinedEvent]:
        app = filters.parse_filter_id("sdk_app", app_id)
        apps = await app_numbers.map_project_apps_by_number(
            conn, organization_id=organization_id, project_id=project_id, app_id=app
        )
        # Uses a connection of another pool: a request that holds a connection never waits for a second one.
        rows = await request.services.events.quarantine.list_stored_rejections(
            project_id=project_id,
            last_app=apps.highest_app_number,
            app_no=apps.wanted,
            codes=code,
            before=before,
            limit=limit,
        )
        return [_build_quarantined_event(row, apps.by_number[row.app_no].id, pii=pii) for row in rows]

    return await read_list_page_in_project(request, find, project_id, cursor, limit)


def _build_quarantined_event(row: StoredEventRejection, app_id: UUID, *, pii: bool) -> QuarantinedEvent:
    return QuarantinedEvent(
        id=ids.format_prefixed_id(ids.QUARANTINED_EVENT_ID_PREFIX, row.id),
        app_id=ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, app_id),
        code=row.code,
        name=row.name,
        event_id=row.event_id if pii or row.event_id is None else redact_personal_event_id(row.event_id),
        text=row.text if pii else REDACTED_PII_TEXT,
        received_at=row.received_at,
    )
