"""Keys of SDK apps, `lpa_<app id>_<secret>`.

Each copy of an app contains its key, which only sends events.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from asyncpg.pgproto import pgproto

from db.pool import Conn
from db.queries import sdk_app
from domain.apps.relays import EventNameMaps, RelaysByEventName, relays_from_event_maps
from domain.security.keyring import Keyring
from domain.tenancy import key_secrets, project_locks
from domain.tenancy.key_secrets import CurrentAndOldHashes
from schemas import ids
from schemas.api_keys import OrganizationTier
from schemas.apps import AppPlatform
from schemas.errors.absent import not_found_error

_APP_KEY_PATTERN = re.compile(
    rf"lpa_{ids.SDK_APP_ID_PREFIX}_([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})"
)


class ParsedAppKey(NamedTuple):
    """Parsed key of a request."""

    app_id: UUID
    secret: str


class SdkAppOfEventRequest(NamedTuple):
    """App of a key, with the maps of its enabled destinations.

    An app can't send events now if it is `archived`, `suspended` or `moving`.
    """

    organization_id: UUID
    project_id: UUID
    app_id: UUID
    app_no: int
    platform: AppPlatform
    web_domain: str | None
    tier: OrganizationTier
    archived: bool
    suspended: bool
    moving: bool
    event_maps: EventNameMaps | None = None

    @property
    def relays_by_event_name(self) -> RelaysByEventName:
        """Return the app's conversion destinations by event name, each with its own name for the event."""
        return relays_from_event_maps(self.event_maps)

    def check_app_project_active(self) -> None:
        """Raise `StateConflict` PROJECT_ARCHIVED if the app's project is archived."""
        project_locks.check_project_active("archived" if self.archived else "active")


class _SdkAppOfEventRequestRow(NamedTuple):
    organization_id: UUID
    project_id: UUID
    id: UUID
    app_no: int
    platform: AppPlatform
    web_domain: str | None
    tier: OrganizationTier
    archived: bool
    suspended: bool
    moving: bool
    event_maps: EventNameMaps | None
    secret_hash: bytes
    pepper_id: str
    old_secret_hash: bytes | None
    old_pepper_id: str


FIND_APPS_BY_KEY_IDS = sdk_app.find_keys.typed(_SdkAppOfEventRequestRow)
FIND_APP_OF_PROJECT = sdk_app.find_app.typed(SdkAppOfEventRequest)


def format_app_key(app_id: UUID, secret: str) -> str:
    """Return the key text of an SDK app, `lpa_<app id>_<secret>`."""
    return f"lpa_{ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, app_id)}_{secret}"


def parse_app_key(text: str) -> ParsedAppKey | None:
    """Return the parts of an SDK app's key; None for a malformed one, which then costs no query."""
    match = _APP_KEY_PATTERN.fullmatch(text)
    return ParsedAppKey(pgproto.UUID(match[1]), match[2]) if match else None


async def authenticate_sdk_app_keys(
    conn: Conn, *, keys: Sequence[str], peppers: Keyring
) -> list[SdkAppOfEventRequest | None]:
    """Return the app of each key, in order, by one statement; None for a key that opens no app.

    A deleted app's key stops working with the next call, a rotated key at the end of its overlap.
    """
    presented = {key: parse_app_key(key) for key in keys}  # drops duplicates
    rows = await FIND_APPS_BY_KEY_IDS.all(conn, ids=[key.app_id for key in presented.values() if key])
    by_id = {row.id: row for row in rows}
    opened = {
        key: parsed and _verify_app_key(parsed, peppers, by_id.get(parsed.app_id)) for key, parsed in presented.items()
    }
    return [opened[key] for key in keys]


async def find_app_of_project(
    conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID
) -> SdkAppOfEventRequest:
    """Return a project's app as a request with the app's key would get it. Raises `ObjectNotFound`."""
    row = await FIND_APP_OF_PROJECT.one(conn, org=organization_id, project_id=project_id, id=app_id)
    if row is None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
        raise not_found_error("sdk_app")
    return row


def _verify_app_key(
    presented: ParsedAppKey, peppers: Keyring, row: _SdkAppOfEventRequestRow | None
) -> SdkAppOfEventRequest | None:
    same = key_secrets.secret_matches(presented.secret, peppers, row and CurrentAndOldHashes(*row[11:]))
    return SdkAppOfEventRequest(*row[:11]) if row is not None and same else None
