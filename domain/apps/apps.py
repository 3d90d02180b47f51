"""SDK apps of projects. Each has a number in the event store that no other app of its project ever gets.

Every change of an app locks its project exclusively, so earlier reads stay valid until the commit.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import UNSET

from db.pool import Conn
from db.queries import sdk_app
from db.queries.rows import ProjectRowLockedForChange
from domain.apps import app_keys, destinations, identifiers
from domain.apps.identifiers import SdkAppIdentifiers
from domain.security.keyring import Keyring
from domain.tenancy import audit, key_secrets, project_locks
from schemas import ids
from schemas.apps import AppPlatform, SdkApp, SdkAppChanged, SdkAppCreate, SdkAppDeleted, SdkAppPatch, SdkAppShown
from schemas.errors import InvalidValue, StateConflict
from schemas.errors.absent import require_found

#: Most apps of a project at a time, and ever: a number is 15 bits in the event store.
MAX_LIVE_APPS_PER_PROJECT, MAX_APP_NUMBERS_PER_PROJECT = 100, 32_767


#: Columns that a patch may change, with their JSON names.
_PATCHABLE_APP_COLUMNS = {
    "name": "name",
    "bundle_id": "bundleId",
    "android_package": "androidPackage",
    "web_domain": "webDomain",
}


class _SdkAppRow(NamedTuple):
    id: UUID
    project_id: UUID
    name: str
    platform: AppPlatform
    bundle_id: str | None
    android_package: str | None
    web_domain: str | None
    last_event_at: datetime | None
    last_rotated_at: datetime | None
    created_at: datetime
    capi: dict[str, dict[str, Any]] | None

    @property
    def identifiers(self) -> SdkAppIdentifiers:
        return SdkAppIdentifiers(self.bundle_id, self.android_package, self.web_domain)


class _ExistingAppCountAndLastAppNumber(NamedTuple):
    live: int
    last_no: int


COUNT_EXISTING_APPS_AND_FIND_LAST_NUMBER = sdk_app.count_apps.typed(_ExistingAppCountAndLastAppNumber)
INSERT_APP = sdk_app.insert_app.typed(_SdkAppRow)
GET_APP = sdk_app.get_app.typed(_SdkAppRow)
LIST_APPS = sdk_app.list_apps.typed(_SdkAppRow)
UPDATE_APP = sdk_app.update_app.typed(_SdkAppRow)
ROTATE_APP_KEY = sdk_app.rotate_key.typed(_SdkAppRow)


class AppChangeAuthor(NamedTuple):
    """Author of a change: a project and the API key; no key for an operator on the machine itself."""

    organization_id: UUID
    project_id: UUID
    api_key_id: UUID | None = None

    @property
    def project_query_parameters(self) -> dict[str, UUID]:
        """Return the project's parameters for statements."""
        return {"org": self.organization_id, "project_id": self.project_id}


def check_new_app(body: SdkAppCreate) -> SdkAppCreate:
    """Return a new app's body, its identifiers normalized. Raises `InvalidValue`, also without one for its platform."""
    body = identifiers.normalize_app_identifiers(body)
    identifiers.check_app_identifiers(body.platform, identifiers.patch_app_identifiers(SdkAppIdentifiers(), body))
    return body


def check_app_patch(body: SdkAppPatch) -> SdkAppPatch:
    """Return a patch, its identifiers normalized, for any platform. Raise `InvalidValue`, also for an overlap alone."""
    if body.overlap_hours is not UNSET and not body.rotate_key:
        raise InvalidValue("overlapHours", "is the time that the old key stays valid: send it with rotateKey")
    return identifiers.normalize_app_identifiers(body)


