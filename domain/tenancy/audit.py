"""Audit log: an entry for each change that needs a key's rights, in the transaction of the change."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import audit_log
from domain.values import multi_value_filter
from domain.values.answers import build_api_answer_from_row
from domain.values.periods import ListPeriod
from schemas import ids
from schemas.api_keys import AuditEntry
from schemas.errors.absent import not_found_error


class _AuditEntryRow(NamedTuple):
    id: UUID
    action: str
    subject: str
    project_id: UUID | None
    api_key_id: UUID | None
    details: dict[str, Any]
    created_at: datetime


#: Entries that one run of `prune_audit_entries` deletes.
MAX_PRUNED_AUDIT_ENTRIES = 500


class _AuditFilterObjectsExistRow(NamedTuple):
    projects: bool
    api_keys: bool


ARE_AUDIT_FILTERS_KNOWN = audit_log.are_known.typed(_AuditFilterObjectsExistRow)
LIST_AUDIT_ENTRIES = audit_log.list_entries.typed(_AuditEntryRow)


async def write_audit_entry(
    conn: Conn,
    *,
    organization_id: UUID,
    api_key_id: UUID | None,
    action: str,
    subject: str,
    project_id: UUID | None = None,
    account_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an audit log entry about `subject`, a public id; `action` is `<noun>.<participle>`.

    `details` never has secrets. `project_id` is the subject's project, or `account_id` an account of that project.
    """
    await audit_log.insert_entry.run(
        conn,
        org=organization_id,
        id=ids.new_uuid7(),
        api_key_id=api_key_id,
        action=action,
        subject=subject,
        project_id=project_id,
        account_id=account_id,
        details=dict(details or {}),
    )


async def list_audit_page(
    conn: Conn,
    *,
    organization_id: UUID,
    actions: Sequence[str] | None,
    project_ids: Sequence[UUID] | None,
    api_key_ids: Sequence[UUID] | None,
    period: ListPeriod,
    before: UUID | None,
    limit: int,
) -> list[AuditEntry]:
    """Return at most `limit` audit log entries older than `before`, newest first; a filter of None matches all.

    Raises `ObjectNotFound` for a project or a key outside the organization.
    """
    if project_ids or api_key_ids:
        await _check_filtered_projects_and_keys_exist(conn, organization_id, project_ids, api_key_ids)
    filters = {
        "org": organization_id,
        "actions": actions,
        "api_key_ids": api_key_ids,
        "limit": limit,
        **period.sql_parameters(before),
    }
    leading = multi_value_filter.split_search_by_filter_value(
        project_id=project_ids, api_key_id=api_key_ids, action=actions
    )
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, LIST_AUDIT_ENTRIES.all, filters, leading)
    return [_audit_entry_to_schema(row) for row in rows]


async def prune_audit_entries(conn: Conn, *, keep: timedelta) -> int:
    """Delete a batch of audit log entries older than `keep`; return their number."""
    before = ids.first_uuid7_at(datetime.now(UTC) - keep)
    return await audit_log.prune_entries.run(conn, before=before, limit=MAX_PRUNED_AUDIT_ENTRIES)


async def _check_filtered_projects_and_keys_exist(
    conn: Conn, organization_id: UUID, project_ids: Sequence[UUID] | None, api_key_ids: Sequence[UUID] | None
) -> None:
    row = await ARE_AUDIT_FILTERS_KNOWN.row(conn, org=organization_id, project_ids=project_ids, api_key_ids=api_key_ids)
    if not (row.projects and row.api_keys):
        raise not_found_error("api_key" if row.projects else "project")


def _audit_entry_to_schema(row: _AuditEntryRow) -> AuditEntry:
    return build_api_answer_from_row(AuditEntry, row, id=ids.format_prefixed_id(ids.AUDIT_ENTRY_ID_PREFIX, row.id))
