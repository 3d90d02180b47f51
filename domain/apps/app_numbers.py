"""Numbers of a project's apps, which the event store knows them by."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import sdk_app
from domain.tenancy import project_locks
from schemas.apps import AppPlatform
from schemas.errors.absent import absent


class Numbered(NamedTuple):
    """An app as the event store knows it."""

    id: UUID
    app_no: int
    platform: AppPlatform


class Apps(NamedTuple):
    """A project's apps by their numbers, deleted ones included, and the one that is asked for."""

    project_id: UUID
    by_number: Mapping[int, Numbered]
    wanted: int | None

    @property
    def last(self) -> int:
        """The last number. An app that is made later has a higher one, and what is its own is left out."""
        return max(self.by_number, default=0)


NUMBER_APPS = sdk_app.number_apps.typed(Numbered)


async def numbers(conn: Conn, *, project_id: UUID) -> dict[UUID, int]:
    """The number of each app that a project ever had, for operators. Raises `NotFound`."""
    rows = await sdk_app.numbers_of_apps.all(conn, project_id=project_id)
    if not rows:
        raise absent("project")
    return {row["id"]: row["app_no"] for row in rows if row["id"]}


async def number_all(conn: Conn, *, organization_id: UUID, project_id: UUID) -> list[Numbered]:
    """A project's apps, deleted ones included, by their numbers."""
    return await NUMBER_APPS.all(conn, org=organization_id, project_id=project_id)


async def find(conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID | None) -> Apps:
    """Raises `NotFound` for a project or an app that isn't there."""
    await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
    numbered = await number_all(conn, organization_id=organization_id, project_id=project_id)
    return Apps(project_id, {app.app_no: app for app in numbered}, number_of(numbered, app_id))


def number_of(numbered: Sequence[Numbered], app_id: UUID | None) -> int | None:
    """The number of the app that is asked for; None for all. Raises `NotFound`."""
    if app_id is None:
        return None
    for app in numbered:
        if app.id == app_id:
            return app.app_no
    raise absent("sdk_app")
