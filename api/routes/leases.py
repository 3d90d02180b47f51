"""Leased accounts for partners: request, list, release."""

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.leasing import leases, requests
from schemas.accounts import AccountDisconnected
from schemas.base import Page
from schemas.leases import LeasedAccount, LeaseRequest, LeaseRequestCreate


@post(
    "/projects/{project_id:str}/leased-accounts/request",
    opt=build_route_options("leased:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=201,
)
async def request_leased_accounts(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[LeaseRequestCreate]
) -> Response[LeaseRequest]:
    """Request leased accounts for a niche from the platform's operators.

    The operators answer in their own time: read the request until it is `assigned`, `partial` or `rejected`.
    Assigned accounts are social accounts of the project, with their own ids and history. Posts are scheduled
    to them as to any other account, and no other project can use them meanwhile.
    """
    who = request.principal

    async def make(conn: Conn) -> WriteReply[LeaseRequest]:
        lease_request = await requests.create_lease_request(
            conn, **request.parse_org_and_project_id(project_id), api_key_id=who.key_uuid, body=data
        )
        location = f"/v1/projects/{lease_request.project_id}/leased-accounts/requests/{lease_request.request_id}"
        return WriteReply(lease_request, status=201, location=location)

    return await run_idempotent_write(request, make)


@get(
    "/projects/{project_id:str}/leased-accounts/requests/{lease_request_id:str}",
    opt=build_route_options("leased:write", RateClass.READ_LIGHT, 404),
)
async def get_lease_request(
    request: ApiRequest, project_id: FromPath[str], lease_request_id: FromPath[str]
) -> LeaseRequest:
    """Return a lease request with its status and the assigned accounts."""
    async with request.acquire_connection() as conn:
        return await requests.read_lease_request(
            conn,
            **request.parse_org_and_project_id(project_id),
            request_id=path_ids.parse_id("lease_request", lease_request_id),
        )


@get(
    "/projects/{project_id:str}/leased-accounts/requests",
    opt=build_route_options("leased:write", RateClass.READ_LIGHT, 404),
)
async def list_leased_account_requests(
    request: ApiRequest, project_id: FromPath[str], *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[LeaseRequest]:
    """List a project's lease requests, newest first."""
    return await read_list_page_in_project(request, requests.list_project_lease_requests, project_id, cursor, limit)


@get("/projects/{project_id:str}/leased-accounts", opt=build_route_options("leased:write", RateClass.READ_LIGHT, 404))
async def list_leased_accounts(
    request: ApiRequest, project_id: FromPath[str], *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[LeasedAccount]:
    """List a project's leases of accounts, newest first, ended ones included."""
    return await read_list_page_in_project(request, leases.list_account_leases_of_project, project_id, cursor, limit)


@delete(
    "/leased-accounts/{social_account_id:str}",
    opt=build_route_options("leased:write", RateClass.WRITE_LIGHT, 404),
    status_code=200,
)
async def release_leased_account(
    request: ApiRequest, social_account_id: FromPath[str]
) -> Response[AccountDisconnected]:
    """Release a leased account for good: nothing more of yours is sent to it.

    Its waiting posts are canceled; posts being sent end with their true outcome. Repeating the request
    returns the same answer. Archiving a project releases its leased accounts.
    """
    who = request.principal
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: leases.end_lease_of_account(
            conn,
            **request.parse_org_and_object_id("leased_account", account_id=social_account_id),
            api_key_id=who.key_uuid,
            reason="released",
        ),
    )
