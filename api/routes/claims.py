"""Approved claims of a project, which its content may say word for word."""

from functools import partial
from typing import Annotated, Any

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.content import approved_claims
from schemas.base import Page
from schemas.claims import Claim, ClaimCreate, ClaimDeleted, ClaimStatus

PROJECT_CLAIMS_PATH = "/projects/{project_id:str}/claims"
CLAIM_PATH = f"{PROJECT_CLAIMS_PATH}/{{claim_id:str}}"

ClaimStatusFilter = Annotated[ClaimStatus | None, QueryParameter(description="Only claims with this status.")]


@post(PROJECT_CLAIMS_PATH, opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404, 409), status_code=201)
async def create_claim(request: ApiRequest, project_id: FromPath[str], data: JSONBody[ClaimCreate]) -> Response[Claim]:
    """Approve a claim, such as a price, a rating or an award, for content that is generated from now on.

    An item says at most one claim of its own language: the whole text, word for word. Its `provenance` names the
    claim. A project has at most 200 claims. From `validUntil` on, no post with the claim goes out.
    """

    async def create(conn: Conn) -> WriteReply[Claim]:
        claim = await approved_claims.create_claim(
            conn,
            **request.parse_org_and_project_id(project_id),
            api_key_id=request.principal.key_uuid,
            body=data,
            now=request.services.clock(),
            ahead=request.known_sandbox_clock_offset,
        )
        return WriteReply(claim, status=201, location=f"/v1/projects/{claim.project_id}/claims/{claim.claim_id}")

    return await run_idempotent_write(request, create)


@get(PROJECT_CLAIMS_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def list_claims(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    status: ClaimStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Claim]:
    """List a project's approved claims, newest first."""
    find = partial(approved_claims.list_project_claims, status=status)
    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get(CLAIM_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def get_claim(request: ApiRequest, project_id: FromPath[str], claim_id: FromPath[str]) -> Claim:
    """Return one approved claim."""
    async with request.acquire_connection() as conn:
        return await approved_claims.read_claim(conn, **_parse_claim_path_ids(request, project_id, claim_id))


@delete(CLAIM_PATH, opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404, 409), status_code=200)
async def delete_claim(
    request: ApiRequest, project_id: FromPath[str], claim_id: FromPath[str]
) -> Response[ClaimDeleted]:
    """Delete an approved claim, and cancel the posts that wait with it.

    Content with the claim keeps its files and its `provenance`, and can't be posted any more: regenerate it.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: approved_claims.delete_claim(
            conn, **_parse_claim_path_ids(request, project_id, claim_id), api_key_id=request.principal.key_uuid
        ),
    )


def _parse_claim_path_ids(request: ApiRequest, project_id: str, claim_id: str) -> dict[str, Any]:
    return {**request.parse_org_and_project_id(project_id), "claim_id": path_ids.parse_id("claim", claim_id)}
