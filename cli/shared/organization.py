"""Actor of a command: an organization or its sandbox, with every scope."""

from functools import wraps
from typing import Any
from uuid import UUID

import click

from cli.shared.command import Body, Id, Run, at_database
from cli.shared.output import CommandResult, printable
from cli.shared.session import CommandSession
from db.pool import Conn
from domain.tenancy import organizations
from domain.tenancy.api_keys import EVERY_SCOPE, Actor
from schemas import ids
from schemas.errors import Invalid
from schemas.organizations import Organization

ORGANIZATION = Id(ids.ORGANIZATION)

#: Maximum number of organizations named in an error.
MAX_NAMED = 10


def for_organization(body: Body) -> Run:
    """Wrap `body` to get a session and the actor of --org and --sandbox, and print its answer."""

    @at_database
    @click.option(
        "--org",
        type=ORGANIZATION,
        envvar="TENANTRY_ORG",
        show_envvar=True,
        help="The organization or its sandbox; required with more than one organization.",
    )
    @click.option("--sandbox", is_flag=True, help="Act in the organization's sandbox.")
    @wraps(body)
    async def within(
        session: CommandSession, *, org: UUID | None, sandbox: bool, **values: Any
    ) -> CommandResult:
        async with session.pool.acquire() as conn:
            actor = await _actor(conn, org, sandbox=sandbox)
        return await body(session, actor, **values)

    return within


async def _actor(conn: Conn, org: UUID | None, *, sandbox: bool) -> Actor:
    organization = (
        await _find_only(conn) if org is None else await organizations.find(conn, organization_id=org)
    )
    test = ORGANIZATION.convert(organization.sandbox_id, None, None)
    if sandbox or org == test:
        return Actor(test, "test", None, EVERY_SCOPE)
    return Actor(ORGANIZATION.convert(organization.id, None, None), "live", None, EVERY_SCOPE)


async def _find_only(conn: Conn) -> Organization:
    """Return the only live organization. Raise `Invalid` for none or several."""
    live = await organizations.list_page(conn, before=None, limit=MAX_NAMED)
    if not live:
        raise Invalid("--org", "there is no organization yet: create one with `tenantry org create NAME`")
    if len(live) > 1:
        listed = ", ".join(f"{organization.id} ({printable(organization.name)})" for organization in live)
        raise Invalid("--org", f"choose an organization here or in TENANTRY_ORG: {listed}")
    return live[0]
