"""Webhook endpoints and their delivery log."""

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import etags, filters, path_ids
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.webhooks import deliveries, endpoints
from domain.webhooks.endpoints import EndpointChangeAuthor
from schemas.base import Page
from schemas.webhooks import (
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookEndpoint,
    WebhookEndpointCreate,
    WebhookEndpointDeleted,
    WebhookEndpointPatch,
    WebhookEndpointShown,
    WebhookEndpointStatus,
    WebhookEventType,
    WebhookReplay,
    WebhookReplayed,
)

WEBHOOK_ENDPOINTS_PATH, WEBHOOK_ENDPOINT_PATH = "/webhook-endpoints", "/webhook-endpoints/{webhook_endpoint_id:str}"
WEBHOOK_DELIVERY_ROUTE_PATH = "/webhook-deliveries/{webhook_delivery_id:str}"

EndpointProjectFilter = Annotated[
    str | None,
    QueryParameter(name="projectId", description="Only endpoints restricted to this project.", max_length=100),
]
EndpointStatusFilter = Annotated[
    list[WebhookEndpointStatus] | None,
    QueryParameter(name="status", description="Only endpoints with one of these statuses."),
]
WebhookDeliveryStatusFilter = Annotated[
    list[WebhookDeliveryStatus] | None,
    QueryParameter(name="status", description="Only deliveries with one of these statuses."),
]
DeliveryEventTypeFilter = Annotated[
    list[WebhookEventType] | None,
    QueryParameter(name="eventType", description="Only deliveries of events of these types."),
]


@post(
    WEBHOOK_ENDPOINTS_PATH, opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 409), status_code=201
)
async def create_webhook_endpoint(
    request: ApiRequest, data: JSONBody[WebhookEndpointCreate]
) -> Response[WebhookEndpointShown]:
    """Create a webhook endpoint. Only this answer contains its signing secret.

    From now on each event of its types is sent to it, signed according to Standard Webhooks. An organization
    has at most 20 endpoints.
    """
    body = endpoints.normalize_webhook_endpoint_body(data, allowed=request.services.allowed)

    async def create(conn: Conn) -> WriteReply[WebhookEndpointShown]:
        endpoint, version = await endpoints.insert_webhook_endpoint(
            conn,
            author=_webhook_endpoint_change_author_of(request),
            project_id=filters.parse_filter_id("project", body.project_id),
            body=body,
            keyring=request.services.vault,
        )
        return WriteReply(
            endpoint, 201, f"/v1{WEBHOOK_ENDPOINTS_PATH}/{endpoint.id}", etags.quote_etag(version), secret=True
        )

    return await run_idempotent_write(request, create)


@get(WEBHOOK_ENDPOINTS_PATH, opt=build_route_options("webhooks:read", RateClass.READ_LIGHT, 404))
async def list_webhook_endpoints(
    request: ApiRequest,
    *,
    project_id: EndpointProjectFilter = None,
    status_: EndpointStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[WebhookEndpoint]:
    """List the organization's webhook endpoints, newest first."""

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[WebhookEndpoint]:
        return await endpoints.list_webhook_endpoint_page(
            conn,
            organization_id=request.organization_id,
            project_id=filters.parse_filter_id("project", project_id),
            statuses=status_,
            before=before,
            limit=limit,
        )

    return await read_list_page_by_id(request, find, cursor, limit)


@get(WEBHOOK_ENDPOINT_PATH, opt=build_route_options("webhooks:read", RateClass.READ_LIGHT, 404))
async def get_webhook_endpoint(request: ApiRequest, webhook_endpoint_id: FromPath[str]) -> Response[WebhookEndpoint]:
    """Return one webhook endpoint, without its secret. Its ETag is its version, for `If-Match`."""
    async with request.acquire_connection() as conn:
        endpoint, version = await endpoints.read_webhook_endpoint(
            conn, **request.parse_org_and_object_id("webhook_endpoint", endpoint_id=webhook_endpoint_id)
        )
    return LowOverheadResponse(endpoint, headers={"ETag": etags.quote_etag(version)})


@patch(WEBHOOK_ENDPOINT_PATH, opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 412))
async def patch_webhook_endpoint(
    request: ApiRequest, webhook_endpoint_id: FromPath[str], data: JSONBody[WebhookEndpointPatch]
) -> Response[WebhookEndpoint]:
    """Change, pause or resume a webhook endpoint. Omitted fields stay unchanged.

    While it is paused, its deliveries wait for as long as events are kept. A disabled endpoint has lost its
    waiting deliveries: send them again with `replay`.
    """
    body = endpoints.normalize_webhook_endpoint_body(data, allowed=request.services.allowed)

    async def change(conn: Conn) -> WriteReply[WebhookEndpoint]:
        changed, version = await endpoints.apply_endpoint_patch(
            conn,
            author=_webhook_endpoint_change_author_of(request),
            endpoint_id=path_ids.parse_id("webhook_endpoint", webhook_endpoint_id),
            body=body,
            versions=etags.read_if_match_versions(request),
        )
        return WriteReply(changed, etag=etags.quote_etag(version))

    return await run_idempotent_write(request, change)


@delete(
    WEBHOOK_ENDPOINT_PATH, opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 412), status_code=200
)
async def delete_webhook_endpoint(
    request: ApiRequest, webhook_endpoint_id: FromPath[str]
) -> Response[WebhookEndpointDeleted]:
    """Delete a webhook endpoint: its waiting deliveries aren't sent, and it is not found from then on."""
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: endpoints.soft_delete_endpoint(
            conn,
            author=_webhook_endpoint_change_author_of(request),
            endpoint_id=path_ids.parse_id("webhook_endpoint", webhook_endpoint_id),
            versions=etags.read_if_match_versions(request),
        ),
    )


