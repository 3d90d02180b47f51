"""Owners: the account whose tokens open an account. It is another one where that is on lease, else itself."""

from typing import Protocol
from uuid import UUID

from db.pool import Conn
from domain.accounts import accounts, credentials
from domain.accounts.credentials import Tokens
from domain.security.keyring import Keyring
from jobs.ledger import Submitted


class HasOwner(Protocol):
    """A row that names its account's owner; a stub's project is None."""

    @property
    def owner_organization_id(self) -> UUID: ...
    @property
    def owner_project_id(self) -> UUID | None: ...
    @property
    def owner_id(self) -> UUID: ...


async def open(conn: Conn, row: HasOwner, keyring: Keyring) -> Tokens:  # noqa: A001  what it is
    """Raises LookupError for a disconnected account."""
    return await credentials.open(
        conn, organization_id=row.owner_organization_id, account_id=row.owner_id, keyring=keyring
    )


async def refresh(conn: Conn, row: HasOwner) -> Submitted:
    """The job that refreshes the tokens: one at a time, whoever asks."""
    return await credentials.submit_refresh(
        conn,
        organization_id=row.owner_organization_id,
        project_id=row.owner_project_id,
        account_id=row.owner_id,
    )


async def require_reauth(conn: Conn, row: HasOwner, *, reason: str, generation: int) -> None:
    """Only a person can open the account again, unless tokens newer than this generation are there."""
    await accounts.require_reauth(
        conn,
        organization_id=row.owner_organization_id,
        account_id=row.owner_id,
        reason=reason,
        generation=generation,
    )
