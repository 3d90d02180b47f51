"""Ingests: read a brand from a source in a job."""

from functools import partial

import msgspec
from litestar import Response, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http.accepted_job import submit_project_job
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.brand import github_repositories, ingests, store_listings
from domain.values import countries, ssrf_guard
from domain.values.collect_errors import run_checks_merging_errors
from jobs.kinds import INGEST_APPSTORE_KIND, INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND
from schemas.ingests import IngestAppStore, IngestGitHub, IngestWebsite
from schemas.jobs import Accepted


@post(
    "/projects/{project_id:str}/ingest/website",
    opt=build_route_options("ingest:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def ingest_website(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IngestWebsite]
) -> Response[Accepted]:
    """Ingest a website. Invalid input is refused at once; a failed fetch ends the job.

    While an ingest of this project's website runs, the same request returns its job; a different request is a
    conflict.
    """
    url = ssrf_guard.check_fetch_url(data.url, allowed=request.services.allowed)
    args = {"url": url, "follow_links": data.follow_links, "max_pages": data.max_pages}
    submit = partial(ingests.start_ingest, kind=INGEST_WEBSITE_KIND, args=args)
    return await submit_project_job(request, project_id, submit)


@post(
    "/projects/{project_id:str}/ingest/github",
    opt=build_route_options("ingest:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def ingest_github(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IngestGitHub]
) -> Response[Accepted]:
    """Ingest a GitHub repository: store texts, repository fields, manifests and README.

    A private repository needs a verified installation of the GitHub App; otherwise it is not found. While an
    ingest of this project's repository runs, the same request returns its job; a different request is a
    conflict.
    """
    name = partial(github_repositories.parse_repository_name, data.repo_full_name)
    run_checks_merging_errors(name, partial(github_repositories.check_branch_name, data.branch))
    args = {"repo": name(), "branch": data.branch}
    submit = partial(ingests.start_ingest, kind=INGEST_GITHUB_KIND, args=args)
    return await submit_project_job(request, project_id, submit)


@post(
    "/projects/{project_id:str}/ingest/appstore",
    opt=build_route_options("ingest:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def ingest_appstore(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IngestAppStore]
) -> Response[Accepted]:
    """Ingest an app's listing in the App Store, on Google Play or both, and merge the results.

    While an ingest of this project's listings runs, the same request returns its job; a different request is
    a conflict.
    """
    named = partial(store_listings.list_requested_store_listings, data)
    country = partial(countries.check_country_code, data.country_code, path="countryCode")
    run_checks_merging_errors(named, country)
    args = {"listings": msgspec.to_builtins(named()), "country_code": country()}
    submit = partial(ingests.start_ingest, kind=INGEST_APPSTORE_KIND, args=args)
    return await submit_project_job(request, project_id, submit)
