"""The audit log: an entry for each change that takes a key's power, in the transaction of the change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import audit_log
from schemas import ids
from schemas.api_keys import AuditEntry


class _Row(NamedTuple):
    id: UUID
    action: str
    subject: str
    api_key_id: UUID | None
    details: dict[str, Any]
    created_at: datetime


#: Entries that one run of `prune` deletes at most.
BATCH = 500

LIST_ENTRIES = audit_log.list_entries.typed(_Row)


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
    rows = await LIST_ENTRIES.all(conn, org=organization_id, action=action, before=before, limit=limit)
    return [_shown(row) for row in rows]


async def prune(conn: Conn, *, keep: timedelta) -> int:
    """Delete a batch of the entries that are older than `keep`; how many."""
    before = ids.first_of(datetime.now(UTC) - keep)
    return await audit_log.prune_entries.run(conn, before=before, limit=BATCH)


def _shown(row: _Row) -> AuditEntry:
    return AuditEntry(
        id=ids.show(ids.AUDIT, row.id),
        action=row.action,
        subject=row.subject,
        api_key_id=ids.show(ids.KEY, row.api_key_id) if row.api_key_id else None,
        details=row.details,
        created_at=row.created_at,
    )
