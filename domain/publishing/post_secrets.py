"""Secrets of a post's prepared call, sealed in its row and deleted when it ends."""

from uuid import UUID

from domain.security import vault
from domain.security.keyring import Keyring
from domain.security.vault import SealedSecret


def seal_post_secret(
    keyring: Keyring, secret: bytes | None, *, organization_id: UUID, post_id: UUID
) -> SealedSecret | None:
    return (
        None
        if secret is None
        else vault.seal_secret(keyring, secret, row=post_secret_row_name(organization_id, post_id))
    )


def unseal_post_secret(
    keyring: Keyring, secret: SealedSecret | None, *, organization_id: UUID, post_id: UUID
) -> bytes | None:
    return (
        None
        if secret is None
        else vault.unseal_secret(keyring, secret, row=post_secret_row_name(organization_id, post_id))
    )


def post_secret_row_name(organization_id: UUID, post_id: UUID) -> str:
    """Return the row name that the vault binds a post's sealed secret to: no other row can unseal it."""
    return f"scheduled_post/{organization_id}/{post_id}"
