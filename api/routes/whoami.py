"""The caller's own key."""

from litestar import get

from api.guard import build_route_options
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.media import storage_quota
from schemas import ids
from schemas.api_keys import Whoami


@get("/whoami", opt=build_route_options(None, RateClass.READ_LIGHT))
async def whoami(request: ApiRequest) -> Whoami:
    """Return the caller's organization, key and scopes, with the organization's tier and storage use."""
    who = request.principal
    async with request.acquire_connection() as conn:
        storage = await storage_quota.read_org_storage_use(conn, organization_id=who.organization_id)
    return Whoami(
        organization_id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, who.organization_id),
        organization_name=who.organization_name,
        sandbox=who.sandbox,
        api_key_id=ids.format_prefixed_id(ids.API_KEY_ID_PREFIX, who.key_uuid),
        key_id=who.key_id,
        env=who.env,
        scopes=sorted(who.scopes),
        tier=who.tier,
        storage=storage,
    )
