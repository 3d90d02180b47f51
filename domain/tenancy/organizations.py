"""Organizations: a live one and the sandbox that its test keys belong to."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import organization
from schemas import ids
from schemas.errors import NotFound
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
    created_at: datetime


FIND_ORGANIZATION = organization.find_organization.typed(_Row)
LIST_ORGANIZATIONS = organization.list_organizations.typed(_Row)


async def create(conn: Conn, *, name: str, tier: LiveTier) -> Pair:
    """Both halves, in one statement."""
    pair = Pair(ids.new(), ids.new())
    await organization.insert_organizations.run(
        conn, live=pair.live, sandbox=pair.sandbox, name=name, tier=tier
    )
    return pair


async def find(conn: Conn, *, organization_id: UUID) -> Organization:
    """The live organization of this id or of this sandbox's. Raises `NotFound`."""
    row = await FIND_ORGANIZATION.one(conn, id=organization_id)
    if row is None:
        raise NotFound("no such organization: check the id")
    return _shown(row)


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
        created_at=row.created_at,
    )
