"""Organizations, for operators: create, change tier, suspend.

Organizations are live, so a sandbox key sees none.
"""

from functools import partial

from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.operations import usage
from domain.tenancy import organizations
from schemas.api_keys import OrganizationTier
from schemas.base import Page
from schemas.organizations import Organization, OrganizationCreate, OrganizationPatch
from schemas.usage import Usage


@get("/ops/organizations", opt=build_route_options("ops:read", RateClass.READ_LIGHT, 409))
async def list_organizations(
    request: ApiRequest, *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[Organization]:
    """List all organizations, newest first."""
    request.get_non_sandbox_actor()
    return await read_list_page_by_id(request, organizations.list_organization_page, cursor, limit)


@post("/ops/organizations", opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 409), status_code=201)
async def create_organization(request: ApiRequest, data: JSONBody[OrganizationCreate]) -> Response[Organization]:
    """Create an organization and its sandbox; `tenantry keys create` on the server creates its first key."""
    actor = request.get_non_sandbox_actor()

    async def create(conn: Conn) -> WriteReply[Organization]:
        pair = await organizations.insert_organization_pair(conn, name=data.name, tier=data.tier, actor=actor)
        return WriteReply(await organizations.read_organization(conn, organization_id=pair.live), status=201)

    return await run_idempotent_write(request, create)


@patch(
    "/ops/organizations/{organization_id:str}", opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404, 409)
)
async def patch_organization(
    request: ApiRequest, organization_id: FromPath[str], data: JSONBody[OrganizationPatch]
) -> Response[Organization]:
    """Change an organization's tier, or suspend it.

    From this answer on, each of its keys, and its sandbox's keys, is refused with `KILL_SWITCH`. Its jobs
    wait, posts included, except archives; running jobs end. Lifting the suspension resumes them.
    """
    actor = request.get_non_sandbox_actor()
    change = partial(
        organizations.change_organization_tier_and_suspension,
        organization_id=path_ids.parse_id("organization", organization_id),
        tier=None if data.tier is UNSET else data.tier,
        suspended=None if data.suspended is UNSET else data.suspended,
        actor=actor,
    )
    return await run_idempotent_write_without_wakes(request, change)


@get(
    "/ops/organizations/{organization_id:str}/usage",
    opt=build_route_options("ops:read", RateClass.READ_LIGHT, 404, 409),
)
async def get_organization_usage(request: ApiRequest, organization_id: FromPath[str]) -> Usage:
    """Return the usage and limits of an organization or a sandbox, as it sees them itself."""
    request.get_non_sandbox_actor()
    async with request.acquire_connection() as conn:
        requested_id = path_ids.parse_id("organization", organization_id)
        organization = await organizations.read_organization(conn, organization_id=requested_id)
        live_id = path_ids.parse_id("organization", organization.id)
        tier: OrganizationTier = organization.tier if requested_id == live_id else "sandbox"
        budgets = await request.services.limiter.read_cost_budget_use(requested_id, tier)
        now = request.services.clock()
        return await usage.read_organization_usage(
            conn, organization_id=requested_id, tier=tier, budgets=budgets, now=now
        )