@post(
    f"{WEBHOOK_ENDPOINT_PATH}/test",
    opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=202,
)
async def test_webhook_endpoint(request: ApiRequest, webhook_endpoint_id: FromPath[str]) -> Response[WebhookDelivery]:
    """Send a `test.ping` to this webhook endpoint alone, even if it does not subscribe to that type."""

    async def ping(conn: Conn) -> WriteReply[WebhookDelivery]:
        endpoint_id = path_ids.parse_id("webhook_endpoint", webhook_endpoint_id)
        return _build_resent_delivery_reply(
            await deliveries.send_webhook_test_ping(
                conn, author=_webhook_endpoint_change_author_of(request), endpoint_id=endpoint_id
            )
        )

    return await run_idempotent_write(request, ping)


@post(
    f"{WEBHOOK_ENDPOINT_PATH}/rotate-secret",
    opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404),
    status_code=200,
)
async def rotate_webhook_secret(
    request: ApiRequest, webhook_endpoint_id: FromPath[str]
) -> Response[WebhookEndpointShown]:
    """Rotate a webhook endpoint's signing secret. Only this answer contains the new one.

    For 24 hours deliveries are signed with both secrets, so that the receiver can switch in between; a still
    older secret ends at once.
    """

    async def rotate(conn: Conn) -> WriteReply[WebhookEndpointShown]:
        rotated, version = await endpoints.rotate_endpoint_secret(
            conn,
            author=_webhook_endpoint_change_author_of(request),
            endpoint_id=path_ids.parse_id("webhook_endpoint", webhook_endpoint_id),
            keyring=request.services.vault,
        )
        return WriteReply(
            rotated, location=f"/v1{WEBHOOK_ENDPOINTS_PATH}/{rotated.id}", etag=etags.quote_etag(version), secret=True
        )

    return await run_idempotent_write(request, rotate)


@post(
    f"{WEBHOOK_ENDPOINT_PATH}/replay",
    opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=202,
)
async def replay_webhook_events(
    request: ApiRequest, webhook_endpoint_id: FromPath[str], data: JSONBody[WebhookReplay]
) -> Response[WebhookReplayed]:
    """Send a webhook endpoint's events since a time again, oldest first, at most 1,000 per call.

    Selects events of the endpoint's current types, also events that were never sent to it. Events already
    delivered (unless `includeDelivered`) and pending ones are left out. If more are left, continue with
    `continueSince`.
    """

    async def replay(conn: Conn) -> WriteReply[WebhookReplayed]:
        endpoint_id = path_ids.parse_id("webhook_endpoint", webhook_endpoint_id)
        replayed = await deliveries.replay_webhook_events_since(
            conn, author=_webhook_endpoint_change_author_of(request), endpoint_id=endpoint_id, body=data
        )
        return WriteReply(replayed, 202)

    return await run_idempotent_write(request, replay)


@get(f"{WEBHOOK_ENDPOINT_PATH}/deliveries", opt=build_route_options("webhooks:read", RateClass.READ_LIGHT, 404))
async def list_webhook_deliveries(
    request: ApiRequest,
    webhook_endpoint_id: FromPath[str],
    *,
    event_type: DeliveryEventTypeFilter = None,
    status_: WebhookDeliveryStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[WebhookDelivery]:
    """List a webhook endpoint's deliveries, newest first. They are kept for 30 days."""

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[WebhookDelivery]:
        return await deliveries.list_webhook_deliveries_of_endpoint(
            conn,
            **request.parse_org_and_object_id("webhook_endpoint", endpoint_id=webhook_endpoint_id),
            types=event_type,
            statuses=status_,
            before=before,
            limit=limit,
        )

    return await read_list_page_by_id(request, find, cursor, limit)


@get(WEBHOOK_DELIVERY_ROUTE_PATH, opt=build_route_options("webhooks:read", RateClass.READ_LIGHT, 404))
async def get_webhook_delivery(request: ApiRequest, webhook_delivery_id: FromPath[str]) -> WebhookDelivery:
    """Return one webhook delivery."""
    async with request.acquire_connection() as conn:
        return await deliveries.read_webhook_delivery(
            conn, **request.parse_org_and_object_id("webhook_delivery", delivery_id=webhook_delivery_id)
        )


@post(
    f"{WEBHOOK_DELIVERY_ROUTE_PATH}/replay",
    opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=202,
)
async def replay_webhook_delivery(request: ApiRequest, webhook_delivery_id: FromPath[str]) -> Response[WebhookDelivery]:
    """Send a webhook delivery again, with the same `webhook-id` and the same body.

    An ended delivery is sent as a new delivery with its own attempts; a waiting one is sent now.
    """

    async def replay(conn: Conn) -> WriteReply[WebhookDelivery]:
        delivery_id = path_ids.parse_id("webhook_delivery", webhook_delivery_id)
        return _build_resent_delivery_reply(
            await deliveries.resend_webhook(
                conn, author=_webhook_endpoint_change_author_of(request), delivery_id=delivery_id
            )
        )

    return await run_idempotent_write(request, replay)


def _webhook_endpoint_change_author_of(request: ApiRequest) -> EndpointChangeAuthor:
    return EndpointChangeAuthor(request.organization_id, request.principal.key_uuid)


def _build_resent_delivery_reply(delivery: WebhookDelivery) -> WriteReply[WebhookDelivery]:
    return WriteReply(delivery, 202, f"/v1/webhook-deliveries/{delivery.id}")
