"""Project locks: shared by transactions that start work in a project, exclusive for its changes.

Lock order everywhere: the project, then job rows by id, then the rows of the jobs' subjects.
"""

from collections.abc import Collection
from uuid import UUID

from db.pool import Conn
from db.queries import project as projects
from db.queries.rows import ProjectRowLockedForChange
from schemas.errors import StateConflict, VersionOutdated
from schemas.errors.absent import not_found_error, require_found

#: Versions that a caller's If-Match allows; None allows every version.
IfMatchVersions = Collection[int] | None

LOCK_PROJECT = projects.lock_project.typed(ProjectRowLockedForChange)


async def lock_active_project(conn: Conn, *, organization_id: UUID, project_id: UUID) -> None:
    """Keep a project active until this transaction ends: take a shared lock, before any other, to start work in it.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED.
    """
    status = require_found(await projects.share_project.value(conn, org=organization_id, id=project_id), "project")
    check_project_active(status)


async def lock_project_exclusively(conn: Conn, *, organization_id: UUID, project_id: UUID) -> None:
    """Lock the active project exclusively: no other work starts in it. Raises as `lock_active_project`."""
    locked = await lock_project_version(conn, organization_id=organization_id, project_id=project_id, versions=None)
    check_project_active(locked.status)


def check_project_active(status: str) -> None:
    """Raise `StateConflict` PROJECT_ARCHIVED if the project is archived."""
    if status == "archived":
        raise StateConflict("PROJECT_ARCHIVED", "the project is archived: un-archive it with PATCH first")


async def lock_project_status(conn: Conn, *, organization_id: UUID, project_id: UUID) -> None:
    """Keep a project's status, active or archived, until this transaction ends; ignore an unknown project."""
    await projects.share_project.value(conn, org=organization_id, id=project_id)


async def check_project_exists(conn: Conn, *, organization_id: UUID, project_id: UUID) -> None:
    """Raise `ObjectNotFound` for an unknown project, without a lock."""
    if not await projects.has_project.value(conn, org=organization_id, id=project_id):
        raise not_found_error("project")


async def lock_project_version(
    conn: Conn, *, organization_id: UUID, project_id: UUID, versions: IfMatchVersions
) -> ProjectRowLockedForChange:
    """Lock an active or archived project; return its row. Raises `ObjectNotFound`, `VersionOutdated`."""
    locked = require_found(await LOCK_PROJECT.one(conn, org=organization_id, id=project_id), "project")
    if versions is not None and locked.version not in versions:
        raise VersionOutdated("the project has changed since: read it again and repeat with its new ETag")
    return locked
