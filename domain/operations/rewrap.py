"""Rewrap: seals every secret with the keyring's first key, so that an older key can be dropped.

Servers may run meanwhile: each row is locked while it is changed, and skipped if it has the first key by
then. Before the rewrap, every server must have a keyring with the same first key.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import asyncpg
from cryptography.exceptions import InvalidTag

from db.pool import Conn, Pool, run_in_transaction
from db.queries import (
    Query,
    account_credential,
    conversion_destination,
    idempotency_key,
    job_secret,
    oauth_state,
    platform_app,
    scheduled_post,
    webhook_secret,
)
from domain.accounts import client_registrations, credentials
from domain.accounts.client_registrations import PlatformServer
from domain.apps import destinations
from domain.oauth import oauth_states
from domain.publishing import post_secrets
from domain.security import job_secrets, vault
from domain.security.keyring import Keyring
from domain.tenancy import idempotency
from domain.webhooks import secrets
from schemas.errors import SealedValueInvalid

#: Rows of one transaction: few enough for a short wait on their locks.
REWRAP_BATCH_ROWS = 100

#: Callback with the number of newly finished rows.
ReportRewrappedRows = Callable[[int], None]


class SecretTable(NamedTuple):
    """Table with secrets: `keys` are its primary key, and `name` gives the row name of a secret."""

    left: Query
    lock: Query
    reseal: Query
    keys: tuple[str, ...]
    name: Callable[..., str]


SECRET_TABLES: Mapping[str, SecretTable] = {
    "account_credential": SecretTable(
        account_credential.count_of_other_keys,
        account_credential.lock_of_other_keys,
        account_credential.reseal,
        ("organization_id", "account_id"),
        credentials.vault_row_name_of_tokens,
    ),
    "conversion_destination": SecretTable(
        conversion_destination.count_of_other_keys,
        conversion_destination.lock_of_other_keys,
        conversion_destination.reseal,
        ("organization_id", "app_id", "destination"),
        destinations.vault_row_name_of_destination,
    ),
    "idempotency_key": SecretTable(
        idempotency_key.count_of_other_keys,
        idempotency_key.lock_of_other_keys,
        idempotency_key.reseal,
        ("organization_id", "api_key_id", "key"),
        idempotency.idempotency_row_name,
    ),
    "job_secret": SecretTable(
        job_secret.count_of_other_keys,
        job_secret.lock_of_other_keys,
        job_secret.reseal,
        ("organization_id", "job_id"),
        job_secrets.job_secret_row_name,
    ),
    "oauth_state": SecretTable(
        oauth_state.count_of_other_keys,
        oauth_state.lock_of_other_keys,
        oauth_state.reseal,
        ("organization_id", "state_hash"),
        lambda _, state_hash: oauth_states.oauth_state_row_name(state_hash),
    ),
    "platform_app": SecretTable(
        platform_app.count_of_other_keys,
        platform_app.lock_of_other_keys,
        platform_app.reseal,
        ("platform", "service_url", "redirect_uri"),
        lambda *server: client_registrations.vault_row_name_of_client(PlatformServer(*server)),
    ),
    "scheduled_post": SecretTable(
        scheduled_post.count_of_other_keys,
        scheduled_post.lock_of_other_keys,
        scheduled_post.reseal,
        ("organization_id", "id"),
        post_secrets.post_secret_row_name,
    ),
    "webhook_secret": SecretTable(
        webhook_secret.count_of_other_keys,
        webhook_secret.lock_of_other_keys,
        webhook_secret.reseal,
        ("organization_id", "endpoint_id", "id"),
        secrets.signing_secret_row_name,
    ),
}


async def count_secrets_of_older_keys(conn: Conn, *, keyring: Keyring) -> int:
    """Count the rows of all tables with a secret that isn't sealed with the keyring's first key."""
    counts = [await table.left.value(conn, writer=keyring.writer) for table in SECRET_TABLES.values()]
    return sum(counts)


async def rewrap_all_secrets(pool: Pool, *, keyring: Keyring, report: ReportRewrappedRows) -> dict[str, int]:
    """Seal the secrets of all tables with the keyring's first key; return the number of rows by table.

    The keyring has all keys of these secrets. Raises `SealedValueInvalid`.
    """
    return {name: await _rewrap_secret_table(pool, name, keyring, report) for name in SECRET_TABLES}


async def _rewrap_secret_table(pool: Pool, name: str, keyring: Keyring, report: ReportRewrappedRows) -> int:
    finished = 0

    async def batch(conn: Conn) -> int:
        rows = await SECRET_TABLES[name].lock.all(conn, writer=keyring.writer, limit=REWRAP_BATCH_ROWS)
        for row in rows:
            await _reseal_secret_row(conn, SECRET_TABLES[name], row, keyring)
        return len(rows)

    while resealed := await run_in_transaction(pool, batch):
        finished += resealed
        report(resealed)
    return finished


async def _reseal_secret_row(conn: Conn, table: SecretTable, row: asyncpg.Record, keyring: Keyring) -> None:
    key_values = {key: row[key] for key in table.keys}
    bound_to = table.name(*key_values.values())
    try:
        plain = vault.unseal_secret(keyring, vault.SealedSecret(row["vault_key_id"], row["sealed"]), row=bound_to)
    except InvalidTag as error:
        raise SealedValueInvalid(f"{bound_to} can't be opened: it was changed, or copied from another row") from error
    post_secrets = vault.seal_secret(keyring, plain, row=bound_to)
    await table.reseal.run(conn, **key_values, sealed=post_secrets.data, vault_key_id=post_secrets.key_id)
