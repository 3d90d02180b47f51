"""Events of a project, as they were sent."""

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.events.app_lookup import look_up_apps
from api.guard import requires
from api.http import filters, path_ids, time_window
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit, page_of_places
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.events.event_names import CONVERSIONS
from domain.metrics import conversions, event_list, windows
from domain.metrics.event_list import EventCursor, EventFilter
from domain.tenancy.delegation import scopes_grant
from schemas.base import Page
from schemas.conversion_counts import Conversions, Grouping
from schemas.stored_events import KeptEvent

NameFilter = Annotated[
    list[str] | None, QueryParameter(name="eventNames", description="Only events with these names.")
]
ConversionNames = Annotated[
    list[str] | None,
    QueryParameter(
        name="eventNames",
        description="Events of these names; default: "
        f"{', '.join(f'`{name}`' for name in CONVERSIONS)}. "
        "`(other)`: all names beyond the first 2,000 of the project.",
    ),
]
GroupBy = Annotated[
    list[Grouping] | None, QueryParameter(name="groupBy", description="The properties to group by.")
]
UserFilter = Annotated[
    str | None, QueryParameter(name="userId", description="Only events of this `appUserId`.", max_length=255)
]
OccurredSince = Annotated[
    str | None,
    QueryParameter(name="since", description="Occurred at this time or later; UTC, with `Z`.", max_length=40),
]
OccurredUntil = Annotated[
    str | None,
    QueryParameter(name="until", description="Occurred before this time; UTC, with `Z`.", max_length=40),
]


@get("/projects/{project_id:str}/events", opt=requires("events:read", RateClass.READ_LIGHT, 404))
async def list_events(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    app_id: filters.AppId = None,
    event_names: NameFilter = None,
    user_id: UserFilter = None,
    since: OccurredSince = None,
    until: OccurredUntil = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[KeptEvent]:
    """List a project's events, newest first by the time of occurrence; also of an archived project.

    An event is listed once its 202 was sent, and for as long as events are kept. Without `events:read+pii`,
    values that identify or locate a person or a device are `[redacted]`.
    """
    period = filters.read_period(since, until)
    pii = scopes_grant(request.principal.scopes, "events:read+pii")
    criteria = EventFilter(event_names, user_id, period.since, period.until, pii)
    apps = look_up_apps(request, project_id, app_id)

    async def find(conn: Conn, before: EventCursor | None, limit: int) -> list[tuple[bytes, KeptEvent]]:
        return await event_list.list_page(conn, apps.result, criteria, before=before, limit=limit)

    return await page_of_places(request, find, cursor, limit, read=EventCursor.unpack, connect=apps.connect)


@get("/projects/{project_id:str}/conversions", opt=requires("events:read", RateClass.READ_LIGHT, 404))
async def count_conversions(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    app_id: filters.AppId = None,
    event_names: ConversionNames = None,
    group_by: GroupBy = None,
    since: time_window.Since = None,
    until: time_window.Until = None,
) -> Conversions:
    """Count conversion events exactly, with their values; also of an archived project.

    The counts include all events with a 202 sent before the request. A value is the first number among
    `revenue_amount`, `price_amount` and `value` in the event's `properties`. Values are never summed across
    currencies.
    """
    window = windows.read(since, until, now=request.services.clock())
    query = conversions.ConversionQuery(
        organization_id=request.organization_id,
        project_id=path_ids.parse_id("project", project_id),
        window=window,
        names=event_names,
        app_id=filters.read_id("sdk_app", app_id),
        by=group_by or (),
    )
    async with time_window.limit_read_time():
        return await conversions.count(time_window.connections_of(request), query)
