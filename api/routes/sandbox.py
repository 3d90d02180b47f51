"""The clock of a sandbox, which its callers move."""

from litestar import Response, get, post
from litestar.params import JSONBody

from api.guard import requires
from api.idempotency import ACCEPTED, Made, once_any_time
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.tenancy import sandbox_clock
from schemas import ids
from schemas.errors.absent import absent
from schemas.sandbox import AdvanceClock, SandboxClock


@get("/sandbox/clock", opt=requires(None, Class.READ_LIGHT, 404))
async def get_clock(request: ApiRequest) -> SandboxClock:
    """The time of the caller's sandbox. 404 for a live key."""
    _require_sandbox(request)
    async with request.connection() as conn:
        return sandbox_clock.show(await sandbox_clock.get(conn, organization_id=request.organization_id))


@post("/sandbox/clock", opt=requires("publish:write", Class.LONG_RUNNING, 404, 409), status_code=202)
async def advance_clock(request: ApiRequest, data: JSONBody[AdvanceClock]) -> Response[SandboxClock]:
    """Move the sandbox's clock forward: all that is due on the way happens, in its order.

    Its job ends once that has happened. Until then other writes are a 409 `CLOCK_ADVANCING`. 400 days in all.
    """

    async def advance(conn: Conn) -> Made[SandboxClock]:
        _require_sandbox(request)
        clock, submitted = await sandbox_clock.advance(
            conn, organization_id=request.organization_id, body=data
        )
        location = f"/v1/jobs/{ids.show(ids.JOB, submitted.job_id)}"
        wakes = () if submitted.wake is None else (submitted.wake,)
        return Made(clock, status=ACCEPTED, location=location, wakes=wakes)

    return await once_any_time(request, advance)


def _require_sandbox(request: ApiRequest) -> None:
    """Raises `NotFound`: a live organization has no clock of its own."""
    if not request.principal.sandbox:
        raise absent("sandbox_clock")


ROUTES = [get_clock, advance_clock]
