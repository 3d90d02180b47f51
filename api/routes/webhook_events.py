"""Webhook events of an organization, independent of their deliveries."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from api.guard import build_route_options
from api.http import filters
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.webhooks import events
from schemas.base import Page
from schemas.webhooks import WebhookEvent, WebhookEventBody, WebhookEventType

WebhookEventTypeFilter = Annotated[
    list[WebhookEventType] | None, QueryParameter(name="type", description="Only events of these types.")
]
WebhookProjectFilter = Annotated[
    str | None, QueryParameter(name="projectId", description="Only events of this project.", max_length=100)
]


@get("/webhook-events", opt=build_route_options("webhooks:read", RateClass.READ_LIGHT, 404))
async def list_webhook_events(
    request: ApiRequest,
    *,
    type_: WebhookEventTypeFilter = None,
    project_id: WebhookProjectFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[WebhookEvent]:
    """List the webhook events of the last 30 days that an endpoint had subscribed to, newest first."""

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[WebhookEvent]:
        return await events.list_webhook_event_page(
            conn,
            organization_id=request.organization_id,
            types=type_,
            project_id=filters.parse_filter_id("project", project_id),
            before=before,
            limit=limit,
        )

    return await read_list_page_by_id(request, find, cursor, limit)


@get("/webhook-events/{webhook_event_id:str}", opt=build_route_options("webhooks:read", RateClass.READ_LIGHT, 404))
async def get_webhook_event(request: ApiRequest, webhook_event_id: FromPath[str]) -> WebhookEventBody:
    """Return one webhook event, as it is sent to endpoints."""

    async def read(conn: Conn) -> bytes:
        return await events.read_or_render_webhook_event_body(
            conn,
            **request.parse_org_and_object_id("webhook_event", event_id=webhook_event_id),
            public_url=request.public_api_base_url,
        )

    return msgspec.json.decode(await request.run_transaction(read), type=WebhookEventBody)
