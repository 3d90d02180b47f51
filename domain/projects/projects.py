"""Projects: one for each of a partner's customers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET

from db.pool import Conn
from db.queries import project as projects
from db.queries.rows import ProjectRowLockedForChange
from domain.brand import brand
from domain.projects import archive_status
from domain.tenancy import audit, project_locks
from domain.tenancy.idempotency import NO_IDEMPOTENCY_RECORD, IdempotencyRecord
from domain.values import languages, metadata, timezones
from domain.values.answers import build_api_answer_from_row
from domain.values.collect_errors import run_checks_merging_errors
from schemas import ids
from schemas.brand import Brand, BrandSourceRow
from schemas.errors import InvalidValue
from schemas.errors.absent import require_found
from schemas.projects import IngestStates, Project, ProjectCreate, ProjectPatch, ProjectStatus

MAX_PROJECT_NAME_CHARACTERS = 128


class _ProjectRow(NamedTuple):
    organization_id: UUID
    id: UUID
    name: str
    status: ProjectStatus
    customer_external_id: str | None
    timezone: str
    primary_language: str
    requires_approval: bool
    first_n_posts_blocked: int
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int
    brand: list[Any]
    ingests: list[Any]
    blocked: int


GET_PROJECT = projects.get_project.typed(_ProjectRow)
LIST_PROJECTS = projects.list_projects.typed(_ProjectRow)
SEARCH_NEWEST_PROJECTS = projects.search_newest.typed(_ProjectRow)
SEARCH_PROJECTS = projects.search_projects.typed(_ProjectRow)

#: Newest projects that a search scans before it uses the index of names; and most matches that the index
#: search sorts.
MAX_PROJECTS_SCANNED_BY_SEARCH, MAX_PROJECTS_SORTED_BY_SEARCH = 1_000, 2_000


def compose_new_project(body: ProjectCreate, *, organization_id: UUID, now: datetime) -> Project:
    """Return the project of a create request as its first reader will see it; store nothing.

    Raises `InvalidValue` with all faults.
    """
    name, _, _, stored = run_checks_merging_errors(
        partial(trim_project_name, body.name),
        partial(timezones.check_timezone, body.timezone),
        partial(languages.check_language_tag, body.primary_language),
        partial(
            metadata.put_customer_id_in_project_metadata,
            body.metadata,
            customer_external_id=body.customer_external_id or UNSET,
        ),
    )
    return Project(
        id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, ids.new_uuid7()),
        organization_id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, organization_id),
        name=name,
        status="active",
        customer_external_id=stored.get("partner", {}).get("customerExternalId"),
        timezone=body.timezone,
        primary_language=body.primary_language,
        brand_context=None,
        ingest_state=IngestStates(),
        requires_approval=False,
        first_n_posts_blocked=0,
        current_blocked_count=0,
        metadata=stored,
        created_at=now,
        updated_at=now,
        archived_at=None,
    )


class ProjectToInsert(NamedTuple):
    """Composed project to insert, with its request's idempotency record if it has one."""

    organization_id: UUID
    api_key_id: UUID | None
    composed: Project
    record: IdempotencyRecord | None


async def insert_new_projects(conn: Conn, news: Sequence[ProjectToInsert]) -> list[bool | None]:
    """Insert projects of many tenants in one statement; each gets version 1.

    Return for each in turn: True if it is inserted, False if its record's key was used before, None if
    another transaction is using the key. All faults of a single project were refused earlier.
    """
    composed = [new.composed for new in news]
    records = [new.record or NO_IDEMPOTENCY_RECORD for new in news]
    rows = await projects.insert_projects.all(
        conn,
        orgs=[new.organization_id for new in news],
        ids=[ids.parse_prefixed_id(ids.PROJECT_ID_PREFIX, project.id) for project in composed],
        names=[project.name for project in composed],
        timezones=[project.timezone for project in composed],
        primary_languages=[project.primary_language for project in composed],
        metadata=[project.metadata for project in composed],
        times=[project.created_at for project in composed],
        subjects=[project.id for project in composed],
        audit_ids=[ids.new_uuid7() for _ in news],
        api_key_ids=[new.api_key_id for new in news],
        keys=[record.key for record in records],
        fingerprints=[record.fingerprint for record in records],
        statuses=[record.status for record in records],
        locations=[record.location for record in records],
        bodies=[record.body for record in records],
        vault_key_ids=[record.vault_key_id for record in records],
        etags=[record.etag for record in records],
    )
    return [row["wrote"] for row in rows]


async def read_project(conn: Conn, *, organization_id: UUID, project_id: UUID) -> tuple[Project, int]:
    """Return a project and its version, which grows with every PATCH and DELETE. Raises `ObjectNotFound`."""
    row = require_found(await GET_PROJECT.one(conn, org=organization_id, id=project_id), "project")
    return _project_to_schema(row), row.version


