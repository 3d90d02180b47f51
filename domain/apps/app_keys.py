"""Keys of SDK apps, `lpa_<app id>_<secret>`: one lies in each copy of an app, and only sends its events."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from asyncpg.pgproto import pgproto

from db.pool import Conn
from db.queries import sdk_app
from domain.apps.relays import EventMaps, Relays, relays_of
from domain.security.keyring import Keyring
from domain.tenancy import key_secrets, project_locks
from domain.tenancy.key_secrets import Kept
from schemas import ids
from schemas.api_keys import Tier
from schemas.apps import AppPlatform
from schemas.errors.absent import absent

_FORM = re.compile(
    rf"lpa_{ids.APP}_([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})"
)


class PresentedAppKey(NamedTuple):
    """The parts of a key that somebody sent."""

    app_id: UUID
    secret: str


class KeyedApp(NamedTuple):
    """An app as its key opens it, with the maps of its enabled destinations.

    Where `archived` or `suspended` is true it sends nothing now.
    """

    organization_id: UUID
    project_id: UUID
    app_id: UUID
    app_no: int
    platform: AppPlatform
    web_domain: str | None
    tier: Tier
    archived: bool
    suspended: bool
    event_maps: EventMaps | None = None

    @property
    def relays(self) -> Relays:
        """Destinations of those of its events that are conversions."""
        return relays_of(self.event_maps)

    def check_active(self) -> None:
        """Raises `Conflict` PROJECT_ARCHIVED."""
        project_locks.check_active("archived" if self.archived else "active")


class _Row(NamedTuple):
    organization_id: UUID
    project_id: UUID
    id: UUID
    app_no: int
    platform: AppPlatform
    web_domain: str | None
    tier: Tier
    archived: bool
    suspended: bool
    event_maps: EventMaps | None
    secret_hash: bytes
    pepper_id: str
    old_secret_hash: bytes | None
    old_pepper_id: str


FIND_KEYS = sdk_app.find_keys.typed(_Row)
FIND_APP = sdk_app.find_app.typed(KeyedApp)


def show(app_id: UUID, secret: str) -> str:
    """The text of a key."""
    return f"lpa_{ids.show(ids.APP, app_id)}_{secret}"


def parse(text: str) -> PresentedAppKey | None:
    """None for what can't be a key, so that it costs no look-up."""
    found = _FORM.fullmatch(text)
    return PresentedAppKey(pgproto.UUID(found[1]), found[2]) if found else None


async def apps_of_keys(conn: Conn, *, keys: Sequence[str], peppers: Keyring) -> list[KeyedApp | None]:
    """The app that each key opens now, all by one statement; None for one that opens nothing.

    Whoever deletes an app, or rotates its key, closes the old key for the next call.
    """
    presented = {key: parse(key) for key in keys}  # an app's requests of one moment have one
    rows = await FIND_KEYS.all(conn, ids=[one.app_id for one in presented.values() if one])
    by_id = {row.id: row for row in rows}
    opened = {key: one and _opened(one, peppers, by_id.get(one.app_id)) for key, one in presented.items()}
    return [opened[key] for key in keys]


async def app_of_project(conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID) -> KeyedApp:
    """An app as its key would open it. Raises `NotFound`."""
    found = await FIND_APP.one(conn, org=organization_id, project_id=project_id, id=app_id)
    if found is None:
        await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
        raise absent("sdk_app")
    return found


def _opened(presented: PresentedAppKey, peppers: Keyring, row: _Row | None) -> KeyedApp | None:
    same = key_secrets.opens(presented.secret, peppers, row and Kept(*row[10:]))
    return KeyedApp(*row[:10]) if row is not None and same else None
