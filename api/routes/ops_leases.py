"""Leased accounts for operators: offer accounts, answer requests of all organizations, recall.

An operator's key sees its own environment, live or sandbox, and offers accounts of its own organization.
"""

from functools import partial
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import path_ids
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_by_id
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.leasing import leases, offers, requests
from schemas.accounts import AccountDisconnected
from schemas.base import Page
from schemas.leases import AccountOffer, LeaseAssign, LeaseReject, LeaseRequestStatus, OfferedAccount, OperatedRequest

LeaseRequestStatusFilter = Annotated[
    list[LeaseRequestStatus] | None, QueryParameter(description="Only with one of these statuses.")
]


@post("/ops/leasable-accounts", opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404, 409), status_code=201)
async def offer_account(request: ApiRequest, data: JSONBody[AccountOffer]) -> Response[OfferedAccount]:
    """Offer a connected account of your own organization for lease.

    While it is offered, only its lessees post to it. Its tokens, its quota and its platform's rate limits
    stay with the account, across all leases.
    """

    async def offer(conn: Conn) -> WriteReply[OfferedAccount]:
        account_id = path_ids.parse_id("account", data.social_account_id)
        return WriteReply(
            await offers.offer_account_for_lease(
                conn, actor=request.principal.actor, account_id=account_id, niche=data.niche
            ),
            status=201,
        )

    return await run_idempotent_write(request, offer)


@get("/ops/leasable-accounts", opt=build_route_options("ops:read", RateClass.READ_LIGHT))
async def list_offered_accounts(
    request: ApiRequest, *, cursor: PageCursor = None, limit: PageLimit = DEFAULT_PAGE_LIMIT
) -> Page[OfferedAccount]:
    """List the accounts offered for lease with their lessees, newest first."""
    find = partial(offers.list_lease_offers_of_environment, env=request.principal.env)
    return await read_list_page_by_id(request, find, cursor, limit)


@delete(
    "/ops/leasable-accounts/{social_account_id:str}",
    opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def withdraw_account(request: ApiRequest, social_account_id: FromPath[str]) -> Response[OfferedAccount]:
    """Withdraw an account from the offers for lease; recall a leased one first."""
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: offers.withdraw_account_offer(
            conn, actor=request.principal.actor, account_id=path_ids.parse_id("account", social_account_id)
        ),
    )


@get("/ops/lease-requests", opt=build_route_options("ops:read", RateClass.READ_LIGHT))
async def list_lease_requests(
    request: ApiRequest,
    *,
    status: LeaseRequestStatusFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[OperatedRequest]:
    """List the partners' lease requests, newest first."""
    find = partial(requests.list_lease_requests_of_environment, env=request.principal.env, statuses=status)
    return await read_list_page_by_id(request, find, cursor, limit)


@post(
    "/ops/lease-requests/{lease_request_id:str}/assign",
    opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def assign_leased_accounts(
    request: ApiRequest, lease_request_id: FromPath[str], data: JSONBody[LeaseAssign]
) -> Response[OperatedRequest]:
    """Lease offered accounts to the requester. If one can't be leased now, none is.

    With fewer accounts than requested, the request is `partial`, and more may follow.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: requests.assign_leased_accounts_to_request(
            conn,
            actor=request.principal.actor,
            request_id=path_ids.parse_id("lease_request", lease_request_id),
            account_ids=data.social_account_ids,
        ),
    )


@post(
    "/ops/lease-requests/{lease_request_id:str}/reject",
    opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def reject_lease_request(
    request: ApiRequest, lease_request_id: FromPath[str], data: JSONBody[LeaseReject]
) -> Response[OperatedRequest]:
    """Reject a lease request with a reason; a `partial` request keeps its accounts and its status."""
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: requests.reject_lease_request(
            conn,
            actor=request.principal.actor,
            request_id=path_ids.parse_id("lease_request", lease_request_id),
            reason=data.reason,
        ),
    )


@post(
    "/ops/leases/{social_account_id:str}/recall",
    opt=build_route_options("ops:write", RateClass.WRITE_LIGHT, 404),
    status_code=200,
)
async def recall_lease(request: ApiRequest, social_account_id: FromPath[str]) -> Response[AccountDisconnected]:
    """Recall a leased account from its tenant, as if its tenant had released it; use the lease's account id.

    Repeating the request returns the same answer and never ends another tenant's lease.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: leases.recall_leased_account(
            conn, actor=request.principal.actor, account_id=path_ids.parse_id("leased_account", social_account_id)
        ),
    )
