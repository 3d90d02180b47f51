"""Webhooks: endpoints that are told of what happens, and what became of each delivery."""

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api import etags, filters, paths
from api.guard import requires
from api.idempotency import Made, once, once_plain
from api.paging import DEFAULT, Cursor, Limit, page
from api.ratelimit import Class
from api.replies import Reply
from api.requests import ApiRequest
from db.pool import Conn
from domain.webhooks import deliveries, endpoints
from domain.webhooks.endpoints import Author
from schemas.base import Page
from schemas.webhooks import (
    DeliveryStatus,
    EndpointStatus,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointCreate,
    WebhookEndpointDeleted,
    WebhookEndpointPatch,
    WebhookEndpointShown,
    WebhookEventType,
    WebhookReplay,
    WebhookReplayed,
)

ALL, ONE = "/webhook-endpoints", "/webhook-endpoints/{webhook_endpoint_id:str}"
DELIVERY = "/webhook-deliveries/{webhook_delivery_id:str}"

ProjectFilter = Annotated[
    str | None,
    QueryParameter(name="projectId", description="Only those of this project alone.", max_length=100),
]
EndpointStatuses = Annotated[
    list[EndpointStatus] | None, QueryParameter(name="status", description="Only with one of these.")
]
DeliveryStatuses = Annotated[
    list[DeliveryStatus] | None, QueryParameter(name="status", description="Only with one of these.")
]
EventTypes = Annotated[
    list[WebhookEventType] | None,
    QueryParameter(name="eventType", description="Only of events of these types."),
]


@post(ALL, opt=requires("webhooks:write", Class.WRITE_LIGHT, 404, 409), status_code=201)
async def create_webhook_endpoint(
    request: ApiRequest, data: JSONBody[WebhookEndpointCreate]
) -> Response[WebhookEndpointShown]:
    """Create an endpoint. Its signing secret is in this answer and in no later one.

    From now on each event that it wants is sent to it, signed as Standard Webhooks says. There are 20 of an
    organization at most.
    """
    body = endpoints.check(data, allowed=request.services.allowed)

    async def create(conn: Conn) -> Made[WebhookEndpointShown]:
        made, version = await endpoints.create(
            conn,
            author=_author(request),
            project_id=filters.read_id("project", body.project_id),
            body=body,
            keyring=request.services.vault,
        )
        return Made(made, 201, f"/v1{ALL}/{made.id}", etags.show(version), secret=True)

    return await once(request, create)


