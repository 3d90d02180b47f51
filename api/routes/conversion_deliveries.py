"""The delivery log of conversions to Meta and TikTok."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.events.app_lookup import EventStoreConnectorAfterAppLookup
from api.guard import build_route_options
from api.http import filters, paging
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.events import deliveries
from domain.metrics.redaction import redact_personal_event_id
from domain.tenancy.delegation import is_scope_granted
from schemas.base import Page
from schemas.conversions import ConversionDelivery, ConversionDestination, ConversionState

ConversionDestinationFilter = Annotated[
    list[ConversionDestination] | None, QueryParameter(description="Only deliveries to these destinations.")
]
ConversionDeliveryStateFilter = Annotated[
    list[ConversionState] | None, QueryParameter(name="state", description="Only deliveries in one of these states.")
]


@get(
    "/projects/{project_id:str}/conversions/deliveries",
    opt=build_route_options("events:read", RateClass.READ_LIGHT, 404),
)
async def list_conversion_deliveries(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    destination: ConversionDestinationFilter = None,
    state_: ConversionDeliveryStateFilter = None,
    app_id: filters.AppIdFilter = None,
    cursor: paging.PageCursor = None,
    limit: paging.PageLimit = paging.DEFAULT_PAGE_LIMIT,
) -> Page[ConversionDelivery]:
    """List a project's conversion deliveries, newest first: one for each event and destination.

    `pending` waits for its turn, or for a paused destination. Each delivery has one final state: `delivered`;
    `skipped`, never sent; `failed`, refused by the destination; `expired`, too old to be accepted;
    `canceled`, since the app, its destination or the project ended before; `outcome_unknown`, the response
    was lost and it is too late to ask again. Deliveries are kept as long as events. Without `events:read+pii`
    an `eventId` with an address is `[redacted]`.
    """
    show_id = str if is_scope_granted(request.principal.scopes, "events:read+pii") else redact_personal_event_id
    apps = EventStoreConnectorAfterAppLookup(request, project_id, app_id)

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[ConversionDelivery]:
        return await deliveries.list_conversion_deliveries_of_project(
            conn, apps=apps.result, destinations=destination, states=state_, show_id=show_id, before=before, limit=limit
        )

    return await paging.read_list_page_by_id(request, find, cursor, limit, connect=apps.connect_to_event_store)
