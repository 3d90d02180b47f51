"""Webhook endpoints: create, read, change, delete, rotate secrets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import UNSET

from db.pool import Conn
from db.queries import webhook_endpoint
from domain.security.keyring import Keyring
from domain.tenancy import audit, project_locks
from domain.tenancy.project_locks import IfMatchVersions
from domain.values import metadata, ssrf_guard
from domain.webhooks import secrets
from schemas import ids
from schemas.errors import InvalidValue, StateConflict, VersionOutdated
from schemas.errors.absent import require_found
from schemas.webhooks import (
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookEndpointCreate,
    WebhookEndpointDeleted,
    WebhookEndpointPatch,
    WebhookEndpointShown,
    WebhookEndpointStatus,
    WebhookSubscription,
)

#: Endpoints of one organization: each of its events may be a delivery to each of them.
MAX_WEBHOOK_ENDPOINTS = 20

#: Columns that a patch may change.
_WEBHOOK_PATCH_COLUMNS = ("url", "events", "description", "metadata", "status")


class WebhookEndpointRow(NamedTuple):
    """Row of a webhook endpoint, as stored."""

    id: UUID
    project_id: UUID | None
    url: str
    events: list[WebhookSubscription]
    description: str | None
    metadata: dict[str, Any]
    status: WebhookEndpointStatus
    disabled_reason: WebhookDisabledReason | None
    consecutive_failures: int
    failing_since: datetime | None
    secret_overlap_until: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class EndpointChangeAuthor(NamedTuple):
    """Organization and API key of a change."""

    organization_id: UUID
    api_key_id: UUID | None = None


WebhookEndpointBody = TypeVar("WebhookEndpointBody", WebhookEndpointCreate, WebhookEndpointPatch)

GET_WEBHOOK_ENDPOINT = webhook_endpoint.get_endpoint.typed(WebhookEndpointRow)
LIST_WEBHOOK_ENDPOINTS = webhook_endpoint.list_endpoints.typed(WebhookEndpointRow)


def normalize_webhook_endpoint_body(
    body: WebhookEndpointBody, *, allowed: ssrf_guard.AllowedOrigins
) -> WebhookEndpointBody:
    """Return the body of a webhook endpoint's creation or patch with its address in normal form.

    Raises `InvalidValue` for a bad address or metadata. Runs before the transaction: a refused body takes no locks.
    """
    if body.metadata is not UNSET:
        metadata.check_metadata_is_storable(body.metadata)
    if body.url is UNSET:
        return body
    return msgspec.structs.replace(body, url=check_endpoint_url(body.url, allowed=allowed))


def check_endpoint_url(url: str, *, allowed: ssrf_guard.AllowedOrigins) -> str:
    """Return a webhook address's normal form: public https on port 443, or one of `allowed`. Raises `InvalidValue`."""
    checked = ssrf_guard.check_fetch_url(url, allowed=allowed)
    parts = urlsplit(checked)
    port = parts.port or ssrf_guard.DEFAULT_PORT_BY_SCHEME[parts.scheme]
    if (parts.hostname or "", port) in allowed:
        return checked
    if parts.scheme != "https":
        raise InvalidValue("url", "must begin with https: deliveries contain your customers' data")
    if port != ssrf_guard.DEFAULT_PORT_BY_SCHEME["https"]:
        raise InvalidValue("url", "must use port 443, the default of https")
    return checked


