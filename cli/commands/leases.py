"""`tenantry leases`."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_args
from uuid import UUID

import click
import msgspec

from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.output import Answer, card, page
from cli.shared.session import Session
from db.pool import Conn, transact
from domain.leasing import leases as verbs
from domain.leasing import offers, requests
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.accounts import PlatformName
from schemas.leases import (
    MOST,
    AccountOffer,
    LeaseAssign,
    LeaseReject,
    LeaseRequestCreate,
    OfferedAccount,
    OperatedRequest,
    RequestStatus,
)

T = TypeVar("T", bound=msgspec.Struct)

ACCOUNT, REQUEST, PROJECT = Id(ids.ACCOUNT), Id(ids.LEASE_REQUEST), Id(ids.PROJECT)

OFFERED = ("ACCOUNT", "PLATFORM", "HANDLE", "STATUS", "NICHE", "LEASED AS", "TO PROJECT", "SINCE")
REQUESTS = ("REQUEST", "ORGANIZATION", "STATUS", "ASKED", "ASSIGNED", "PLATFORM", "NICHE", "SUBMITTED")


@click.group()
def leases() -> None:
    """Offer accounts for lease, answer requests, recall; ask for accounts and let them go."""


@leases.command("offer")
@click.argument("account_id", type=ACCOUNT)
@click.option("--niche", required=True, help="What the account is about.")
@answering
@at_database
@acting
async def offer_account(session: Session, actor: Actor, *, account_id: UUID, niche: str) -> Answer:
    """Offer a connected account of the organization for lease; offered again, it is about another niche.

    \b
    Example:
      tenantry leases offer sa_01890a5d-... --niche "home baking"
    """
    body = msgspec.convert({"socialAccountId": str(account_id), "niche": niche}, AccountOffer)
    return await _do(
        session, lambda conn: offers.offer(conn, who=actor, account_id=account_id, niche=body.niche)
    )


@leases.command("withdraw")
@click.argument("account_id", type=ACCOUNT)
@answering
@at_database
@acting
async def withdraw_account(session: Session, actor: Actor, *, account_id: UUID) -> Answer:
    """Offer an account no more; one that is leased has to be recalled first.

    \b
    Example:
      tenantry leases withdraw sa_01890a5d-...
    """
    return await _do(session, lambda conn: offers.withdraw(conn, who=actor, account_id=account_id))


@leases.command("list")
@answering
@at_database
@acting
@paged(ids.ACCOUNT)
async def list_offered(session: Session, actor: Actor, *, before: UUID | None, limit: int) -> Answer:
    """List what is offered in all organizations and who has it, newest first; with --sandbox, in sandboxes.

    \b
    Examples:
      tenantry leases list
      tenantry leases list --json | jq -r '.items[] | select(.lease == null) | .socialAccountId'
    """
    async with session.pool.acquire() as conn:
        found = await offers.list_page(conn, env=actor.env, before=before, limit=limit + 1)
    return page(found, limit, OFFERED, _offered_row)


@leases.command("requests")
@click.option("--status", type=click.Choice(get_args(RequestStatus)), help="Only with this status.")
@answering
@at_database
@acting
@paged(ids.LEASE_REQUEST)
async def list_requests(
    session: Session, actor: Actor, *, status: RequestStatus | None, before: UUID | None, limit: int
) -> Answer:
    """List what all organizations ask for, newest first; with --sandbox, what sandboxes do.

    \b
    Examples:
      tenantry leases requests --status requested
      tenantry leases requests --json | jq -r '.items[].niche'
    """
    async with session.pool.acquire() as conn:
        found = await requests.list_page(conn, env=actor.env, status=status, before=before, limit=limit + 1)
    return page(found, limit, REQUESTS, _request_row)


@leases.command("assign")
@click.argument("request_id", type=REQUEST)
@click.argument("account_ids", type=ACCOUNT, nargs=-1, required=True)
@answering
@at_database
@acting
async def assign_accounts(
    session: Session, actor: Actor, *, request_id: UUID, account_ids: tuple[UUID, ...]
) -> Answer:
    """Lease these offered accounts to whoever made the request: all of them, or none.

    The exit code is 4 where one can't be leased now, or more are named than are asked for.

    \b
    Example:
      tenantry leases assign lreq_01890a5d-... sa_01890a5d-... sa_01890a5e-...
    """
    named = [ids.show(ids.ACCOUNT, one) for one in account_ids]
    body = msgspec.convert({"socialAccountIds": named}, LeaseAssign)
    return await _do(
        session,
        lambda conn: requests.assign(
            conn, who=actor, request_id=request_id, account_ids=body.social_account_ids
        ),
    )


@leases.command("reject")
@click.argument("request_id", type=REQUEST)
@click.option("--reason", required=True, help="For the partner.")
@answering
@at_database
@acting
async def reject_request(session: Session, actor: Actor, *, request_id: UUID, reason: str) -> Answer:
    """Assign nothing to a request, or nothing more.

    \b
    Example:
      tenantry leases reject lreq_01890a5d-... --reason "No such accounts this month"
    """
    body = msgspec.convert({"reason": reason}, LeaseReject)
    return await _do(
        session,
        lambda conn: requests.reject(conn, who=actor, request_id=request_id, reason=body.reason),
    )


@leases.command("recall")
@click.argument("account_id", type=ACCOUNT)
@answering
@at_database
@acting
async def recall_lease(session: Session, actor: Actor, *, account_id: UUID) -> Answer:
    """Take a leased account back; ACCOUNT_ID is what it is to its tenant, as `tenantry leases list` shows.

    \b
    Example:
      tenantry leases recall sa_01890a5d-...
    """
    return await _do(session, lambda conn: verbs.recall(conn, who=actor, account_id=account_id))


@leases.command("request")
@click.argument("project_id", type=PROJECT)
@click.option("--count", type=click.IntRange(1, MOST), required=True, help="How many accounts.")
@click.option("--niche", required=True, help="What they should be about.")
@click.option("--platform", type=click.Choice(get_args(PlatformName)), help="Any, unless you say.")
@click.option("--note", help="For the operators.")
@answering
@at_database
@acting
async def request_accounts(session: Session, actor: Actor, *, project_id: UUID, **asked: Any) -> Answer:
    """Ask for leased accounts in the name of a project.

    \b
    Example:
      tenantry leases request prj_01890a5d-... --count 3 --niche "home baking" --platform mastodon
    """
    body = msgspec.convert(asked, LeaseRequestCreate)
    return await _do(
        session,
        lambda conn: requests.create(
            conn, organization_id=actor.organization_id, project_id=project_id, api_key_id=None, body=body
        ),
    )


@leases.command("show")
@click.argument("project_id", type=PROJECT)
@click.argument("request_id", type=REQUEST)
@answering
@at_database
@acting
async def show_request(session: Session, actor: Actor, *, project_id: UUID, request_id: UUID) -> Answer:
    """Show how a project's request stands.

    \b
    Example:
      tenantry leases show prj_01890a5d-... lreq_01890a5d-...
    """
    place = {"organization_id": actor.organization_id, "project_id": project_id}
    return await _do(session, lambda conn: requests.get(conn, **place, request_id=request_id))


@leases.command("release")
@click.argument("account_id", type=ACCOUNT)
@answering
@at_database
@acting
async def release_account(session: Session, actor: Actor, *, account_id: UUID) -> Answer:
    """Let a leased account of the organization go, and cancel the posts that wait for it.

    \b
    Example:
      tenantry leases release sa_01890a5d-...
    """
    place = {"organization_id": actor.organization_id, "account_id": account_id}
    return await _do(session, lambda conn: verbs.release(conn, **place, api_key_id=None, reason="released"))


async def _do(session: Session, verb: Callable[[Conn], Awaitable[T]]) -> Answer:
    came = await transact(session.pool, verb)
    return Answer(came, card(came))


def _offered_row(each: OfferedAccount) -> tuple[object, ...]:
    lease = each.lease
    return (
        each.social_account_id,
        each.platform,
        each.handle,
        each.status,
        each.niche,
        lease and lease.social_account_id,
        lease and lease.project_id,
        lease and lease.since,
    )


def _request_row(each: OperatedRequest) -> tuple[object, ...]:
    return (
        each.request_id,
        each.organization_id,
        each.status,
        each.count,
        len(each.assigned_social_account_ids),
        each.platform,
        each.niche,
        each.submitted_at,
    )