async def register_sdk_app(
    conn: Conn, *, author: AppChangeAuthor, peppers: Keyring, body: SdkAppCreate, public_url: str
) -> SdkAppShown:
    """Create an SDK app from a checked body; return it with its key, which is shown only here.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED, TOO_MANY_APPS, APP_EXISTS.
    """
    project = await _lock_project_of_app(conn, author)
    project_locks.check_project_active(project.status)
    app_id, new_identifiers = ids.new_uuid7(), identifiers.patch_app_identifiers(SdkAppIdentifiers(), body)
    app_no = await _next_app_number(conn, author)
    await _check_app_identifiers_free(conn, author, app_id, body.platform, new_identifiers)
    secret, hashed = key_secrets.make_key_secret(peppers)
    row = await INSERT_APP.row(
        conn,
        **author.project_query_parameters,
        **new_identifiers._asdict(),
        **hashed._asdict(),
        id=app_id,
        app_no=app_no,
        name=body.name,
        platform=body.platform,
    )
    await _audit_app_action(conn, author, app_id, "created", {"name": row.name, "platform": row.platform})
    return SdkAppShown(**_app_answer_fields(row, public_url), api_key=app_keys.format_app_key(app_id, secret))


async def read_sdk_app_by_id(
    conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID, public_url: str
) -> SdkApp:
    """Return an SDK app of a project. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    row = await _get_app_row(conn, AppChangeAuthor(organization_id, project_id), app_id)
    return SdkApp(**_app_answer_fields(row, public_url))


async def check_app_exists(conn: Conn, *, organization_id: UUID, project_id: UUID, app_id: UUID) -> None:
    """Raise `ObjectNotFound` unless the project has this SDK app; return nothing."""
    await _get_app_row(conn, AppChangeAuthor(organization_id, project_id), app_id)


async def list_apps_of_project(
    conn: Conn, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int, public_url: str
) -> list[SdkApp]:
    """Return at most `limit` of a project's SDK apps older than `before`, newest first. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_APPS.all(conn, org=organization_id, project_id=project_id, before=before, limit=limit)
    return [SdkApp(**_app_answer_fields(row, public_url)) for row in rows]


async def apply_app_patch(
    conn: Conn,
    *,
    author: AppChangeAuthor,
    app_id: UUID,
    peppers: Keyring,
    vault: Keyring,
    body: SdkAppPatch,
    public_url: str,
) -> SdkAppChanged:
    """Apply a checked patch to an app, also in an archived project; return the app, and its key if rotated.

    Raises `ObjectNotFound`, `InvalidValue`, `StateConflict` APP_EXISTS.
    """
    await _lock_project_of_app(conn, author)
    row, key = await _get_app_row(conn, author, app_id), None
    if fields := [on_wire for name, on_wire in _PATCHABLE_APP_COLUMNS.items() if getattr(body, name) is not UNSET]:
        row = await _update_app_row(conn, author, row, body)
    if body.capi is not UNSET:
        fields += await destinations.apply_capi_patch(conn, author.organization_id, app_id, body.capi, vault)
        row = await _get_app_row(conn, author, app_id)
    if fields:
        await _audit_app_action(conn, author, app_id, "updated", {"fields": fields})
    if body.rotate_key:
        overlap = timedelta(hours=body.overlap_hours or 0)
        row, key = await _rotate_app_key(conn, author, app_id, peppers=peppers, overlap=overlap)
    return SdkAppChanged(**_app_answer_fields(row, public_url), api_key=key)


async def delete_project_app(conn: Conn, *, author: AppChangeAuthor, app_id: UUID) -> SdkAppDeleted:
    """Delete an app, its key and conversion destinations; its events and number stay. Raises `ObjectNotFound`."""
    await _lock_project_of_app(conn, author)
    row = await _get_app_row(conn, author, app_id)
    await destinations.delete_capi_destination_rows(conn, organization_id=author.organization_id, app_id=app_id)
    deleted_at = await sdk_app.delete_app.value(conn, org=author.organization_id, id=app_id)
    await _audit_app_action(conn, author, app_id, "deleted", {"name": row.name, "platform": row.platform})
    return SdkAppDeleted(app_id=ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, app_id), deleted_at=deleted_at)


async def store_app_event_time(conn: Conn, *, organization_id: UUID, app_id: UUID) -> None:
    """Store the current time as that of an app's last event; written at most once a minute."""
    await sdk_app.note_event.run(conn, org=organization_id, id=app_id)