async def insert_webhook_endpoint(
    conn: Conn, *, author: EndpointChangeAuthor, project_id: UUID | None, body: WebhookEndpointCreate, keyring: Keyring
) -> tuple[WebhookEndpointShown, int]:
    """Create a webhook endpoint from a checked body; return it with its signing secret, and its version.

    Raises `ObjectNotFound`, `StateConflict` TOO_MANY_ENDPOINTS.
    """
    org = author.organization_id
    if project_id is not None:
        await _lock_project_against_purge(conn, org, project_id)
    await webhook_endpoint.lock_organization.value(conn, org=org)
    if await webhook_endpoint.count_endpoints.value(conn, org=org) >= MAX_WEBHOOK_ENDPOINTS:
        raise StateConflict(
            "TOO_MANY_ENDPOINTS",
            f"there are {MAX_WEBHOOK_ENDPOINTS} webhook endpoints: delete one first",
            limit=MAX_WEBHOOK_ENDPOINTS,
        )
    endpoint_id = ids.new_uuid7()
    await webhook_endpoint.insert_endpoint.run(
        conn,
        org=org,
        project_id=project_id,
        id=endpoint_id,
        url=body.url,
        events=_drop_repeated_event_types(body.events),
        description=body.description,
        metadata=body.metadata,
    )
    secret = await secrets.create_signing_secret(conn, organization_id=org, endpoint_id=endpoint_id, keyring=keyring)
    row = await _read_endpoint_row(conn, org, endpoint_id)
    await audit_endpoint_change(conn, author, row, "created", {"url": _url_without_path(row.url), "events": row.events})
    return WebhookEndpointShown(**_endpoint_schema_fields(row), signing_secret=secret), row.version


async def read_webhook_endpoint(conn: Conn, *, organization_id: UUID, endpoint_id: UUID) -> tuple[WebhookEndpoint, int]:
    """Return a webhook endpoint and its version. Raises `ObjectNotFound`."""
    row = await _read_endpoint_row(conn, organization_id, endpoint_id)
    return WebhookEndpoint(**_endpoint_schema_fields(row)), row.version


async def list_webhook_endpoint_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID | None,
    statuses: Sequence[WebhookEndpointStatus] | None,
    before: UUID | None,
    limit: int,
) -> list[WebhookEndpoint]:
    """Return at most `limit` webhook endpoints of an organization older than `before`, newest first.

    Filters of None match all. Raises `ObjectNotFound` for an unknown project.
    """
    if project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_WEBHOOK_ENDPOINTS.all(
        conn, org=organization_id, project_id=project_id, statuses=statuses, before=before, limit=limit
    )
    return [WebhookEndpoint(**_endpoint_schema_fields(row)) for row in rows]


async def apply_endpoint_patch(
    conn: Conn,
    *,
    author: EndpointChangeAuthor,
    endpoint_id: UUID,
    body: WebhookEndpointPatch,
    versions: IfMatchVersions,
) -> tuple[WebhookEndpoint, int]:
    """Change a webhook endpoint by a body with a checked address; return it and its version.

    A patch without a change makes no version; left-out fields stay. Raises `ObjectNotFound`, `VersionOutdated`.
    """
    org = author.organization_id
    row = await _lock_endpoint_version(conn, org, endpoint_id, versions)
    new = {name: getattr(row, name) for name in _WEBHOOK_PATCH_COLUMNS} | _endpoint_patch_changes(body)
    changed = [name for name in _WEBHOOK_PATCH_COLUMNS if new[name] != getattr(row, name)]
    if changed:
        await webhook_endpoint.update_endpoint.run(conn, org=org, id=endpoint_id, **new)
        await audit_endpoint_change(conn, author, row, "updated", {"fields": changed})
    return await read_webhook_endpoint(conn, organization_id=org, endpoint_id=endpoint_id)


async def soft_delete_endpoint(
    conn: Conn, *, author: EndpointChangeAuthor, endpoint_id: UUID, versions: IfMatchVersions
) -> WebhookEndpointDeleted:
    """Delete a webhook endpoint; return its id and the time.

    No delivery starts after the commit; its job abandons the pending ones. Raises `ObjectNotFound`, `VersionOutdated`.
    """
    org = author.organization_id
    row = await _lock_endpoint_version(conn, org, endpoint_id, versions)
    deleted_at = await webhook_endpoint.delete_endpoint.value(conn, org=org, id=endpoint_id)
    await audit_endpoint_change(conn, author, row, "deleted", {"url": _url_without_path(row.url)})
    return WebhookEndpointDeleted(
        id=ids.format_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, endpoint_id), deleted_at=deleted_at
    )