async def read_project_brand_for_api(conn: Conn, *, organization_id: UUID, project_id: UUID) -> Brand:
    """Return a project's brand: each field's winner and alternatives, and the pictures. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await brand.read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    return brand.brand_to_schema(rows, project_id=project_id)


async def list_project_page(
    conn: Conn,
    *,
    organization_id: UUID,
    status: ProjectStatus | None,
    customer_external_id: str | None,
    search: str | None,
    before: UUID | None,
    limit: int,
) -> list[Project]:
    """Return at most `limit` projects older than `before`, newest first; `search` is a part of the name.

    A filter of None matches all.
    """
    filters: dict[str, Any] = {
        "org": organization_id,
        "status": status,
        "customer_external_id": customer_external_id,
        "before": before,
        "limit": limit,
    }
    rows = await (_search_org_projects(conn, filters, search) if search else LIST_PROJECTS.all(conn, **filters))
    return [_project_to_schema(row) for row in rows]


async def _search_org_projects(conn: Conn, asked: dict[str, Any], search: str) -> list[_ProjectRow]:
    """Return the newest projects with `search` in their names.

    Scans the newest projects first, which suffices for a frequent name, then searches the index of names.
    """
    filters = {**asked, "search": f"%{_escape_like_pattern(search)}%"}
    rows = await SEARCH_NEWEST_PROJECTS.all(conn, **filters, looked=MAX_PROJECTS_SCANNED_BY_SEARCH)
    return (
        rows
        if len(rows) == asked["limit"]
        else await SEARCH_PROJECTS.all(conn, **filters, most=MAX_PROJECTS_SORTED_BY_SEARCH)
    )


def check_project_patch(body: ProjectPatch) -> ProjectPatch:
    """Return a project's checked patch with a trimmed name. Raises `InvalidValue`; the project's state is unchecked."""
    checks: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
        (body.status, check_patched_project_status),
        (body.name, trim_project_name),
        (body.timezone, timezones.check_timezone),
        (body.primary_language, languages.check_language_tag),
        (
            body.metadata,
            partial(metadata.put_customer_id_in_project_metadata, customer_external_id=body.customer_external_id),
        ),
        (body.brand_context, brand.check_brand_patch),
    )
    run_checks_merging_errors(*(partial(check, value) for value, check in checks if value is not UNSET))
    return body if body.name is UNSET else msgspec.structs.replace(body, name=trim_project_name(body.name))


def check_patched_project_status(status: ProjectStatus) -> None:
    """Raise `InvalidValue` for the status `archived` in a project's patch, which only a DELETE sets."""
    if status == "archived":
        raise InvalidValue("status", "archive a project with DELETE; only active can be set here")


async def apply_project_patch(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    api_key_id: UUID | None,
    body: ProjectPatch,
    versions: project_locks.IfMatchVersions = None,
) -> tuple[Project, int]:
    """Apply a checked patch to a project, which may reactivate it; return the project and its new version.

    Raises `ObjectNotFound`, `VersionOutdated`, `StateConflict` ARCHIVE_RUNNING.
    """
    locked = await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=project_id, versions=versions
    )
    if body.status == "active" and locked.status == "archived":
        await archive_status.reactivate_project(conn, locked)
    if body.brand_context is not UNSET:
        await brand.apply_brand_patch(
            conn, organization_id=organization_id, project_id=project_id, now=locked.now, body=body.brand_context
        )
    if sent := msgspec.to_builtins(body):
        await _update_project_row(conn, locked, body)
        await audit.write_audit_entry(
            conn,
            organization_id=organization_id,
            api_key_id=api_key_id,
            action="project.updated",
            subject=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
            project_id=project_id,
            details={"fields": list(sent)},
        )
    return await read_project(conn, organization_id=organization_id, project_id=project_id)


async def _update_project_row(conn: Conn, locked: ProjectRowLockedForChange, body: ProjectPatch) -> None:
    own = {key: value for key, value in locked.metadata.items() if key != "partner"}
    await projects.update_project.run(
        conn,
        org=locked.organization_id,
        id=locked.id,
        name=locked.name if body.name is UNSET else body.name,
        timezone=locked.timezone if body.timezone is UNSET else body.timezone,
        primary_language=locked.primary_language if body.primary_language is UNSET else body.primary_language,
        metadata=metadata.put_customer_id_in_project_metadata(
            own if body.metadata is UNSET else body.metadata,
            customer_external_id=body.customer_external_id,
            kept=locked.customer_external_id,
        ),
    )


def _project_to_schema(row: _ProjectRow) -> Project:
    return build_api_answer_from_row(
        Project,
        row,
        id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row.id),
        brand_context=brand.merge_brand_sources(msgspec.convert(row.brand, list[BrandSourceRow])),
        ingest_state=_ingest_states_to_schema(row.ingests),
        current_blocked_count=row.blocked,
    )


def _ingest_states_to_schema(rows: Sequence[Mapping[str, Any]]) -> IngestStates:
    states = {row["source"]: {**row, "jobId": ids.format_prefixed_id(ids.JOB_ID_PREFIX, row["job_id"])} for row in rows}
    return msgspec.convert(states, IngestStates)


def trim_project_name(name: str) -> str:
    """Return a project's trimmed name. Raises `InvalidValue` if empty or above `MAX_PROJECT_NAME_CHARACTERS`."""
    bare = name.strip()
    if not 1 <= len(bare) <= MAX_PROJECT_NAME_CHARACTERS:
        raise InvalidValue(
            "name", f"must have 1 to {MAX_PROJECT_NAME_CHARACTERS} characters, without the spaces around it"
        )
    return bare


def _escape_like_pattern(text: str) -> str:
    """Escape the backslashes, `%` and `_` of a text for a LIKE pattern."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