async def _lock_project_of_app(conn: Conn, author: AppChangeAuthor) -> ProjectRowLockedForChange:
    return await project_locks.lock_project_version(
        conn, organization_id=author.organization_id, project_id=author.project_id, versions=None
    )


async def _get_app_row(conn: Conn, author: AppChangeAuthor, app_id: UUID) -> _SdkAppRow:
    return require_found(await GET_APP.one(conn, **author.project_query_parameters, id=app_id), "sdk_app")


async def _next_app_number(conn: Conn, author: AppChangeAuthor) -> int:
    counts = await COUNT_EXISTING_APPS_AND_FIND_LAST_NUMBER.row(conn, **author.project_query_parameters)
    if counts.live >= MAX_LIVE_APPS_PER_PROJECT:
        raise StateConflict(
            "TOO_MANY_APPS",
            f"the project has {MAX_LIVE_APPS_PER_PROJECT} SDK apps: delete an unused one",
            limit=MAX_LIVE_APPS_PER_PROJECT,
        )
    if counts.last_no >= MAX_APP_NUMBERS_PER_PROJECT:
        raise StateConflict(
            "TOO_MANY_APPS",
            f"the project has had {MAX_APP_NUMBERS_PER_PROJECT} SDK apps: use another project",
            limit=MAX_APP_NUMBERS_PER_PROJECT,
        )
    return counts.last_no + 1


async def _check_app_identifiers_free(
    conn: Conn, author: AppChangeAuthor, app_id: UUID, platform: AppPlatform, given: SdkAppIdentifiers
) -> None:
    """Raise `StateConflict` APP_EXISTS if another app of the project and platform has one of these identifiers."""
    same_app_id = await sdk_app.find_same_app.value(
        conn, **author.project_query_parameters, **given._asdict(), id=app_id, platform=platform
    )
    if same_app_id is not None:
        raise StateConflict(
            "APP_EXISTS",
            f"the project has an app for {platform} with this identifier: change that one, or delete it",
            appId=ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, same_app_id),
        )


async def _update_app_row(conn: Conn, author: AppChangeAuthor, row: _SdkAppRow, body: SdkAppPatch) -> _SdkAppRow:
    new_identifiers = identifiers.patch_app_identifiers(row.identifiers, body)
    identifiers.check_app_identifiers(row.platform, new_identifiers)
    await _check_app_identifiers_free(conn, author, row.id, row.platform, new_identifiers)
    name = row.name if body.name is UNSET else body.name
    return await UPDATE_APP.row(conn, org=author.organization_id, id=row.id, name=name, **new_identifiers._asdict())


async def _rotate_app_key(
    conn: Conn, author: AppChangeAuthor, app_id: UUID, *, peppers: Keyring, overlap: timedelta
) -> tuple[_SdkAppRow, str]:
    """Replace an app's key; the old key works until `overlap` has passed. Return the app and the new key."""
    secret, hashed = key_secrets.make_key_secret(peppers)
    org = author.organization_id
    row = await ROTATE_APP_KEY.row(conn, org=org, id=app_id, overlap=overlap, **hashed._asdict())
    await _audit_app_action(conn, author, app_id, "key_rotated", {"overlapHours": overlap // timedelta(hours=1)})
    return row, app_keys.format_app_key(app_id, secret)


async def _audit_app_action(
    conn: Conn, author: AppChangeAuthor, app_id: UUID, action: str, details: Mapping[str, Any]
) -> None:
    await audit.write_audit_entry(
        conn,
        **author._asdict(),
        action=f"sdk_app.{action}",
        subject=ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, app_id),
        details=details,
    )


def _app_answer_fields(row: _SdkAppRow, public_url: str) -> dict[str, Any]:
    """Return the fields of an app's answer; `public_url` is the API's address for apps."""
    columns, app_id = row._asdict(), ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, row.id)
    del columns["id"]
    return columns | {
        "project_id": ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row.project_id),
        "app_id": app_id,
        "capi": destinations.conversion_destinations_to_schema(row.capi),
        "ingest_endpoint": f"{public_url}/v1/apps/{app_id}/events",
    }
