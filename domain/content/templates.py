"""Templates: looks of a project or of its organization, in versions that never change."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import content_template, webhook_endpoint
from domain.tenancy import audit, project_locks
from domain.values.answers import build_api_answer_from_row
from generation.looks.lint import lint_template
from generation.looks.template import Template as ParsedTemplate
from generation.looks.template import parse_template
from generation.spec import PieceTemplate
from schemas import ids
from schemas.errors import ObjectNotFound, StateConflict, TemplateInvalid
from schemas.errors.absent import require_found
from schemas.templates import (
    Template,
    TemplateCreate,
    TemplateDeleted,
    TemplateHeader,
    TemplateNeeds,
    TemplateWithSource,
)
from telemetry import costs

#: Templates of one project, and of one organization apart from its projects.
MAX_TEMPLATES_PER_OWNER = 50
#: Versions of one template.
MAX_VERSIONS_PER_TEMPLATE = 100
#: Deleted templates of one owner that can still be read.
MAX_DELETED_TEMPLATES_PER_OWNER = 50


class TemplateChangeAuthor(NamedTuple):
    """Organization and API key of a change."""

    organization_id: UUID
    api_key_id: UUID | None = None


class _TemplateRow(NamedTuple):
    id: UUID
    project_id: UUID | None
    name: str
    version: int
    header: dict[str, Any]
    created_at: datetime
    version_created_at: datetime
    deleted_at: datetime | None


class _TemplateRowWithSource(NamedTuple):
    id: UUID
    project_id: UUID | None
    name: str
    version: int
    header: dict[str, Any]
    created_at: datetime
    version_created_at: datetime
    deleted_at: datetime | None
    html: str


class _LatestVersionRow(NamedTuple):
    id: UUID
    version: int
    html: str


class _UsableTemplateRow(NamedTuple):
    id: UUID
    name: str
    version: int
    html: str


class _TemplateOwnerRow(NamedTuple):
    id: UUID
    project_id: UUID | None
    name: str


FIND_TEMPLATE_BY_NAME = content_template.find_by_name.typed(_LatestVersionRow)
GET_TEMPLATE = content_template.get_template.typed(_TemplateRowWithSource)
LIST_TEMPLATES = content_template.list_templates.typed(_TemplateRow)
FIND_USABLE_TEMPLATE = content_template.find_usable.typed(_UsableTemplateRow)
FIND_TEMPLATE_OWNER = content_template.find_owner.typed(_TemplateOwnerRow)


async def store_template(
    conn: Conn, *, author: TemplateChangeAuthor, project_id: UUID | None, body: TemplateCreate
) -> Template:
    """Store a template, or the next version of the owner's template with its name, and return it.

    A file that equals the latest version makes no version. `project_id` None: a template of the organization. Raises
    `TemplateInvalid`, `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED, TOO_MANY_TEMPLATES, TOO_MANY_VERSIONS.
    """
    org = author.organization_id
    if project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=org, project_id=project_id)
    header = await costs.run_in_charged_thread(_check_template, body.html)
    if project_id is None:
        await webhook_endpoint.lock_organization.run(conn, org=org)
    else:
        await project_locks.lock_project_exclusively(conn, organization_id=org, project_id=project_id)
    latest = await FIND_TEMPLATE_BY_NAME.one(conn, org=org, project_id=project_id, name=body.name)
    template_id = latest.id if latest else ids.new_uuid7()
    values = {"org": org, "id": template_id, "html": body.html, "header": header}
    if latest is None:
        await _check_room_for_template(conn, org, project_id)
        await content_template.insert_template.run(conn, **values, project_id=project_id, name=body.name)
    elif latest.html != body.html:
        _check_room_for_version(latest)
        await content_template.insert_version.run(conn, **values)
    stored = await _read_template_row(conn, org, template_id, None)
    if latest is None or latest.html != body.html:
        details = {"name": body.name, "version": stored.version}
        await _audit(conn, author, project_id, template_id, action="stored", details=details)
    return _template_to_schema(stored)


def _check_template(html: str) -> TemplateHeader:
    """Return the header of a template. Raise `TemplateInvalid` with the findings of the lint."""
    if findings := lint_template(html):
        raise TemplateInvalid(findings)
    return _build_header(parse_template(html))


def _build_header(parsed: ParsedTemplate) -> TemplateHeader:
    header = parsed.header
    return TemplateHeader(
        needs=TemplateNeeds(
            photos=header.needs_photos,
            photo_side_px=header.min_photo_side_px,
            screenshots=header.needs_screenshots,
            items=header.min_items,
            quote=header.needs_quote,
        ),
        suits=sorted(header.suits),
        voices=sorted(header.voices),
        barred_voices=sorted(header.barred_voices),
        kinds=[*parsed.sections],
    )


async def _check_room_for_template(conn: Conn, organization_id: UUID, project_id: UUID | None) -> None:
    count = await content_template.count_templates.value(conn, org=organization_id, project_id=project_id)
    if count >= MAX_TEMPLATES_PER_OWNER:
        owner = "organization" if project_id is None else "project"
        raise StateConflict(
            "TOO_MANY_TEMPLATES",
            f"the {owner} has {MAX_TEMPLATES_PER_OWNER} templates: delete an unused one",
            limit=MAX_TEMPLATES_PER_OWNER,
        )


def _check_room_for_version(latest: _LatestVersionRow) -> None:
    if latest.version >= MAX_VERSIONS_PER_TEMPLATE:
        raise StateConflict(
            "TOO_MANY_VERSIONS",
            f"the template has {MAX_VERSIONS_PER_TEMPLATE} versions: delete it, or use another name",
            limit=MAX_VERSIONS_PER_TEMPLATE,
        )


async def read_template(
    conn: Conn, *, organization_id: UUID, template_id: UUID, version: int | None = None
) -> TemplateWithSource:
    """Return a template, deleted or not, in a version or the latest one. Raises `ObjectNotFound`."""
    row = await _read_template_row(conn, organization_id, template_id, version)
    return TemplateWithSource(**msgspec.structs.asdict(_template_to_schema(row)), html=row.html)


async def list_owner_templates(
    conn: Conn, *, organization_id: UUID, project_id: UUID | None, before: UUID | None, limit: int
) -> list[Template]:
    """Return at most `limit` templates of a project, or (None) of the organization, newest first.

    Raises `ObjectNotFound` for an unknown project.
    """
    if project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_TEMPLATES.all(conn, org=organization_id, project_id=project_id, before=before, limit=limit)
    return [_template_to_schema(row) for row in rows]


async def delete_template(conn: Conn, *, author: TemplateChangeAuthor, template_id: UUID) -> TemplateDeleted:
    """Delete a template, so that no new content is made with it; a repeat changes nothing. Raises `ObjectNotFound`.

    The last `MAX_DELETED_TEMPLATES_PER_OWNER` deleted ones of its owner can still be read.
    """
    org = author.organization_id
    owner = require_found(await FIND_TEMPLATE_OWNER.one(conn, org=org, id=template_id), "template")
    if owner.project_id is None:
        await webhook_endpoint.lock_organization.run(conn, org=org)
    else:
        await project_locks.lock_project_status(conn, organization_id=org, project_id=owner.project_id)
    was_deleted = (await _read_template_row(conn, org, template_id, None)).deleted_at is not None
    deleted_at = await content_template.delete_template.value(conn, org=org, id=template_id)
    if not was_deleted:
        await content_template.prune_deleted.run(
            conn, org=org, project_id=owner.project_id, kept=MAX_DELETED_TEMPLATES_PER_OWNER
        )
        await _audit(conn, author, owner.project_id, template_id, action="deleted", details={"name": owner.name})
    return TemplateDeleted(
        template_id=ids.format_prefixed_id(ids.TEMPLATE_ID_PREFIX, template_id), deleted_at=deleted_at
    )


async def find_piece_template(
    conn: Conn, *, organization_id: UUID, project_id: UUID, shown_id: str, deleted: bool = False
) -> PieceTemplate:
    """Return the latest version of a template for a piece of the project; with `deleted` also of a deleted one.

    Raises `ObjectNotFound` for a template of neither the project nor its organization.
    """
    template_id = ids.parse_prefixed_id(ids.TEMPLATE_ID_PREFIX, shown_id)
    row = template_id and await FIND_USABLE_TEMPLATE.one(
        conn, org=organization_id, project_id=project_id, id=template_id, deleted=deleted
    )
    if not row:
        issue = {"path": "template", "message": "is no template of this project or its organization, and no look"}
        raise ObjectNotFound("no such template in this project: check template", issues=[issue])
    return PieceTemplate(
        id=ids.format_prefixed_id(ids.TEMPLATE_ID_PREFIX, row.id), name=row.name, version=row.version, html=row.html
    )


async def _read_template_row(
    conn: Conn, organization_id: UUID, template_id: UUID, version: int | None
) -> _TemplateRowWithSource:
    row = await GET_TEMPLATE.one(conn, org=organization_id, id=template_id, version=version)
    return require_found(row, "template")


def _template_to_schema(row: _TemplateRow | _TemplateRowWithSource) -> Template:
    return build_api_answer_from_row(
        Template,
        row,
        template_id=ids.format_prefixed_id(ids.TEMPLATE_ID_PREFIX, row.id),
        header=msgspec.convert(row.header, TemplateHeader),
    )


async def _audit(
    conn: Conn,
    author: TemplateChangeAuthor,
    project_id: UUID | None,
    template_id: UUID,
    *,
    action: str,
    details: dict[str, Any],
) -> None:
    await audit.write_audit_entry(
        conn,
        **author._asdict(),
        project_id=project_id,
        action=f"template.{action}",
        subject=ids.format_prefixed_id(ids.TEMPLATE_ID_PREFIX, template_id),
        details=details,
    )
