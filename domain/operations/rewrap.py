"""Rewrap: seals every secret with the keyring's first key, so that an older key can be dropped.

Servers may run meanwhile: each row is locked while it is changed, and skipped if it has the first key by
then. Before the rewrap, every server must have a keyring with the same first key.
"""

from collections.abc import Callable

import asyncpg
from cryptography.exceptions import InvalidTag

from db.pool import Conn, Pool, run_in_transaction
from db.queries.sealed import SEALED_TABLES, SealedTable
from domain.security import vault
from domain.security.keyring import Keyring
from schemas.errors import SealedValueInvalid

#: Rows of one transaction: few enough for a short wait on their locks.
REWRAP_BATCH_ROWS = 100

#: Callback with the number of newly finished rows.
ReportRewrappedRows = Callable[[int], None]


async def count_secrets_of_older_keys(conn: Conn, *, keyring: Keyring) -> int:
    """Count the rows of all tables with a secret that isn't sealed with the keyring's first key."""
    counts = [await table.count_stale_secrets_statement.value(conn, writer=keyring.writer) for table in SEALED_TABLES]
    return sum(counts)


async def rewrap_all_secrets(pool: Pool, *, keyring: Keyring, report: ReportRewrappedRows) -> dict[str, int]:
    """Seal the secrets of all tables with the keyring's first key; return the number of rows by table.

    The keyring has all their keys. `report` gets the number of rows after each batch. Raises `SealedValueInvalid`.
    """
    return {table.name: await _rewrap_secret_table(pool, table, keyring, report) for table in SEALED_TABLES}


async def _rewrap_secret_table(pool: Pool, table: SealedTable, keyring: Keyring, report: ReportRewrappedRows) -> int:
    finished = 0

    async def batch(conn: Conn) -> int:
        rows = await table.lock_stale_secrets_statement.all(conn, writer=keyring.writer, limit=REWRAP_BATCH_ROWS)
        for row in rows:
            await _reseal_secret_row(conn, table, row, keyring)
        return len(rows)

    while resealed := await run_in_transaction(pool, batch):
        finished += resealed
        report(resealed)
    return finished


async def _reseal_secret_row(conn: Conn, table: SealedTable, row: asyncpg.Record, keyring: Keyring) -> None:
    key_values = {key: row[key] for key in table.keys}
    bound_to = vault.secret_binding_name(table.name, *(row[key] for key in table.bound_keys or table.keys))
    try:
        plain = vault.unseal_secret(keyring, vault.SealedSecret(row["vault_key_id"], row["sealed"]), row=bound_to)
    except InvalidTag as error:
        raise SealedValueInvalid(f"{bound_to} can't be opened: it was changed, or copied from another row") from error
    sealed = vault.seal_secret(keyring, plain, row=bound_to)
    await table.store_resealed_secret_statement.run(conn, **key_values, sealed=sealed.data, vault_key_id=sealed.key_id)
