"""Organizations: a live one and the sandbox of its test keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import organization, organization_move
from domain.tenancy import audit
from domain.tenancy.api_keys import Actor
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.api_keys import ApiKeyEnv
from schemas.errors import StateConflict
from schemas.errors.absent import require_found
from schemas.organizations import LiveOrganizationTier, Organization


class OrganizationPair(NamedTuple):
    """Live organization and its sandbox; only this pairing distinguishes a sandbox."""

    live: UUID
    sandbox: UUID


class _OrganizationRow(NamedTuple):
    id: UUID
    sandbox_id: UUID
    name: str
    tier: LiveOrganizationTier
    suspended: bool
    created_at: datetime


class OrganizationOfApiKey(NamedTuple):
    """Organization or sandbox of an API key."""

    organization_id: UUID
    env: ApiKeyEnv


FIND_ORGANIZATION_OF_API_KEY = organization.find_owner.typed(OrganizationOfApiKey)
FIND_ORGANIZATION = organization.find_organization.typed(_OrganizationRow)
LOCK_ORGANIZATION = organization.lock_organization.typed(_OrganizationRow)
LIST_ORGANIZATIONS = organization.list_organizations.typed(_OrganizationRow)


async def insert_organization_pair(
    conn: Conn, *, name: str, tier: LiveOrganizationTier, actor: Actor | None = None
) -> OrganizationPair:
    """Create a live organization and its sandbox; return their ids. Without an operator as `actor`, audit nothing."""
    pair = OrganizationPair(ids.new_uuid7(), ids.new_uuid7())
    await organization.insert_organizations.run(conn, live=pair.live, sandbox=pair.sandbox, name=name, tier=tier)
    if actor is not None:
        subject = ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, pair.live)
        await audit_operator_change_of_organization(
            conn, pair.live, action="organization.created", subject=subject, actor=actor, details={"tier": tier}
        )
    return pair


async def find_organization_by_key_uuid(conn: Conn, *, key_uuid: UUID) -> OrganizationOfApiKey:
    """Return the organization or sandbox of an API key, for operators on the machine. Raises `ObjectNotFound`."""
    return require_found(await FIND_ORGANIZATION_OF_API_KEY.one(conn, key_id=key_uuid), "api_key")


async def read_organization(conn: Conn, *, organization_id: UUID) -> Organization:
    """Return a live organization by its own id or by its sandbox's. Raises `ObjectNotFound`."""
    row = require_found(await FIND_ORGANIZATION.one(conn, id=organization_id), "organization")
    return _organization_to_schema(row)


async def change_organization_tier_and_suspension(
    conn: Conn, *, organization_id: UUID, tier: LiveOrganizationTier | None, suspended: bool | None, actor: Actor | None
) -> Organization:
    """Change an organization's tier and suspension, each if it is not None; return the organization.

    After the commit of a suspension its keys and its sandbox's are refused. No job of either starts in a pool
    but `default`; running jobs end. `actor` is an operator with a key. Raises `ObjectNotFound`, or `StateConflict` for
    one that has moved to another cell.
    """
    before = require_found(await LOCK_ORGANIZATION.one(conn, id=organization_id), "organization")
    marks = await organization_move.get_moving.one(conn, id=before.id)
    if marks and marks["moved_at"]:
        raise StateConflict("ORGANIZATION_MOVED", "the organization has moved to another cell: change it there")
    after = before._replace(
        tier=before.tier if tier is None else tier, suspended=before.suspended if suspended is None else suspended
    )
    if after != before:
        await organization.change_organization.run(conn, id=before.id, tier=after.tier, suspended=after.suspended)
        details = {"tier": after.tier, "suspended": after.suspended}
        subject = ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, before.id)
        await audit_operator_change_of_organization(
            conn, before.id, action="organization.changed", subject=subject, actor=actor, details=details
        )
    return _organization_to_schema(after)


async def audit_operator_change_of_organization(
    conn: Conn,
    organization_id: UUID,
    *,
    action: str,
    subject: str,
    actor: Actor | None = None,
    project_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Audit an operator's change: in the organization's log without the key and, if `actor`, with it in their own."""
    logs: dict[UUID, UUID | None] = {organization_id: None}
    if actor is not None:
        logs |= {actor.organization_id: actor.key_uuid}
    for org, key_id in logs.items():
        await audit.write_audit_entry(
            conn,
            organization_id=org,
            api_key_id=key_id,
            action=action,
            subject=subject,
            project_id=project_id if org == organization_id else None,
            details=details,
        )


async def is_sandbox_organization(conn: Conn, *, organization_id: UUID) -> bool:
    return bool(await organization.get_env.value(conn, id=organization_id) == "test")


async def list_organization_page(conn: Conn, *, before: UUID | None, limit: int) -> list[Organization]:
    """Return at most `limit` live organizations older than `before`, newest first."""
    rows = await LIST_ORGANIZATIONS.all(conn, before=before, limit=limit)
    return [_organization_to_schema(row) for row in rows]


def _organization_to_schema(row: _OrganizationRow) -> Organization:
    return build_api_answer_from_row(Organization, row, id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, row.id))
