"""Routes for sandboxes only: their clock, and sample events."""

from litestar import Response, get, post
from litestar.params import JSONBody

from api.guard import build_route_options
from api.http import filters
from api.http.idempotency import HTTP_ACCEPTED_STATUS, WriteReply, run_idempotent_write, run_real_clock_idempotent_write
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from api.openapi.sample_events import build_sandbox_webhook_sample
from db.pool import Conn
from domain.tenancy import project_locks, sandbox_clock
from domain.webhooks import events
from schemas import ids
from schemas.errors.absent import not_found_error
from schemas.sandbox import AdvanceClock, SandboxClock
from schemas.webhooks import WebhookEvent, WebhookEventTrigger


@get("/sandbox/clock", opt=build_route_options(None, RateClass.READ_LIGHT, 404))
async def get_clock(request: ApiRequest) -> SandboxClock:
    """Return the time and the status of the caller's sandbox clock. 404 for a live key."""
    _require_sandbox_organization(request)
    async with request.acquire_connection() as conn:
        return sandbox_clock.sandbox_clock_to_schema(
            await sandbox_clock.read_sandbox_clock(conn, organization_id=request.organization_id)
        )


@post("/sandbox/clock", opt=build_route_options("publish:write", RateClass.LONG_RUNNING, 404, 409), status_code=202)
async def advance_clock(request: ApiRequest, data: JSONBody[AdvanceClock]) -> Response[SandboxClock]:
    """Advance the sandbox's clock: all work due on the way runs, in its order.

    The job ends once that work is done. Until then other writes are a 409 `CLOCK_ADVANCING`. The total is
    limited to 400 days.
    """

    async def advance(conn: Conn) -> WriteReply[SandboxClock]:
        _require_sandbox_organization(request)
        clock, submitted = await sandbox_clock.submit_clock_advance(
            conn, organization_id=request.organization_id, body=data
        )
        location = f"/v1/jobs/{ids.format_prefixed_id(ids.JOB_ID_PREFIX, submitted.job_id)}"
        wakes = () if submitted.wake is None else (submitted.wake,)
        return WriteReply(clock, status=HTTP_ACCEPTED_STATUS, location=location, wakes=wakes)

    return await run_real_clock_idempotent_write(request, advance)


@post(
    "/sandbox/webhook-events",
    opt=build_route_options("webhooks:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=201,
)
async def trigger_webhook_event(request: ApiRequest, data: JSONBody[WebhookEventTrigger]) -> Response[WebhookEvent]:
    """Send a sample event to all subscribers of its type: endpoints, and readers of the stream.

    Its `data.object` has all fields of its type, but no such object exists: `objectUrl` is a 404. The answer
    is 409 `NOBODY_LISTENS` without subscribers, and 404 for a live key.
    """

    async def trigger(conn: Conn) -> WriteReply[WebhookEvent]:
        _require_sandbox_organization(request)
        project_id = filters.parse_filter_id("project", data.project_id)
        if project_id is not None:
            await project_locks.check_project_exists(
                conn, organization_id=request.organization_id, project_id=project_id
            )
        event = await events.emit_sample_webhook_event(
            conn,
            organization_id=request.organization_id,
            sample=build_sandbox_webhook_sample(
                data.type, organization_id=request.organization_id, project_id=project_id, now=request.services.clock()
            ),
            public_url=request.public_api_base_url,
        )
        return WriteReply(event, 201, f"/v1/webhook-events/{event.id}")

    return await run_idempotent_write(request, trigger)


def _require_sandbox_organization(request: ApiRequest) -> None:
    """Raise `ObjectNotFound` if the caller's organization is live, not a sandbox."""
    if not request.principal.sandbox:
        raise not_found_error("sandbox")
