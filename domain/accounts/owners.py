"""Owners: the account with the tokens. A leased account uses its owner's, every other account its own."""

from typing import Protocol
from uuid import UUID

from db.pool import Conn
from domain.accounts import accounts, credentials
from domain.accounts.credentials import Tokens
from domain.security.keyring import Keyring
from jobs.ledger import SubmittedJob


class HasOwner(Protocol):
    """Row that names the account with the tokens; `owner_project_id` of a tombstone is None."""

    @property
    def owner_organization_id(self) -> UUID: ...
    @property
    def owner_project_id(self) -> UUID | None: ...
    @property
    def owner_id(self) -> UUID: ...


async def open(conn: Conn, row: HasOwner, keyring: Keyring) -> Tokens:  # noqa: A001  what it is
    """Return the owner's tokens; raises LookupError for a disconnected account."""
    return await credentials.open(
        conn, organization_id=row.owner_organization_id, account_id=row.owner_id, keyring=keyring
    )


async def refresh(conn: Conn, row: HasOwner) -> SubmittedJob:
    """Submit a job that refreshes the owner's tokens; one at a time for all callers."""
    return await credentials.submit_refresh(
        conn,
        organization_id=row.owner_organization_id,
        project_id=row.owner_project_id,
        account_id=row.owner_id,
    )


async def require_reauth(conn: Conn, row: HasOwner, *, reason: str, generation: int) -> None:
    """Require a new authorization by a person, unless tokens newer than `generation` exist."""
    await accounts.require_reauth(
        conn,
        organization_id=row.owner_organization_id,
        account_id=row.owner_id,
        reason=reason,
        generation=generation,
    )
