"""Generated content: an item exists from the request on, and ends with the job that makes it.

Lock order: project, job rows by id, content row.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import content_generation, content_item
from domain.content import briefs
from domain.tenancy import project_locks
from jobs import ledger
from jobs.kinds import CONTENT_GENERATE
from jobs.ledger import Moved, Submitted
from schemas import ids
from schemas.content import ContentRequest


class Started(NamedTuple):
    """A job, and the content that it makes."""

    submitted: Submitted
    content_id: UUID


async def start(conn: Conn, *, organization_id: UUID, project_id: UUID, body: ContentRequest) -> Started:
    """An item, its gate decided, and the job that makes it.

    Raises `NotFound`, `Invalid`, `LacksWords`, `Limited`, `Conflict` PROJECT_ARCHIVED, INFLUENCER_NOT_READY.
    """
    await project_locks.lock_active(conn, organization_id=organization_id, project_id=project_id)
    content_id = ids.new()
    brief = await briefs.draw_up(
        conn, organization_id=organization_id, project_id=project_id, seed=str(content_id), body=body
    )
    submitted = await _submit(conn, organization_id, project_id, content_id, revision=1)
    await content_item.insert_content.run(
        conn,
        org=organization_id,
        project_id=project_id,
        id=content_id,
        format=body.format,
        status="queued",
        creative_type="generated",
        hook=body.hook,
        caption="",
        job_id=submitted.job_id,
        influencer_id=body.influencer_id and ids.read(ids.INFLUENCER, body.influencer_id),
    )
    await content_generation.insert_generation.run(
        conn,
        org=organization_id,
        content_id=content_id,
        revision=1,
        job_id=submitted.job_id,
        brief=brief,
    )
    return Started(submitted, content_id)


async def _submit(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    content_id: UUID,
    *,
    revision: int,
    retry_of: UUID | None = None,
) -> Submitted:
    """At most one job makes a content at any time."""
    args: dict[str, Any] = {"content_id": str(content_id), "revision": revision}
    return await ledger.submit(
        conn,
        kind=CONTENT_GENERATE,
        organization_id=organization_id,
        project_id=project_id,
        args=args,
        unique_key=f"content:{content_id}",
        retry_of=retry_of,
    )


async def ended(conn: Conn, *, rows: Sequence[Moved]) -> None:
    """Give the contents of these jobs, just ended in this transaction, their jobs' end.

    One whose job completed was given its end by the job's last step.
    """
    unmade = [row for row in rows if row.state != "completed"]
    if unmade:
        await content_generation.end_contents.run(
            conn, orgs=[row.organization_id for row in unmade], job_ids=[row.id for row in unmade]
        )
