"""Webhooks of platforms. Events are not trusted: the route answers at once, and a job queries the sender."""

from functools import partial

from litestar import post
from litestar.handlers import HTTPRouteHandler

from api.http.requests import ApiRequest
from domain.publishing import platform_webhook
from domain.publishing.platform_webhook import PlatformWebhookEvent
from platforms import registry

#: Maximum bytes of a body; an event has some hundred.
MAX_PLATFORM_WEBHOOK_BODY_BYTES = 64 * 1024


def _build_platform_webhook_route(platform: str) -> HTTPRouteHandler:
    """Build the route that receives a platform's webhook events; its package's `webhook` module parses the body."""
    parse_platform_webhook_event = registry.load_platform_module(platform, "webhook").parse_platform_webhook_event

    @post(
        f"/v1/social/webhooks/{platform}",
        status_code=200,
        request_max_body_size=MAX_PLATFORM_WEBHOOK_BODY_BYTES,
        include_in_schema=False,
    )
    async def receive_event(request: ApiRequest) -> None:
        """Receive an event that the platform signed for our app.

        401 if unsigned, 422 if malformed, else 200.
        """
        services = request.services
        headers = request.request_state.headers
        event: PlatformWebhookEvent = parse_platform_webhook_event(
            await request.body(), headers, settings=services.settings, now=services.clock()
        )
        for wake in await request.run_transaction(
            partial(platform_webhook.start_polls_after_platform_event, platform=platform, event=event)
        ):
            await services.courier.send_or_queue_wake(wake)

    return receive_event


#: Without a key: the signature identifies the platform.
KEYLESS_ROUTES = [
    _build_platform_webhook_route(description.api_name)
    for description in registry.PLATFORMS_BY_NAME.values()
    if description.has_webhook
]
