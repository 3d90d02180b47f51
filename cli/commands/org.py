"""`tenantry org`: organizations of partners."""

from functools import partial
from operator import attrgetter
from typing import get_args
from uuid import UUID

import click
import msgspec

from cli.commands.org_move import move_organization
from cli.shared.command import CliIdParam, run_cli_db_write, with_database_session, with_paging_options
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, build_cli_list_result, format_object_fields
from cli.shared.session import CommandDbSession
from db.pool import Conn, run_in_transaction
from domain.tenancy import organizations
from schemas import ids
from schemas.organizations import LiveOrganizationTier, Organization, OrganizationCreate

ORG_COMMAND_ID_PARAM_TYPE, ORG_TIER_PARAM_TYPE = (
    CliIdParam(ids.ORGANIZATION_ID_PREFIX),
    click.Choice(get_args(LiveOrganizationTier)),
)
CLI_ORGANIZATION_LIST_FIELDS = ("id", "name", "tier", "suspended", "sandbox_id", "created_at")
ORGANIZATION_TABLE_HEADINGS = ("ORGANIZATION", "NAME", "TIER", "SUSPENDED", "SANDBOX", "CREATED")


@click.group(cls=FullSentenceHelpCommandGroup)
def org() -> None:
    """Create, list, suspend, resume and move organizations (partners), and set their tier."""


org.add_command(move_organization)


@org.command("create")
@click.argument("name")
@click.option(
    "--tier", type=ORG_TIER_PARAM_TYPE, default="standard", show_default=True, help="Tier of its limits and budgets."
)
@with_database_session
async def create_organization(session: CommandDbSession, *, name: str, tier: LiveOrganizationTier) -> CliCommandResult:
    """Create a live organization and its sandbox for test keys.

    \b
    Examples:
      tenantry org create "Booking Software Ltd"
      tenantry org create Acme --tier pilot --json | jq -r .sandboxId
    """
    request = msgspec.convert({"name": name, "tier": tier}, OrganizationCreate)

    async def write(conn: Conn) -> Organization:
        pair = await organizations.insert_organization_pair(conn, name=request.name, tier=request.tier)
        return await organizations.read_organization(conn, organization_id=pair.live)

    organization = await run_in_transaction(session.pool, write)
    note = f"To create a key for it: tenantry keys create NAME --org {organization.id}"
    return CliCommandResult(organization, format_object_fields(organization), note)


@org.command("tier")
@click.argument("organization_id", metavar="ORG_ID", type=ORG_COMMAND_ID_PARAM_TYPE)
@click.argument("tier", type=ORG_TIER_PARAM_TYPE)
@with_database_session
async def set_org_tier(
    session: CommandDbSession, *, organization_id: UUID, tier: LiveOrganizationTier
) -> CliCommandResult:
    """Change an organization's tier.

    \b
    Example:
      tenantry org tier org_01890a5d-... partner
    """
    return await _change_organization_tier_or_suspension(session, organization_id, tier=tier)


@org.command("suspend")
@click.argument("organization_id", metavar="ORG_ID", type=ORG_COMMAND_ID_PARAM_TYPE)
@with_database_session
async def suspend_organization(session: CommandDbSession, *, organization_id: UUID) -> CliCommandResult:
    """Refuse the keys of an organization and its sandbox, and hold their jobs; running jobs finish.

    \b
    Example:
      tenantry org suspend org_01890a5d-...
    """
    return await _change_organization_tier_or_suspension(session, organization_id, suspended=True)


@org.command("resume")
@click.argument("organization_id", metavar="ORG_ID", type=ORG_COMMAND_ID_PARAM_TYPE)
@with_database_session
async def resume_organization(session: CommandDbSession, *, organization_id: UUID) -> CliCommandResult:
    """Resume a suspended organization.

    \b
    Example:
      tenantry org resume org_01890a5d-...
    """
    return await _change_organization_tier_or_suspension(session, organization_id, suspended=False)


async def _change_organization_tier_or_suspension(
    session: CommandDbSession,
    organization_id: UUID,
    *,
    tier: LiveOrganizationTier | None = None,
    suspended: bool | None = None,
) -> CliCommandResult:
    change = partial(
        organizations.change_organization_tier_and_suspension,
        organization_id=organization_id,
        tier=tier,
        suspended=suspended,
        actor=None,
    )
    return await run_cli_db_write(session, change)


@org.command("list")
@with_database_session
@with_paging_options(ids.ORGANIZATION_ID_PREFIX)
async def list_organizations(session: CommandDbSession, *, before: UUID | None, limit: int) -> CliCommandResult:
    """List live organizations, newest first.

    \b
    Example:
      tenantry org list
    """
    async with session.pool.acquire() as conn:
        rows = await organizations.list_organization_page(conn, before=before, limit=limit + 1)
    return build_cli_list_result(rows, limit, ORGANIZATION_TABLE_HEADINGS, attrgetter(*CLI_ORGANIZATION_LIST_FIELDS))
