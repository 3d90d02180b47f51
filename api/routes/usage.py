"""Usage of the caller's organization, beside its limits."""

from litestar import get

from api.guard import requires
from api.ratelimit import Class
from api.requests import ApiRequest
from domain.operations import usage
from schemas.usage import Usage


@get("/usage", opt=requires("projects:read", Class.READ_LIGHT))
async def get_usage(request: ApiRequest) -> Usage:
    """What the organization has of what its tier allows.

    That is jobs, events, storage, keys, webhook endpoints and projects. Requests are counted by key: each
    answer has their limits in its `RateLimit` header.
    """
    who = request.principal
    async with request.connection() as conn:
        return await usage.get(
            conn, organization_id=who.organization_id, tier=who.tier, now=request.services.clock()
        )


ROUTES = [get_usage]
