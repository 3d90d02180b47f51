"""Organizations: a live one and the sandbox that its test keys belong to."""

from typing import Literal, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import organization
from schemas import ids


class Pair(NamedTuple):
    """Nothing but the tie between the two sets a sandbox apart."""

    live: UUID
    sandbox: UUID


async def create(conn: Conn, *, name: str, tier: Literal["standard", "pilot", "partner"]) -> Pair:
    """Both halves, in one statement."""
    pair = Pair(ids.new(), ids.new())
    await organization.insert_organizations.run(
        conn, live=pair.live, sandbox=pair.sandbox, name=name, tier=tier
    )
    return pair
