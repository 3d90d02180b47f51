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
    answer has their limits in its `RateLimit` header. What they cost is charged to the `budgets` of the
    organization.
    """
    who = request.principal
    budgets = await request.services.limiter.usage(who.organization_id, who.tier)
    async with request.connection() as conn:
        now = request.services.clock()
        return await usage.get(
            conn, organization_id=who.organization_id, tier=who.tier, budgets=budgets, now=now
        )


ROUTES = [get_usage]
