"""`tenantry accounts`."""

from uuid import UUID

import click

from cli.commands.connections import connect_account, make_oauth_url, make_reauth_url
from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.output import Answer, card, page
from cli.shared.session import Session, vault
from db.pool import transact
from domain.accounts import accounts as verbs
from domain.connecting import connect
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.accounts import SocialAccount

ACCOUNT = Id(ids.ACCOUNT)

COLUMNS = ("ACCOUNT", "PLATFORM", "HANDLE", "STATUS", "SERVER", "CONNECTED", "TOKEN EXPIRES")


@click.group(commands=[connect_account, make_oauth_url, make_reauth_url])
def accounts() -> None:
    """Connect, list, show and disconnect social accounts; say how much one may post."""


@accounts.command("list")
@click.argument("project_id", type=Id(ids.PROJECT))
@answering
@at_database
@acting
@paged(ids.ACCOUNT)
async def list_accounts(
    session: Session, actor: Actor, *, project_id: UUID, before: UUID | None, limit: int
) -> Answer:
    """List a project's accounts, newest first, the disconnected ones too.

    \b
    Examples:
      tenantry accounts list prj_01890a5d-...
      tenantry accounts list prj_01890a5d-... --json | jq '.items[] | select(.status == "reauth_required")'
    """
    async with session.pool.acquire() as conn:
        found = await verbs.list_page(
            conn,
            organization_id=actor.organization_id,
            project_id=project_id,
            before=before,
            limit=limit + 1,
        )
    return page(found, limit, COLUMNS, _row)


@accounts.command("show")
@click.argument("account_id", type=ACCOUNT)
@answering
@at_database
@acting
async def show_account(session: Session, actor: Actor, *, account_id: UUID) -> Answer:
    """Show one account. What opens it is shown nowhere.

    \b
    Example:
      tenantry accounts show sa_01890a5d-...
    """
    async with session.pool.acquire() as conn:
        account = await verbs.get(conn, organization_id=actor.organization_id, account_id=account_id)
    return Answer(account, card(account))


@accounts.command("disconnect")
@click.argument("account_id", type=ACCOUNT)
@answering
@at_database
@acting
async def disconnect_account(session: Session, actor: Actor, *, account_id: UUID) -> Answer:
    """Disconnect an account for good, cancel the posts that wait for it, and say how many.

    Its tokens are gone from here at once, and a job gives them back to the platform. A repeat says the same.

    \b
    Example:
      tenantry accounts disconnect sa_01890a5d-...
    """
    keyring = await vault(session)
    gone = await transact(
        session.pool,
        lambda conn: connect.disconnect(
            conn,
            organization_id=actor.organization_id,
            account_id=account_id,
            api_key_id=actor.key_uuid,
            keyring=keyring,
        ),
    )
    return Answer(gone, card(gone))


@accounts.command("quota")
@click.argument("account_id", type=ACCOUNT)
@click.option("--posts", type=click.IntRange(1, 2**31 - 1), help="At most so many posts ...")
@click.option("--seconds", type=click.IntRange(1, 2**31 - 1), help="... in any so many seconds.")
@click.option("--clear", is_flag=True, help="Go by the platform's own figures again.")
@answering
@at_database
@acting
async def set_quota(
    session: Session,
    actor: Actor,
    *,
    account_id: UUID,
    posts: int | None,
    seconds: int | None,
    clear: bool,
) -> Answer:
    """Say how much an account may post, in place of the platform's own figures.

    \b
    Examples:
      tenantry accounts quota sa_01890a5d-... --posts 10 --seconds 86400
      tenantry accounts quota sa_01890a5d-... --clear
    """
    if clear != (posts is None) or clear != (seconds is None):
        raise click.UsageError("give --posts and --seconds together, or --clear alone")
    quota = await transact(
        session.pool,
        lambda conn: verbs.set_quota(
            conn,
            organization_id=actor.organization_id,
            account_id=account_id,
            posts=posts,
            seconds=seconds,
        ),
    )
    return Answer(quota, card(quota))


def _row(each: SocialAccount) -> tuple[object, ...]:
    return (
        each.social_account_id,
        each.platform,
        each.handle,
        each.status,
        each.service_url,
        each.connected_at,
        each.token_expires_at,
    )
