"""Lists of content: of a project, or of all projects of an organization, newest first."""

from collections.abc import Sequence
from typing import Any
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


async def list_filtered_content(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID | None,
    statuses: Sequence[ContentStatus] | None,
    approval_statuses: Sequence[ApprovalStatus] | None,
    formats: Sequence[ContentFormat] | None = None,
    creative_types: Sequence[CreativeType] | None = None,
    period: ListPeriod,
    before: UUID | None,
    limit: int,
    public_url: str,
) -> list[Content]:
    """Return at most `limit` items of content older than `before`, newest first, of one project or of all active.

    A filter of None matches all. `formats` and `creative_types` filter one project's content: they have no index over
    all projects. Raises `ObjectNotFound` for an unknown project, `TypeError` for such a filter without a project.
    """
    if project_id is None and (formats or creative_types):
        raise TypeError("formats and creative_types need a project")
    asked: dict[str, Any] = {"org": organization_id, "statuses": statuses, "limit": limit}
    asked |= period.sql_parameters(before)
    if project_id is None:
        query = LIST_CONTENT_OF_ALL_PROJECTS
        leading = multi_value_filter.split_search_by_filter_value(approval_status=approval_statuses, status=statuses)
    else:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
        query = LIST_CONTENT_OF_PROJECT
        asked |= {"project_id": project_id, "formats": formats, "creative_types": creative_types}
        leading = multi_value_filter.split_search_by_filter_value(
            approval_status=approval_statuses, status=statuses, format=formats, creative_type=creative_types
        )
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, query.all, asked, leading)
    return [content_to_schema(row, public_url) for row in rows]
