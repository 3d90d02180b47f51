"""Deliveries of conversions: what became of each on its way to Meta or TikTok."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from api import filters, paging
from api.guard import requires
from api.look_up import apps_of
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.events import deliveries
from domain.metrics.redaction import redact_id
from domain.tenancy.delegation import grants
from schemas.base import Page
from schemas.conversions import ConversionDelivery, DeliveryState, Destination

DestinationFilter = Annotated[
    list[Destination] | None, QueryParameter(description="Only to these destinations.")
]
StateFilter = Annotated[
    list[DeliveryState] | None,
    QueryParameter(name="state", description="Only with one of these states."),
]


@get("/projects/{project_id:str}/conversions/deliveries", opt=requires("events:read", Class.READ_LIGHT, 404))
async def list_conversion_deliveries(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    destination: DestinationFilter = None,
    state_: StateFilter = None,
    app_id: filters.AppId = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.DEFAULT,
) -> Page[ConversionDelivery]:
    """A project's conversions and where each was sent, newest first: one for each event and destination.

    `pending` waits for its turn, or for a destination that rests. Each has one end: `delivered`; `skipped`,
    never sent; `failed`, refused there; `expired`, too old to be taken; `canceled`, since the app, its
    destination or the project ended before; `outcome_unknown`, an answer was lost, too late to ask again.
    They are kept as events are. Without `events:read+pii` an `eventId` with an address is `[redacted]`.
    """
    show_id = str if grants(request.principal.scopes, "events:read+pii") else redact_id
    apps = apps_of(request, project_id, app_id)

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[ConversionDelivery]:
        return await deliveries.list_of_project(
            conn,
            apps=apps.found,
            destinations=destination,
            states=state_,
            show_id=show_id,
            before=before,
            limit=limit,
        )

    return await paging.page(
        request, find, cursor, limit, identify=lambda one: one.conversion_id, connect=apps.connect
    )


ROUTES = [list_conversion_deliveries]
