"""Events of a project, as they were sent."""

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.events.app_lookup import EventStoreConnectorAfterAppLookup
from api.guard import build_route_options
from api.http import filters, time_window
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_position
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.events.event_names import CONVERSION_EVENT_NAMES
from domain.metrics import conversions, event_list, windows
from domain.metrics.event_list import EventCursor, EventListFilter
from domain.tenancy.delegation import is_scope_granted
from schemas.base import Page
from schemas.conversion_counts import ConversionGrouping, Conversions
from schemas.stored_events import KeptEvent

EventNameFilter = Annotated[
    list[str] | None, QueryParameter(name="eventNames", description="Only events with these names.")
]
ConversionNameFilter = Annotated[
    list[str] | None,
    QueryParameter(
        name="eventNames",
        description="Events of these names; default: "
        f"{', '.join(f'`{name}`' for name in CONVERSION_EVENT_NAMES)}. "
        "`(other)`: all names beyond the first 2,000 of the project.",
    ),
]
ConversionGroupBy = Annotated[
    list[ConversionGrouping] | None, QueryParameter(name="groupBy", description="The properties to group by.")
]
AppUserFilter = Annotated[
    str | None, QueryParameter(name="userId", description="Only events of this `appUserId`.", max_length=255)
]
OccurredSinceFilter = Annotated[
    str | None,
    QueryParameter(name="since", description="Occurred at this time or later; UTC, with `Z`.", max_length=40),
]
OccurredUntilFilter = Annotated[
    str | None, QueryParameter(name="until", description="Occurred before this time; UTC, with `Z`.", max_length=40)
]


@get("/projects/{project_id:str}/events", opt=build_route_options("events:read", RateClass.READ_LIGHT, 404))
async def list_events(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    app_id: filters.AppIdFilter = None,
    event_names: EventNameFilter = None,
    user_id: AppUserFilter = None,
    since: OccurredSinceFilter = None,
    until: OccurredUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[KeptEvent]:
    """List a project's events, newest first by the time of occurrence; also of an archived project.

    An event is listed once its 202 was sent, and for as long as events are kept. Without `events:read+pii`,
    values that identify or locate a person or a device are `[redacted]`.
    """
    period = filters.parse_list_period(since, until)
    pii = is_scope_granted(request.principal.scopes, "events:read+pii")
    criteria = EventListFilter(event_names, user_id, period.since, period.until, pii)
    apps = EventStoreConnectorAfterAppLookup(request, project_id, app_id)

    async def find(conn: Conn, before: EventCursor | None, limit: int) -> list[tuple[bytes, KeptEvent]]:
        return await event_list.list_event_page(conn, apps.result, criteria, before=before, limit=limit)

    return await read_list_page_by_position(
        request, find, cursor, limit, read=EventCursor.unpack, connect=apps.connect_to_event_store
    )


@get("/projects/{project_id:str}/conversions", opt=build_route_options("events:read", RateClass.READ_LIGHT, 404))
async def count_conversions(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    app_id: filters.AppIdFilter = None,
    event_names: ConversionNameFilter = None,
    group_by: ConversionGroupBy = None,
    since: time_window.WindowSinceFilter = None,
    until: time_window.WindowUntilFilter = None,
) -> Conversions:
    """Count conversion events exactly, with their values; also of an archived project.

    The counts include all events with a 202 from before `asOf`. A value is the first number among
    `revenue_amount`, `price_amount` and `value` in the event's `properties`. Values are never summed across
    currencies.
    """
    now = request.services.clock()
    window = windows.parse_metric_window(since, until, now=now)
    query = conversions.ConversionSumQuery(
        **request.parse_org_and_project_id(project_id),
        window=window,
        names=event_names,
        app_id=filters.parse_filter_id("sdk_app", app_id),
        by=group_by or (),
    )
    async with time_window.limit_list_query_time():
        stores = time_window.get_metric_query_databases(request)
        return await conversions.read_conversion_event_sums(stores, query, now=now)
