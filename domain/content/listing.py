"""Lists of content: of a project, or of all projects of an organization, newest first."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from db.pool import Conn
from db.queries import content_item
from domain.content.content import ContentRow, content_to_schema
from domain.tenancy import project_locks
from domain.values import multi_value_filter
from domain.values.periods import ListPeriod
from schemas.content import ApprovalStatus, Content, ContentFormat, ContentStatus, CreativeType

LIST_CONTENT_OF_PROJECT = content_item.list_content.typed(ContentRow)
LIST_CONTENT_OF_ALL_PROJECTS = content_item.list_content_of_all.typed(ContentRow)


async def list_project_content(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    statuses: Sequence[ContentStatus] | None,
    approval_statuses: Sequence[ApprovalStatus] | None,
    formats: Sequence[ContentFormat] | None,
    creative_types: Sequence[CreativeType] | None,
    period: ListPeriod,
    before: UUID | None,
    limit: int,
    public_url: str,
) -> list[Content]:
    """Return at most `limit` items of a project's content older than `before`, newest first.

    A filter of None matches all. Raises `ObjectNotFound` for an unknown project.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    asked = {
        "org": organization_id,
        "project_id": project_id,
        "statuses": statuses,
        "formats": formats,
        "creative_types": creative_types,
        "since": period.since,
        "until": period.until,
        "from_id": period.lowest_possible_id,
        "before": period.id_upper_bound(before),
        "limit": limit,
    }
    leading = multi_value_filter.split_filter_into_searches(
        approval_status=approval_statuses, status=statuses, format=formats, creative_type=creative_types
    )
    rows = await multi_value_filter.find_newest_rows(
        conn, partial(LIST_CONTENT_OF_PROJECT.all, conn, **asked), leading, limit=limit
    )
    return [content_to_schema(row, public_url) for row in rows]


async def list_organization_content(
    conn: Conn,
    *,
    organization_id: UUID,
    statuses: Sequence[ContentStatus] | None,
    approval_statuses: Sequence[ApprovalStatus] | None,
    period: ListPeriod,
    before: UUID | None,
    limit: int,
    public_url: str,
) -> list[Content]:
    """Return at most `limit` items of content in an organization's active projects older than `before`, newest first.

    A filter of None matches all. Only filters with an index over all projects are offered.
    """
    asked = {
        "org": organization_id,
        "statuses": statuses,
        "since": period.since,
        "until": period.until,
        "from_id": period.lowest_possible_id,
        "before": period.id_upper_bound(before),
        "limit": limit,
    }
    leading = multi_value_filter.split_filter_into_searches(approval_status=approval_statuses, status=statuses)
    rows = await multi_value_filter.find_newest_rows(
        conn, partial(LIST_CONTENT_OF_ALL_PROJECTS.all, conn, **asked), leading, limit=limit
    )
    return [content_to_schema(row, public_url) for row in rows]
