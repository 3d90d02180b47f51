"""Actor of a command: an organization or its sandbox, with every scope."""

from functools import wraps
from typing import Any
from uuid import UUID

import click

from cli.shared.command import ClickCallback, CliIdParam, CommandBody, with_database_session
from cli.shared.output import CliCommandResult, replace_control_characters
from cli.shared.session import CommandDbSession
from db.pool import Conn
from domain.tenancy import organizations
from domain.tenancy.api_keys import ALL_API_KEY_SCOPES, Actor
from schemas import ids
from schemas.errors import InvalidValue
from schemas.organizations import Organization

ORGANIZATION_ID_PARAM_TYPE = CliIdParam(ids.ORGANIZATION_ID_PREFIX)

#: Maximum number of organizations named in an error.
MAX_ORGANIZATIONS_IN_ERROR = 10


def with_organization_options(body: CommandBody) -> ClickCallback:
    """Return a click callback that runs `body` with a session and --org or its sandbox, and prints its result."""

    @with_database_session
    @click.option(
        "--org",
        type=ORGANIZATION_ID_PARAM_TYPE,
        envvar="TENANTRY_ORG",
        show_envvar=True,
        help="The organization or its sandbox; required with more than one organization.",
    )
    @click.option("--sandbox", is_flag=True, help="Act in the organization's sandbox.")
    @wraps(body)
    async def within(session: CommandDbSession, *, org: UUID | None, sandbox: bool, **values: Any) -> CliCommandResult:
        async with session.pool.acquire() as conn:
            actor = await _resolve_command_org_actor(conn, org, sandbox=sandbox)
        return await body(session, actor, **values)

    return within


async def _resolve_command_org_actor(conn: Conn, org: UUID | None, *, sandbox: bool) -> Actor:
    organization = (
        await _find_only_organization(conn)
        if org is None
        else await organizations.read_organization(conn, organization_id=org)
    )
    test = ORGANIZATION_ID_PARAM_TYPE.convert(organization.sandbox_id, None, None)
    if sandbox or org == test:
        return Actor(test, "test", None, ALL_API_KEY_SCOPES)
    return Actor(ORGANIZATION_ID_PARAM_TYPE.convert(organization.id, None, None), "live", None, ALL_API_KEY_SCOPES)


async def _find_only_organization(conn: Conn) -> Organization:
    """Return the live organization if there is exactly one. Raise `InvalidValue` for none or several."""
    live = await organizations.list_organization_page(conn, before=None, limit=MAX_ORGANIZATIONS_IN_ERROR)
    if not live:
        raise InvalidValue("--org", "there is no organization yet: create one with `tenantry org create NAME`")
    if len(live) > 1:
        listed = ", ".join(
            f"{organization.id} ({replace_control_characters(organization.name)})" for organization in live
        )
        raise InvalidValue("--org", f"choose an organization here or in TENANTRY_ORG: {listed}")
    return live[0]