async def rotate_endpoint_secret(
    conn: Conn, *, author: EndpointChangeAuthor, endpoint_id: UUID, keyring: Keyring
) -> tuple[WebhookEndpointShown, int]:
    """Create a new signing secret of a webhook endpoint; return the endpoint with it, and the version.

    The old secret also signs for a day. Raises `ObjectNotFound`.
    """
    org = author.organization_id
    row = await _lock_endpoint_version(conn, org, endpoint_id, None)
    secret = await secrets.rotate_signing_secret(conn, organization_id=org, endpoint_id=endpoint_id, keyring=keyring)
    await webhook_endpoint.touch_endpoint.run(conn, org=org, id=endpoint_id)
    await audit_endpoint_change(conn, author, row, "secret_rotated", {})
    row = await _read_endpoint_row(conn, org, endpoint_id)
    return WebhookEndpointShown(**_endpoint_schema_fields(row), signing_secret=secret), row.version


async def lock_endpoint_row(conn: Conn, *, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpointRow:
    """Lock a webhook endpoint against changes and return its row. Raises `ObjectNotFound`."""
    return await _lock_endpoint_version(conn, organization_id, endpoint_id, None)


async def _lock_project_against_purge(conn: Conn, organization_id: UUID, project_id: UUID) -> None:
    """Keep a project, archived or not, from a purge until this transaction ends. Raises `ObjectNotFound`."""
    await project_locks.lock_project_status(conn, organization_id=organization_id, project_id=project_id)
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)


async def _read_endpoint_row(conn: Conn, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpointRow:
    return require_found(await GET_WEBHOOK_ENDPOINT.one(conn, org=organization_id, id=endpoint_id), "webhook_endpoint")


async def _lock_endpoint_version(
    conn: Conn, organization_id: UUID, endpoint_id: UUID, versions: IfMatchVersions
) -> WebhookEndpointRow:
    version = require_found(
        await webhook_endpoint.lock_endpoint.value(conn, org=organization_id, id=endpoint_id), "webhook_endpoint"
    )
    if versions is not None and version not in versions:
        raise VersionOutdated("the endpoint has changed since: read it again and repeat with its new ETag")
    return await _read_endpoint_row(conn, organization_id, endpoint_id)


def _endpoint_patch_changes(body: WebhookEndpointPatch) -> dict[str, Any]:
    changes = {name: value for name in _WEBHOOK_PATCH_COLUMNS if (value := getattr(body, name)) is not UNSET}
    if "events" in changes:
        changes["events"] = _drop_repeated_event_types(changes["events"])
    return changes


def _drop_repeated_event_types(events: Sequence[WebhookSubscription]) -> list[WebhookSubscription]:
    return list(dict.fromkeys(events))


async def audit_endpoint_change(
    conn: Conn, author: EndpointChangeAuthor, row: WebhookEndpointRow, action: str, details: Mapping[str, Any]
) -> None:
    """Write an audit log entry about an action on a webhook endpoint."""
    await audit.write_audit_entry(
        conn,
        **author._asdict(),
        project_id=row.project_id,
        action=f"webhook_endpoint.{action}",
        subject=ids.format_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, row.id),
        details=details,
    )


def _url_without_path(url: str) -> str:
    """Return an address without its path and query, which may be secret, for the audit log."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _endpoint_schema_fields(row: WebhookEndpointRow) -> dict[str, Any]:
    columns = row._asdict()
    del columns["version"]
    return columns | {
        "id": ids.format_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, row.id),
        "project_id": row.project_id and ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row.project_id),
        "consecutive_failure_count": columns.pop("consecutive_failures"),
    }
