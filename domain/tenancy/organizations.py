"""Organizations: a live one and the sandbox that its test keys belong to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import organization
from domain.tenancy import audit
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.api_keys import Env
from schemas.errors.absent import absent
from schemas.organizations import LiveTier, Organization


class Pair(NamedTuple):
    """Nothing but the tie between the two sets a sandbox apart."""

    live: UUID
    sandbox: UUID


class _Row(NamedTuple):
    id: UUID
    sandbox_id: UUID
    name: str
    tier: LiveTier
    suspended: bool
    created_at: datetime


class KeyOwner(NamedTuple):
    """The organization of an API key, or the sandbox."""

    organization_id: UUID
    env: Env


FIND_OWNER = organization.find_owner.typed(KeyOwner)
FIND_ORGANIZATION = organization.find_organization.typed(_Row)
LOCK_ORGANIZATION = organization.lock_organization.typed(_Row)
LIST_ORGANIZATIONS = organization.list_organizations.typed(_Row)


async def create(conn: Conn, *, name: str, tier: LiveTier, actor: Actor | None = None) -> Pair:
    """Both halves, in one statement. `actor` is an operator with a key."""
    pair = Pair(ids.new(), ids.new())
    await organization.insert_organizations.run(
        conn, live=pair.live, sandbox=pair.sandbox, name=name, tier=tier
    )
    if actor is not None:
        subject = ids.show(ids.ORGANIZATION, pair.live)
        await record(
            conn,
            pair.live,
            action="organization.created",
            subject=subject,
            actor=actor,
            details={"tier": tier},
        )
    return pair


async def find_owner(conn: Conn, *, key_uuid: UUID) -> KeyOwner:
    """For operators on the machine: partners name keys within their own organization. Raises `NotFound`."""
    owner = await FIND_OWNER.one(conn, key_id=key_uuid)
    if owner is None:
        raise absent("api_key")
    return owner


async def find(conn: Conn, *, organization_id: UUID) -> Organization:
    """The live organization of this id or of this sandbox's. Raises `NotFound`."""
    row = await FIND_ORGANIZATION.one(conn, id=organization_id)
    if row is None:
        raise absent("organization")
    return _shown(row)


async def change(
    conn: Conn,
    *,
    organization_id: UUID,
    tier: LiveTier | None,
    suspended: bool | None,
    actor: Actor | None,
) -> Organization:
    """Give it another tier, suspend it or end that, each if it is not None. Raises `NotFound`.

    From the commit on none of its keys and its sandbox's opens anything, and no job of theirs starts in
    a pool but `default`; what runs ends. `actor` is an operator with a key.
    """
    before = await LOCK_ORGANIZATION.one(conn, id=organization_id)
    if before is None:
        raise absent("organization")
    after = before._replace(
        tier=before.tier if tier is None else tier,
        suspended=before.suspended if suspended is None else suspended,
    )
    if after != before:
        await organization.change_organization.run(
            conn, id=before.id, tier=after.tier, suspended=after.suspended
        )
        details = {"tier": after.tier, "suspended": after.suspended}
        subject = ids.show(ids.ORGANIZATION, before.id)
        await record(
            conn, before.id, action="organization.changed", subject=subject, actor=actor, details=details
        )
    return _shown(after)


async def record(
    conn: Conn,
    organization_id: UUID,
    *,
    action: str,
    subject: str,
    actor: Actor | None = None,
    project_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """An operator's change of an organization: on its record without the key, and on the operator's own."""
    whose: dict[UUID, UUID | None] = {organization_id: None}
    if actor is not None:
        whose |= {actor.organization_id: actor.key_uuid}
    for org, key_id in whose.items():
        await audit.record(
            conn,
            organization_id=org,
            api_key_id=key_id,
            action=action,
            subject=subject,
            project_id=project_id if org == organization_id else None,
            details=details,
        )


async def is_sandbox(conn: Conn, *, organization_id: UUID) -> bool:
    return bool(await organization.get_env.value(conn, id=organization_id) == "test")


async def list_page(conn: Conn, *, before: UUID | None, limit: int) -> list[Organization]:
    """At most `limit` live organizations older than `before`, newest first."""
    rows = await LIST_ORGANIZATIONS.all(conn, before=before, limit=limit)
    return [_shown(row) for row in rows]


def _shown(row: _Row) -> Organization:
    return Organization(
        id=ids.show(ids.ORGANIZATION, row.id),
        sandbox_id=ids.show(ids.ORGANIZATION, row.sandbox_id),
        name=row.name,
        tier=row.tier,
        suspended=row.suspended,
        created_at=row.created_at,
    )
