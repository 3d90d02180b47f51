"""Usage of the caller's organization, with its limits."""

from litestar import get

from api.guard import build_route_options
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.operations import usage
from schemas.usage import Usage


@get("/usage", opt=build_route_options("projects:read", RateClass.READ_LIGHT))
async def get_usage(request: ApiRequest) -> Usage:
    """Return the organization's usage and the limits of its tier.

    The usage covers jobs, events, storage, keys, webhook endpoints and projects. Requests are counted by key:
    each answer has their limits in its `RateLimit` header. The cost of requests is charged to the
    organization's `budgets`.
    """
    who = request.principal
    budgets = await request.services.limiter.read_cost_budget_use(who.organization_id, who.tier)
    async with request.acquire_connection() as conn:
        now = request.services.clock()
        return await usage.read_organization_usage(
            conn, organization_id=who.organization_id, tier=who.tier, budgets=budgets, now=now
        )
