"""Secrets of a post: what was prepared and nobody else may know, sealed in its row and gone with its end."""

from uuid import UUID

from domain.security import vault
from domain.security.keyring import Keyring
from domain.security.vault import Sealed


def seal(keyring: Keyring, secret: bytes | None, *, organization_id: UUID, post_id: UUID) -> Sealed | None:
    return None if secret is None else vault.seal(keyring, secret, row=row_name(organization_id, post_id))


def reveal(keyring: Keyring, secret: Sealed | None, *, organization_id: UUID, post_id: UUID) -> bytes | None:
    return None if secret is None else vault.unseal(keyring, secret, row=row_name(organization_id, post_id))


def row_name(organization_id: UUID, post_id: UUID) -> str:
    """The name that binds a secret to its row."""
    return f"scheduled_post/{organization_id}/{post_id}"
