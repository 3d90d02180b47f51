"""Audit log: deletion of old entries."""

from datetime import timedelta
from uuid import UUID

import pytest

from db.pool import Conn
from domain.tenancy import audit
from schemas import ids
from tests.domain.project import Project

DAY_MS = 86_400_000


def made(days_ago: float) -> UUID:
    """Return an id with a creation time in the past."""
    now = ids.new_uuid7()
    return UUID(int=now.int - (int(days_ago * DAY_MS) << 80))


async def test_only_expired_entries_are_deleted(conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch a run."""
    monkeypatch.setattr(audit, "MAX_PRUNED_AUDIT_ENTRIES", 2)
    insert = "insert into audit_log (organization_id, id, action, subject) values ($1, $2, 'a.b', 'prj')"
    young = made(29)
    for entry in (young, made(31), made(31), made(100)):
        await conn.execute(insert, project.org, entry)
    assert [await audit.prune_audit_entries(conn, keep=timedelta(days=30)) for _ in range(3)] == [2, 1, 0]
    left = await conn.fetch("select id from audit_log where action = 'a.b'")
    assert [row["id"] for row in left] == [young]
