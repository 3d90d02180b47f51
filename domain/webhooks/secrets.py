"""Signing secrets of deliveries: `whsec_` and 32 bytes, sealed at rest.

After a rotation the old secret stays for a day, and both sign.
"""

import base64
import os
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import webhook_secret
from domain.security import vault
from domain.security.keyring import Keyring
from domain.security.vault import SealedSecret
from schemas import ids

SIGNING_SECRET_PREFIX, SIGNING_SECRET_BYTES = "whsec_", 32
SIGNING_SECRET_OVERLAP = timedelta(hours=24)


class _SigningSecretRow(NamedTuple):
    id: UUID
    sealed: bytes
    vault_key_id: str


LIST_SIGNING_SECRETS = webhook_secret.list_secrets.typed(_SigningSecretRow)


async def create_signing_secret(conn: Conn, *, organization_id: UUID, endpoint_id: UUID, keyring: Keyring) -> str:
    """Create a new current signing secret of a webhook endpoint; return its text, which is shown once."""
    secret_id, plain = ids.new_uuid7(), os.urandom(SIGNING_SECRET_BYTES)
    row = vault.secret_binding_name("webhook_secret", organization_id, endpoint_id, secret_id)
    sealed = vault.seal_secret(keyring, plain, row=row)
    await webhook_secret.insert_secret.run(
        conn, org=organization_id, endpoint_id=endpoint_id, id=secret_id, sealed=sealed.data, vault_key_id=sealed.key_id
    )
    return SIGNING_SECRET_PREFIX + base64.b64encode(plain).decode()


async def rotate_signing_secret(conn: Conn, *, organization_id: UUID, endpoint_id: UUID, keyring: Keyring) -> str:
    """Create a new current signing secret of a webhook endpoint, and return its text.

    The last secret also signs for `SIGNING_SECRET_OVERLAP`; older ones end.
    """
    await webhook_secret.retire_secrets.run(
        conn, org=organization_id, endpoint_id=endpoint_id, overlap=SIGNING_SECRET_OVERLAP
    )
    return await create_signing_secret(conn, organization_id=organization_id, endpoint_id=endpoint_id, keyring=keyring)


async def unseal_webhook_keys(conn: Conn, *, organization_id: UUID, endpoint_id: UUID, keyring: Keyring) -> list[bytes]:
    """Return the keys that sign a webhook endpoint's deliveries now, current one first; none if it is deleted."""
    rows = await LIST_SIGNING_SECRETS.all(conn, org=organization_id, endpoint_id=endpoint_id)
    return [
        vault.unseal_secret(
            keyring,
            SealedSecret(row.vault_key_id, row.sealed),
            row=vault.secret_binding_name("webhook_secret", organization_id, endpoint_id, row.id),
        )
        for row in rows
    ]
