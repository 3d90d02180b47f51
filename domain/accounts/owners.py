"""Owners: the account with the tokens. A leased account uses its owner's, every other account its own."""

from typing import Protocol
from uuid import UUID

from db.pool import Conn
from domain.accounts import accounts, credentials
from domain.accounts.credentials import AccountTokens
from domain.security.keyring import Keyring
from jobs.ledger import SubmittedJob


class HasTokenOwner(Protocol):
    """Row that names the account with the tokens; `owner_project_id` of a tombstone is None."""

    @property
    def owner_organization_id(self) -> UUID: ...
    @property
    def owner_project_id(self) -> UUID | None: ...
    @property
    def owner_id(self) -> UUID: ...


async def read_own_or_owner_tokens(conn: Conn, row: HasTokenOwner, keyring: Keyring) -> AccountTokens:
    """Return the tokens that an account uses: its own, or those of its owner if it is leased.

    Raises LookupError if the account with the tokens is disconnected.
    """
    return await credentials.read_account_tokens(
        conn, organization_id=row.owner_organization_id, account_id=row.owner_id, keyring=keyring
    )


async def submit_owner_token_refresh(conn: Conn, row: HasTokenOwner) -> SubmittedJob:
    """Submit the job that refreshes an account's tokens, or its owner's if it is leased; one at a time."""
    return await credentials.submit_token_refresh(
        conn, organization_id=row.owner_organization_id, project_id=row.owner_project_id, account_id=row.owner_id
    )


async def mark_owner_account_for_reauth(conn: Conn, row: HasTokenOwner, *, reason: str, generation: int) -> None:
    """Mark an account, or its owner if it is leased, as in need of a new authorization by a person.

    Does nothing if tokens newer than `generation` exist.
    """
    await accounts.mark_account_for_reauth(
        conn, organization_id=row.owner_organization_id, account_id=row.owner_id, reason=reason, generation=generation
    )
