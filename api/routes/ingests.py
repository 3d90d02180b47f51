"""Reading a brand from a source: each is a job."""

from functools import partial

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from api.accepting import accept
from api.guard import requires
from api.ratelimit import Class
from api.requests import ApiRequest
from domain.brand import github_repositories, ingests, store_listings
from domain.values import countries, urls
from domain.values.gathering import gather
from jobs.kinds import INGEST_APPSTORE, INGEST_GITHUB, INGEST_WEBSITE
from schemas.ingests import IngestAppStore, IngestGitHub, IngestWebsite
from schemas.jobs import Accepted


@post(
    "/projects/{project_id:str}/ingest/website",
    opt=requires("ingest:write", Class.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def ingest_website(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IngestWebsite]
) -> Response[Accepted]:
    """Read a website. What can be known at once is refused at once; what only the fetch tells ends the job.

    While an ingest of this project's website runs, the same request answers its job; another is a conflict.
    """
    url = urls.check(data.url, allowed=request.services.allowed)
    submit = partial(ingests.start_website, url=url, follow_links=data.follow_links, max_pages=data.max_pages)
    return await accept(request, project_id, INGEST_WEBSITE, submit)


@post(
    "/projects/{project_id:str}/ingest/github",
    opt=requires("ingest:write", Class.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def ingest_github(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IngestGitHub]
) -> Response[Accepted]:
    """Read a GitHub repository: its store texts, its own fields, its manifests and its README.

    One that is not public is read only with a proved installation of the GitHub App; else it is not found.
    While an ingest of this project's repository runs, the same request answers its job; another conflicts.
    """
    name = partial(github_repositories.check, data.repo_full_name)
    gather(name, partial(github_repositories.check_branch, data.branch))
    submit = partial(ingests.start_github, repo=name(), branch=data.branch)
    return await accept(request, project_id, INGEST_GITHUB, submit)


@post(
    "/projects/{project_id:str}/ingest/appstore",
    opt=requires("ingest:write", Class.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def ingest_appstore(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IngestAppStore]
) -> Response[Accepted]:
    """Read an app's listing in the App Store, on Google Play or in both, and merge what they say.

    While an ingest of this project's listings runs, the same request answers its job; another is a conflict.
    """
    named = partial(store_listings.check, data)
    country = partial(countries.check, data.country_code, path="countryCode")
    gather(named, country)
    submit = partial(ingests.start_appstore, listings=named(), country_code=country())
    return await accept(request, project_id, INGEST_APPSTORE, submit)


ROUTES = [ingest_website, ingest_github, ingest_appstore]
