"""`tenantry leases`: operators' commands for leased accounts; partners use the API."""

from functools import partial
from typing import get_args
from uuid import UUID

import click
import msgspec

from cli.shared.command import CliIdParam, run_cli_db_write, with_paging_options
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.organization import with_organization_options
from cli.shared.output import CliCommandResult, build_cli_list_result
from cli.shared.session import CommandDbSession
from domain.leasing import leases as verbs
from domain.leasing import offers, requests
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.leases import AccountOffer, LeaseAssign, LeaseReject, LeaseRequestStatus, OfferedAccount, OperatedRequest

LEASE_ACCOUNT_ID_PARAM_TYPE, LEASE_REQUEST_ID_PARAM_TYPE = (
    CliIdParam(ids.ACCOUNT_ID_PREFIX),
    CliIdParam(ids.LEASE_REQUEST_ID_PREFIX),
)

LEASE_OFFER_TABLE_HEADINGS = ("ACCOUNT", "PLATFORM", "HANDLE", "STATUS", "NICHE", "LEASED AS", "TO PROJECT", "SINCE")
LEASE_REQUEST_TABLE_HEADINGS = (
    "REQUEST",
    "ORGANIZATION",
    "STATUS",
    "ASKED",
    "ASSIGNED",
    "PLATFORM",
    "NICHE",
    "SUBMITTED",
)


@click.group(cls=FullSentenceHelpCommandGroup)
def leases() -> None:
    """Offer accounts for lease, decide partners' requests, recall accounts."""


@leases.command("offer")
@click.argument("account_id", type=LEASE_ACCOUNT_ID_PARAM_TYPE)
@click.option("--niche", required=True, help="Topic of the account.")
@with_organization_options
async def offer_account(session: CommandDbSession, actor: Actor, *, account_id: UUID, niche: str) -> CliCommandResult:
    """Offer a connected account of the organization for lease, or change the niche of an offer.

    \b
    Example:
      tenantry leases offer sa_01890a5d-... --niche "home baking"
    """
    body = msgspec.convert({"socialAccountId": str(account_id), "niche": niche}, AccountOffer)
    return await run_cli_db_write(
        session, partial(offers.offer_account_for_lease, actor=actor, account_id=account_id, niche=body.niche)
    )


@leases.command("withdraw")
@click.argument("account_id", type=LEASE_ACCOUNT_ID_PARAM_TYPE)
@with_organization_options
async def withdraw_offer(session: CommandDbSession, actor: Actor, *, account_id: UUID) -> CliCommandResult:
    """Withdraw an offer; recall a leased account first.

    \b
    Example:
      tenantry leases withdraw sa_01890a5d-...
    """
    return await run_cli_db_write(session, partial(offers.withdraw_account_offer, actor=actor, account_id=account_id))


@leases.command("list")
@with_organization_options
@with_paging_options(ids.ACCOUNT_ID_PREFIX)
async def list_lease_offers(
    session: CommandDbSession, actor: Actor, *, before: UUID | None, limit: int
) -> CliCommandResult:
    """List the offers of all organizations with their tenants, newest first; with --sandbox, of sandboxes.

    \b
    Examples:
      tenantry leases list
      tenantry leases list --json | jq -r '.items[] | select(.lease == null) | .socialAccountId'
    """
    async with session.pool.acquire() as conn:
        rows = await offers.list_lease_offers_of_environment(conn, env=actor.env, before=before, limit=limit + 1)
    return build_cli_list_result(rows, limit, LEASE_OFFER_TABLE_HEADINGS, _build_lease_offer_table_row)


@leases.command("requests")
@click.option("--status", type=click.Choice(get_args(LeaseRequestStatus)), help="Only requests with this status.")
@with_organization_options
@with_paging_options(ids.LEASE_REQUEST_ID_PREFIX)
async def list_submitted_lease_requests(
    session: CommandDbSession, actor: Actor, *, status: LeaseRequestStatus | None, before: UUID | None, limit: int
) -> CliCommandResult:
    """List the requests of all organizations, newest first; with --sandbox, of sandboxes.

    \b
    Examples:
      tenantry leases requests --status requested
      tenantry leases requests --json | jq -r '.items[].niche'
    """
    async with session.pool.acquire() as conn:
        rows = await requests.list_lease_requests_of_environment(
            conn, env=actor.env, statuses=status and [status], before=before, limit=limit + 1
        )
    return build_cli_list_result(rows, limit, LEASE_REQUEST_TABLE_HEADINGS, _build_cli_lease_request_row)


@leases.command("assign")
@click.argument("request_id", type=LEASE_REQUEST_ID_PARAM_TYPE)
@click.argument("account_ids", type=LEASE_ACCOUNT_ID_PARAM_TYPE, nargs=-1, required=True)
@with_organization_options
async def assign_accounts_to_lease_request(
    session: CommandDbSession, actor: Actor, *, request_id: UUID, account_ids: tuple[UUID, ...]
) -> CliCommandResult:
    """Lease these offered accounts to the request's organization: all of them, or none.

    The exit code is 4 if an account can't be leased now, or if the request is for fewer accounts.

    \b
    Example:
      tenantry leases assign lreq_01890a5d-... sa_01890a5d-... sa_01890a5e-...
    """
    account_texts = [ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id) for account_id in account_ids]
    body = msgspec.convert({"socialAccountIds": account_texts}, LeaseAssign)
    return await run_cli_db_write(
        session,
        partial(
            requests.assign_leased_accounts_to_request,
            actor=actor,
            request_id=request_id,
            account_ids=body.social_account_ids,
        ),
    )


@leases.command("reject")
@click.argument("request_id", type=LEASE_REQUEST_ID_PARAM_TYPE)
@click.option("--reason", required=True, help="Reason for the partner.")
@with_organization_options
async def reject_lease_request(
    session: CommandDbSession, actor: Actor, *, request_id: UUID, reason: str
) -> CliCommandResult:
    """Reject a request, or the rest of a partial one.

    \b
    Example:
      tenantry leases reject lreq_01890a5d-... --reason "No such accounts this month"
    """
    body = msgspec.convert({"reason": reason}, LeaseReject)
    return await run_cli_db_write(
        session, partial(requests.reject_lease_request, actor=actor, request_id=request_id, reason=body.reason)
    )


@leases.command("recall")
@click.argument("account_id", type=LEASE_ACCOUNT_ID_PARAM_TYPE)
@with_organization_options
async def recall_lease(session: CommandDbSession, actor: Actor, *, account_id: UUID) -> CliCommandResult:
    """Recall a leased account; ACCOUNT_ID is its id at the tenant, see `tenantry leases list`.

    \b
    Example:
      tenantry leases recall sa_01890a5d-...
    """
    return await run_cli_db_write(session, partial(verbs.recall_leased_account, actor=actor, account_id=account_id))


def _build_lease_offer_table_row(offer: OfferedAccount) -> tuple[object, ...]:
    lease = offer.lease
    return (
        offer.social_account_id,
        offer.platform,
        offer.handle,
        offer.status,
        offer.niche,
        lease and lease.social_account_id,
        lease and lease.project_id,
        lease and lease.since,
    )


def _build_cli_lease_request_row(request: OperatedRequest) -> tuple[object, ...]:
    return (
        request.request_id,
        request.organization_id,
        request.status,
        request.count,
        len(request.assigned_social_account_ids),
        request.platform,
        request.niche,
        request.submitted_at,
    )
