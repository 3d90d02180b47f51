"""Influencers of a project: drawn presenters with a face, a voice and a language for generated content."""

from functools import partial
from typing import Annotated

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import etags, path_ids
from api.http.accepted_job import build_accepted_job_answer
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.influencers import creating, influencers
from domain.influencers.creating import SubmittedInfluencerDrawing
from domain.influencers.influencers import InfluencerChangeAuthor
from schemas import ids
from schemas.base import Page
from schemas.influencers import (
    Influencer,
    InfluencerClone,
    InfluencerCreate,
    InfluencerDeleted,
    InfluencerPatch,
    InfluencerStatus,
)
from schemas.jobs import Accepted

INFLUENCERS_PATH, INFLUENCER_PATH = "/projects/{project_id:str}/influencers", "/influencers/{influencer_id:str}"

InfluencerStatusFilter = Annotated[
    list[InfluencerStatus] | None, QueryParameter(description="Only with one of these statuses.")
]

INFLUENCER_CREATION_IF_NO_BODY = InfluencerCreate()


@post(INFLUENCERS_PATH, opt=build_route_options("influencers:write", RateClass.LONG_RUNNING, 404, 409), status_code=202)
async def create_influencer(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[InfluencerCreate] = INFLUENCER_CREATION_IF_NO_BODY
) -> Response[Accepted]:
    """Create a drawn presenter from the project's brand.

    Name, gender, age, voice and language are set at once; a job draws the portrait, and then the influencer
    is `ready`. It has no biography and claims no use of the product. A project has at most 50. The first one
    is created automatically when an ingest completes in a project without any.
    """

    async def create(conn: Conn) -> WriteReply[Accepted]:
        project = path_ids.parse_id("project", project_id)
        return _build_influencer_accepted_reply(
            await creating.create_brand_influencer(
                conn, author=_influencer_change_author_of(request), project_id=project, body=data
            )
        )

    return await run_idempotent_write(request, create)


@get(INFLUENCERS_PATH, opt=build_route_options("influencers:read", RateClass.READ_LIGHT, 404))
async def list_influencers(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    status: InfluencerStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Influencer]:
    """List a project's influencers, newest first."""
    find = partial(influencers.list_project_influencers, statuses=status, public_url=request.public_api_base_url)
    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get(INFLUENCER_PATH, opt=build_route_options("influencers:read", RateClass.READ_LIGHT, 404))
async def get_influencer(request: ApiRequest, influencer_id: FromPath[str]) -> Response[Influencer]:
    """Return one influencer. Its ETag is its version, for `If-Match`."""
    async with request.acquire_connection() as conn:
        influencer, version = await influencers.read_versioned_influencer(
            conn,
            **request.parse_org_and_object_id("influencer", influencer_id=influencer_id),
            public_url=request.public_api_base_url,
        )
    return LowOverheadResponse(influencer, headers={"ETag": etags.quote_etag(version)})


@patch(INFLUENCER_PATH, opt=build_route_options("influencers:write", RateClass.WRITE_LIGHT, 404, 412))
async def patch_influencer(
    request: ApiRequest, influencer_id: FromPath[str], data: JSONBody[InfluencerPatch]
) -> Response[Influencer]:
    """Change an influencer's name, voice or language for future content. Omitted fields stay unchanged."""

    async def change(conn: Conn) -> WriteReply[Influencer]:
        changed, version = await influencers.apply_influencer_patch(
            conn,
            author=_influencer_change_author_of(request),
            influencer_id=path_ids.parse_id("influencer", influencer_id),
            body=data,
            versions=etags.read_if_match_versions(request),
            public_url=request.public_api_base_url,
        )
        return WriteReply(changed, etag=etags.quote_etag(version))

    return await run_idempotent_write(request, change)


@delete(INFLUENCER_PATH, opt=build_route_options("influencers:write", RateClass.WRITE_LIGHT, 404, 412), status_code=200)
async def delete_influencer(request: ApiRequest, influencer_id: FromPath[str]) -> Response[InfluencerDeleted]:
    """Delete an influencer and its portrait: both are not found from then on.

    Content with this influencer stays unchanged.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: influencers.remove_influencer(
            conn,
            author=_influencer_change_author_of(request),
            influencer_id=path_ids.parse_id("influencer", influencer_id),
            versions=etags.read_if_match_versions(request),
        ),
    )


@post(
    f"{INFLUENCER_PATH}/clone",
    opt=build_route_options("influencers:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def clone_influencer(
    request: ApiRequest, influencer_id: FromPath[str], data: JSONBody[InfluencerClone]
) -> Response[Accepted]:
    """Clone an influencer with the same face, voice and language, except for `overrides`.

    Another gender or age changes the face.
    """

    async def clone(conn: Conn) -> WriteReply[Accepted]:
        original = path_ids.parse_id("influencer", influencer_id)
        return _build_influencer_accepted_reply(
            await creating.clone_influencer_in_same_project(
                conn, author=_influencer_change_author_of(request), influencer_id=original, body=data
            )
        )

    return await run_idempotent_write(request, clone)


def _influencer_change_author_of(request: ApiRequest) -> InfluencerChangeAuthor:
    return InfluencerChangeAuthor(request.organization_id, request.principal.key_uuid)


def _build_influencer_accepted_reply(creation: SubmittedInfluencerDrawing) -> WriteReply[Accepted]:
    influencer_id = ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, creation.influencer_id)
    return build_accepted_job_answer(Accepted, creation.job, influencer_id=influencer_id)
