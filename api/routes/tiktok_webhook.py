"""TikTok's webhook. Events are not trusted: the route answers at once, and a job queries TikTok."""

from litestar import post

from api.http.requests import ApiRequest
from db.pool import Conn
from domain.publishing import tiktok_webhook
from jobs.ledger import Wake

#: Maximum bytes of a body; an event has some hundred.
MAX_BODY = 64 * 1024


@post("/v1/social/webhooks/tiktok", status_code=200, request_max_body_size=MAX_BODY, include_in_schema=False)
async def receive_tiktok_event(request: ApiRequest) -> None:
    """Receive an event signed with our app's secret. 401 if unsigned, 422 if malformed, else 200."""
    services = request.services
    event = tiktok_webhook.read(
        await request.body(),
        request.request_state.headers.get(b"tiktok-signature", b""),
        client_key=services.settings.tiktok_client_key,
        secret=services.settings.tiktok_client_secret,
        now=services.clock(),
    )

    async def take(conn: Conn) -> list[Wake]:
        return await tiktok_webhook.take(conn, event)

    for wake in await request.transact(take):
        await services.courier.send(wake)


#: Without a key: the signature identifies TikTok.
PUBLIC = [receive_tiktok_event]
