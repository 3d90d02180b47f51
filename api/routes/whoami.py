"""The caller's own key."""

from litestar import get

from api.guard import requires
from api.ratelimit import Class
from api.requests import ApiRequest
from schemas import ids
from schemas.api_keys import Whoami


@get("/whoami", opt=requires(None, Class.READ_LIGHT))
async def whoami(request: ApiRequest) -> Whoami:
    """The organization, key and scopes behind the request."""
    who = request.principal
    return Whoami(
        organization_id=ids.show(ids.ORGANIZATION, who.organization_id),
        organization_name=who.organization_name,
        sandbox=who.sandbox,
        api_key_id=ids.show(ids.KEY, who.key_uuid),
        key_id=who.key_id,
        env=who.env,
        scopes=sorted(who.scopes),
        tier=who.tier,
    )


ROUTES = [whoami]
