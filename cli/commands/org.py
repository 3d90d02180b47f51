"""`tenantry org`."""

from operator import attrgetter
from uuid import UUID

import click
import msgspec

from cli.shared.command import at_database, paged
from cli.shared.output import Answer, card, page
from cli.shared.session import Session
from db.pool import Conn, transact
from domain.tenancy import organizations
from schemas import ids
from schemas.organizations import Organization, OrganizationCreate

FIELDS = ("id", "name", "tier", "sandbox_id", "created_at")
COLUMNS = ("ORGANIZATION", "NAME", "TIER", "SANDBOX", "CREATED")


@click.group()
def org() -> None:
    """Create and list organizations: the partners who call the API."""


@org.command("create")
@click.argument("name")
@click.option(
    "--tier",
    type=click.Choice(["standard", "pilot", "partner"]),
    default="standard",
    show_default=True,
    help="What it may do a minute, a day and at once.",
)
@at_database
async def create_organization(session: Session, *, name: str, tier: str) -> Answer:
    """Create a live organization, and its sandbox for test keys.

    \b
    Examples:
      tenantry org create "Booking Software Ltd"
      tenantry org create Acme --tier pilot --json | jq -r .sandboxId
    """
    wanted = msgspec.convert({"name": name, "tier": tier}, OrganizationCreate)

    async def write(conn: Conn) -> Organization:
        pair = await organizations.create(conn, name=wanted.name, tier=wanted.tier)
        return await organizations.find(conn, organization_id=pair.live)

    made = await transact(session.pool, write)
    note = f"A key for it: tenantry keys create NAME --org {made.id}"
    return Answer(made, card(made), note)


@org.command("list")
@at_database
@paged(ids.ORGANIZATION)
async def list_organizations(session: Session, *, before: UUID | None, limit: int) -> Answer:
    """List live organizations, newest first.

    \b
    Example:
      tenantry org list
    """
    async with session.pool.acquire() as conn:
        found = await organizations.list_page(conn, before=before, limit=limit + 1)
    return page(found, limit, COLUMNS, attrgetter(*FIELDS))
