"""The brand of a project: its fields with their sources."""

from litestar import get
from litestar.params import FromPath

from api.guard import build_route_options
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.projects import projects
from schemas.brand import Brand


@get("/projects/{project_id:str}/brand", opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def get_brand(request: ApiRequest, project_id: FromPath[str]) -> Brand:
    """Return a project's brand: each field's current value, its other candidates, and their sources."""
    async with request.acquire_connection() as conn:
        return await projects.read_project_brand_for_api(conn, **request.parse_org_and_project_id(project_id))