@get(ALL, opt=requires("webhooks:read", Class.READ_LIGHT, 404))
async def list_webhook_endpoints(
    request: ApiRequest,
    *,
    project_id: ProjectFilter = None,
    status_: EndpointStatuses = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Page[WebhookEndpoint]:
    """The organization's endpoints, newest first."""

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[WebhookEndpoint]:
        return await endpoints.list_page(
            conn,
            organization_id=request.organization_id,
            project_id=filters.read_id("project", project_id),
            statuses=status_,
            before=before,
            limit=limit,
        )

    return await page(request, find, cursor, limit, identify=lambda one: one.id)


@get(ONE, opt=requires("webhooks:read", Class.READ_LIGHT, 404))
async def get_webhook_endpoint(
    request: ApiRequest, webhook_endpoint_id: FromPath[str]
) -> Response[WebhookEndpoint]:
    """One endpoint, without its secret. Its ETag is its version, for `If-Match`."""
    async with request.connection() as conn:
        found, version = await endpoints.get(
            conn,
            organization_id=request.organization_id,
            endpoint_id=paths.read("webhook_endpoint", webhook_endpoint_id),
        )
    return Reply(found, headers={"ETag": etags.show(version)})


@patch(ONE, opt=requires("webhooks:write", Class.WRITE_LIGHT, 404, 412))
async def patch_webhook_endpoint(
    request: ApiRequest, webhook_endpoint_id: FromPath[str], data: JSONBody[WebhookEndpointPatch]
) -> Response[WebhookEndpoint]:
    """Change an endpoint, pause it, or go on with it. What is omitted stays.

    While it is paused its deliveries wait, as long as events are kept. One that was disabled has lost those
    that waited: send them again with `replay`.
    """
    body = endpoints.check(data, allowed=request.services.allowed)

    async def change(conn: Conn) -> Made[WebhookEndpoint]:
        changed, version = await endpoints.patch(
            conn,
            author=_author(request),
            endpoint_id=paths.read("webhook_endpoint", webhook_endpoint_id),
            body=body,
            versions=etags.matching(request),
        )
        return Made(changed, etag=etags.show(version))

    return await once(request, change)


@delete(ONE, opt=requires("webhooks:write", Class.WRITE_LIGHT, 404, 412), status_code=200)
async def delete_webhook_endpoint(
    request: ApiRequest, webhook_endpoint_id: FromPath[str]
) -> Response[WebhookEndpointDeleted]:
    """Delete an endpoint: what waits for it isn't sent, and it is not found from then on."""
    return await once_plain(
        request,
        lambda conn: endpoints.delete(
            conn,
            author=_author(request),
            endpoint_id=paths.read("webhook_endpoint", webhook_endpoint_id),
            versions=etags.matching(request),
        ),
    )


@post(f"{ONE}/test", opt=requires("webhooks:write", Class.WRITE_LIGHT, 404, 409), status_code=202)
async def test_webhook_endpoint(
    request: ApiRequest, webhook_endpoint_id: FromPath[str]
) -> Response[WebhookDelivery]:
    """Send a `test.ping` to this endpoint alone, whatever types it wants."""

    async def ping(conn: Conn) -> Made[WebhookDelivery]:
        endpoint_id = paths.read("webhook_endpoint", webhook_endpoint_id)
        return _sent(await deliveries.ping(conn, author=_author(request), endpoint_id=endpoint_id))

    return await once(request, ping)


@post(f"{ONE}/rotate-secret", opt=requires("webhooks:write", Class.WRITE_LIGHT, 404), status_code=200)
async def rotate_webhook_secret(
    request: ApiRequest, webhook_endpoint_id: FromPath[str]
) -> Response[WebhookEndpointShown]:
    """Give an endpoint another signing secret, which this answer alone shows.

    For 24 hours deliveries are signed with both, so that the receiver can change over in between; a secret
    from before that ends at once.
    """

    async def rotate(conn: Conn) -> Made[WebhookEndpointShown]:
        rotated, version = await endpoints.rotate_secret(
            conn,
            author=_author(request),
            endpoint_id=paths.read("webhook_endpoint", webhook_endpoint_id),
            keyring=request.services.vault,
        )
        return Made(rotated, location=f"/v1{ALL}/{rotated.id}", etag=etags.show(version), secret=True)

    return await once(request, rotate)


@post(f"{ONE}/replay", opt=requires("webhooks:write", Class.WRITE_LIGHT, 404, 409), status_code=202)
async def replay_webhook_events(
    request: ApiRequest, webhook_endpoint_id: FromPath[str], data: JSONBody[WebhookReplay]
) -> Response[WebhookReplayed]:
    """Send events of a time and later again, or for the first time, the oldest first, 1,000 at once.

    They are those of the types that the endpoint wants now, but for those that it has taken (unless
    `includeDelivered`) and those on their way. If more are left, go on with `continueSince`.
    """

    async def replay(conn: Conn) -> Made[WebhookReplayed]:
        endpoint_id = paths.read("webhook_endpoint", webhook_endpoint_id)
        replayed = await deliveries.replay_since(
            conn, author=_author(request), endpoint_id=endpoint_id, body=data
        )
        return Made(replayed, 202)

    return await once(request, replay)


@get(f"{ONE}/deliveries", opt=requires("webhooks:read", Class.READ_LIGHT, 404))
async def list_webhook_deliveries(
    request: ApiRequest,
    webhook_endpoint_id: FromPath[str],
    *,
    event_type: EventTypes = None,
    status_: DeliveryStatuses = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> Page[WebhookDelivery]:
    """An endpoint's deliveries, newest first. They are kept for 30 days."""

    async def find(conn: Conn, /, *, before: UUID | None, limit: int) -> list[WebhookDelivery]:
        return await deliveries.list_of_endpoint(
            conn,
            organization_id=request.organization_id,
            endpoint_id=paths.read("webhook_endpoint", webhook_endpoint_id),
            types=event_type,
            statuses=status_,
            before=before,
            limit=limit,
        )

    return await page(request, find, cursor, limit, identify=lambda one: one.id)


@get(DELIVERY, opt=requires("webhooks:read", Class.READ_LIGHT, 404))
async def get_webhook_delivery(request: ApiRequest, webhook_delivery_id: FromPath[str]) -> WebhookDelivery:
    """One delivery."""
    async with request.connection() as conn:
        return await deliveries.get(
            conn,
            organization_id=request.organization_id,
            delivery_id=paths.read("webhook_delivery", webhook_delivery_id),
        )


@post(f"{DELIVERY}/replay", opt=requires("webhooks:write", Class.WRITE_LIGHT, 404, 409), status_code=202)
async def replay_webhook_delivery(
    request: ApiRequest, webhook_delivery_id: FromPath[str]
) -> Response[WebhookDelivery]:
    """Send one again, with the same `webhook-id` and the same body.

    One that has ended is sent as another delivery, with tries of its own; one that waits is sent now.
    """

    async def replay(conn: Conn) -> Made[WebhookDelivery]:
        delivery_id = paths.read("webhook_delivery", webhook_delivery_id)
        return _sent(await deliveries.replay(conn, author=_author(request), delivery_id=delivery_id))

    return await once(request, replay)


def _author(request: ApiRequest) -> Author:
    return Author(request.organization_id, request.principal.key_uuid)


def _sent(delivery: WebhookDelivery) -> Made[WebhookDelivery]:
    return Made(delivery, 202, f"/v1/webhook-deliveries/{delivery.id}")


ROUTES = [
    create_webhook_endpoint,
    list_webhook_endpoints,
    get_webhook_endpoint,
    patch_webhook_endpoint,
    delete_webhook_endpoint,
    test_webhook_endpoint,
    rotate_webhook_secret,
    replay_webhook_events,
    list_webhook_deliveries,
    get_webhook_delivery,
    replay_webhook_delivery,
]
