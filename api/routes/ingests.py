"""Ingests: read a brand from a source in a job."""

from functools import partial
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http.accepted_job import build_accepted_job_answer
from api.http.idempotency import WriteReply, submit_idempotently
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.brand import github_repositories, ingests, store_listings
from domain.brand.ingests import NewIngest
from domain.tenancy.idempotency import IdempotencyRecord
from domain.values import countries, ssrf_guard
from domain.values.collect_errors import run_checks_merging_errors
from jobs.kinds import INGEST_APPSTORE_KIND, INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND, JobKindSpec
from jobs.ledger import SubmittedJob
from schemas.ingests import IngestAppStore, IngestGitHub, IngestWebsite
from schemas.jobs import Accepted
from telemetry import log_context


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
    return await _start_ingest(request, project_id, INGEST_WEBSITE_KIND, args)


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
    return await _start_ingest(request, project_id, INGEST_GITHUB_KIND, args)


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
    return await _start_ingest(request, project_id, INGEST_APPSTORE_KIND, args)


async def _start_ingest(
    request: ApiRequest, project_id: str, kind: JobKindSpec, args: dict[str, Any]
) -> Response[Accepted]:
    """Start an ingest in a statement with those of other requests, or else in a transaction; return the 202.

    The answer is complete before the statement, which stores it under the request's Idempotency-Key.
    """
    scope = request.parse_org_and_project_id(project_id)
    new = NewIngest(ingests.build_ingest_job(kind, **scope, args=args), request.services.clock())
    submitted = SubmittedJob(
        kind.name, scope["project_id"], new.job.job_id, new.created_at, "queued", "queued", wake=None, fresh=True
    )

    async def submit(record: IdempotencyRecord | None) -> SubmittedJob | None:
        started = await request.services.ingest_starts.queue_lookup(new._replace(record=record))
        if started is not None:
            log_context.trace_submitted_job(kind=kind.name, project_id=started.project_id, job_id=started.job_id)
        return started

    async def write(conn: Conn) -> WriteReply[Accepted]:
        return build_accepted_job_answer(Accepted, await ingests.start_ingest(conn, kind=kind, **scope, args=args))

    return await submit_idempotently(request, build_accepted_job_answer(Accepted, submitted), submit, write)
