"""What was prepared for a post and nobody else may know: sealed in the post's row, gone with its end."""

from uuid import UUID

import asyncpg

from domain.security import vault
from domain.security.keyring import Keyring
from domain.security.vault import Sealed


def seal(keyring: Keyring, secret: bytes | None, *, organization_id: UUID, post_id: UUID) -> Sealed | None:
    return None if secret is None else vault.seal(keyring, secret, row=row_name(organization_id, post_id))


def reveal(keyring: Keyring, post: asyncpg.Record, *, organization_id: UUID, post_id: UUID) -> bytes | None:
    """Of a row with `sealed` and `vault_key_id`."""
    if post["sealed"] is None:
        return None
    sealed = Sealed(post["vault_key_id"], post["sealed"])
    return vault.unseal(keyring, sealed, row=row_name(organization_id, post_id))


def row_name(organization_id: UUID, post_id: UUID) -> str:
    """What binds a secret to its row."""
    return f"scheduled_post/{organization_id}/{post_id}"
