"""Numbers of a project's apps: the event store refers to apps by them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import sdk_app
from domain.tenancy import project_locks
from schemas.apps import AppPlatform
from schemas.errors.absent import not_found_error


class AppWithEventStoreNumber(NamedTuple):
    """App with its number in the event store."""

    id: UUID
    app_no: int
    platform: AppPlatform


class ProjectAppsByEventStoreNumber(NamedTuple):
    """Apps of a project by number, deleted ones included; `wanted` is the number of the requested app."""

    project_id: UUID
    by_number: Mapping[int, AppWithEventStoreNumber]
    wanted: int | None

    @property
    def highest_app_number(self) -> int:
        """Return the highest number of these apps of a project, 0 without an app.

        Queries leave out higher numbers: those apps were created after these were read.
        """
        return max(self.by_number, default=0)


LIST_NUMBERED_APPS = sdk_app.number_apps.typed(AppWithEventStoreNumber)


async def app_numbers_by_id(conn: Conn, *, project_id: UUID) -> dict[UUID, int]:
    """Return the event store's number of each app that a project ever had, by app id. Raises `ObjectNotFound`."""
    rows = await sdk_app.numbers_of_apps.all(conn, project_id=project_id)
    if not rows:
        raise not_found_error("project")
    return {row["id"]: row["app_no"] for row in rows if row["id"]}


async def list_numbered_apps(conn: Conn, *, organization_id: UUID, project_id: UUID) -> list[AppWithEventStoreNumber]:
    """Return a project's apps with their event store numbers, deleted ones too; empty for an unknown project."""
    return await LIST_NUMBERED_APPS.all(conn, org=organization_id, project_id=project_id)


async def map_project_apps_by_number(
    conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID | None
) -> ProjectAppsByEventStoreNumber:
    """Return a project's apps by their numbers, and the number of the app `app_id` if it is not None.

    Raises `ObjectNotFound` for an unknown project or app.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    numbered = await list_numbered_apps(conn, organization_id=organization_id, project_id=project_id)
    return ProjectAppsByEventStoreNumber(
        project_id, {app.app_no: app for app in numbered}, find_event_store_number_of_app(numbered, app_id)
    )


def find_event_store_number_of_app(numbered: Sequence[AppWithEventStoreNumber], app_id: UUID | None) -> int | None:
    """Return the event store's number of the app `app_id` among `numbered`, None for None. Raises `ObjectNotFound`."""
    if app_id is None:
        return None
    for app in numbered:
        if app.id == app_id:
            return app.app_no
    raise not_found_error("sdk_app")
