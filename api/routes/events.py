"""Intake of events from SDK apps and from partners' servers."""

from litestar import Response, post
from litestar.params import FromPath

from api.events import requests
from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, has_idempotency_key, run_idempotent_write, send_wakes_and_reply
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.apps import app_keys
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.events import body
from domain.events.body import CheckedEventBatch, DecodedEventBatchBody
from domain.events.intake import EventIntakeResult
from domain.events.json_text import MAX_PACKED_EVENT_BODY_BYTES
from domain.values import steps
from schemas.events import EventsFromServer, EventsIn, EventsTaken, ServerEventBodyAppIds


@post(
    "/apps/{app_id:str}/events",
    status_code=202,
    request_max_body_size=MAX_PACKED_EVENT_BODY_BYTES,
    opt={"reads": EventsIn, "refusals": (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
)
async def send_events(request: ApiRequest, app_id: FromPath[str]) -> Response[EventsTaken]:
    """Send events of an app, with the app's own key. Each event id is stored once.

    The answer is sent after all accepted events are committed. Any status but 202 promises nothing: send the
    same events again. The key is a bearer token, the user name of Basic, or `?key=`. The body may be gzip
    (`Content-Encoding`) and of any type, such as `text/plain`. Pages of any origin may read the answer; if
    the app has a `webDomain`, requests from other domains are refused.
    """
    key, named = requests.read_app_key(request), path_ids.parse_id("sdk_app", app_id)
    app = await requests.auth_app_and_check_limits(request, key, app_id=named)
    events = await requests.parse_request_events(
        request, app, await requests.decompress_event_body(request, app), body.parse_app_events
    )
    stored = await requests.store_event_batch(request, app, events)
    return LowOverheadResponse(_build_event_intake_answer(stored, events), status_code=202)


@post(
    "/events",
    status_code=202,
    opt={**build_route_options("events:write", RateClass.WRITE_LIGHT, 404, 409), "reads": EventsFromServer},
)
async def send_events_from_server(request: ApiRequest) -> Response[EventsTaken]:
    """Send events of an app from your server, up to 7 days old. Each event id is stored once.

    The events have the same form and ids as those of the app itself. The answer is sent after all accepted
    events are committed. Events that are sent again without an `Idempotency-Key` are duplicates.
    """
    parts = await steps.run_cooperative_steps(
        body.split_event_body(await request.body(), body.SERVER_EVENT_BODY_DECODERS)
    )

    async def take(conn: Conn) -> WriteReply[EventsTaken]:
        return await _store_partner_events(request, await _find_sdk_app_named_in_body(request, conn, parts.head), parts)

    if has_idempotency_key(request):
        async with request.services.events.keyed.reserve_connection(request.organization_id):
            return await run_idempotent_write(request, take)
    async with request.acquire_connection() as conn:
        app = await _find_sdk_app_named_in_body(request, conn, parts.head)
    return await send_wakes_and_reply(request, await _store_partner_events(request, app, parts))


async def _find_sdk_app_named_in_body(
    request: ApiRequest, conn: Conn, head: ServerEventBodyAppIds
) -> SdkAppOfEventRequest:
    """Return the SDK app that a server's event request names by project id and app id.

    Raises `ObjectNotFound`, and `StateConflict` for an archived project.
    """
    app = await app_keys.find_app_of_project(
        conn,
        organization_id=request.organization_id,
        project_id=path_ids.parse_id("project", head.project_id),
        app_id=path_ids.parse_id("sdk_app", head.sdk_app_id),
    )
    app.check_app_project_active()
    return app


async def _store_partner_events(
    request: ApiRequest, app: SdkAppOfEventRequest, parts: DecodedEventBatchBody[ServerEventBodyAppIds]
) -> WriteReply[EventsTaken]:
    now, services = request.services.clock(), request.services
    services.events.disks.check_event_intake_open()
    services.events.disks.refuse_heavy_event_sender(services.events.budgets.used_budget_share(app))
    checking = body.check_body_events(parts.events, parts.size, project_id=app.project_id, app_no=app.app_no, now=now)
    batch = await steps.run_cooperative_steps(checking)
    stored = await requests.store_event_batch(request, app, batch)
    return WriteReply(_build_event_intake_answer(stored, batch), status=202)


def _build_event_intake_answer(stored: EventIntakeResult, batch: CheckedEventBatch) -> EventsTaken:
    return EventsTaken(accepted=stored.accepted, duplicates=stored.duplicates, rejected=batch.rejected)


#: Routes with the key of an SDK app.
SDK_APP_KEY_ROUTES = [send_events]
