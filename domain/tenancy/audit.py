"""What was done with the power to do it: a row in the transaction of each such change."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import audit_log
from schemas import ids
from schemas.api_keys import AuditEntry


async def record(
    conn: Conn,
    *,
    organization_id: UUID,
    api_key_id: UUID | None,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """`action` is `<noun>.<participle>`, `subject` an id as on the wire; never a secret in `details`."""
    await audit_log.insert_entry.run(
        conn,
        org=organization_id,
        id=ids.new(),
        api_key_id=api_key_id,
        action=action,
        subject=subject,
        details=dict(details or {}),
    )


async def list_page(
    conn: Conn, *, organization_id: UUID, action: str | None, before: UUID | None, limit: int
) -> list[AuditEntry]:
    """At most `limit` entries older than `before`, newest first."""
    rows = await audit_log.list_entries.all(
        conn, org=organization_id, action=action, before=before, limit=limit
    )
    return [_shown(row) for row in rows]


def _shown(row: asyncpg.Record) -> AuditEntry:
    return AuditEntry(
        id=ids.show(ids.AUDIT, row["id"]),
        action=row["action"],
        subject=row["subject"],
        api_key_id=row["api_key_id"] and ids.show(ids.KEY, row["api_key_id"]),
        details=row["details"],
        created_at=row["created_at"],
    )
