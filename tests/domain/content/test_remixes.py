"""Remixes of AI content: each revision needs the AI label and keeps it."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, run_in_transaction
from domain.content import content, generated
from domain.media import uploads
from domain.media.files import StoredFile, Thumbnail
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas import ids
from schemas.content import Content, ContentPatch
from schemas.errors import InvalidValue
from tests import seeds
from tests.domain.content import making
from tests.domain.content.reviewing import URL, named
from tests.domain.project import Project


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    await making.tell_brand(conn, project)
    return project


async def upload(pool: Pool, project: Project) -> UUID:
    """Upload a clip of the partner's own."""
    begin = partial(uploads.reserve_uploads, organization_id=project.org, sizes=[9, 3])
    token, small = await run_in_transaction(pool, begin)
    file = StoredFile("video", "video/mp4", 720, 1280, 5000, 9, bytes(32), token, Thumbnail(3, bytes(32), small))
    scope: dict[str, Any] = {"organization_id": project.org, "project_id": project.id, "public_url": URL}
    create = partial(content.create_uploaded_content, **scope, hook=None, caption="Swim", files=[file])
    return seeds.parse_id(ids.CONTENT_ID_PREFIX, (await run_in_transaction(pool, create)).id)


async def declare(conn: Conn, project: Project, content_id: UUID, is_ai: bool) -> Content:
    async with conn.transaction():
        patch = ContentPatch(ai_generated=is_ai)
        return await content.edit_content(conn, **named(project, content_id), patch=patch, versions=None)


async def finished(pool: Pool, conn: Conn) -> None:
    [claim] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
    await generated.read_brief_and_mark_content_processing(conn, claim=claim)
    await making.finish(pool, claim)


async def remix(pool: Pool, conn: Conn, project: Project, source: UUID) -> UUID:
    shown = ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, source)
    started = await making.ask(conn, project, format="ugc_remix", source_content_id=shown)
    await finished(pool, conn)
    return started.content_id


async def test_a_remix_of_an_ai_clip_keeps_its_label(pool: Pool, conn: Conn, project: Project) -> None:
    """The clip decides: a partner corrects a wrong declaration there first."""
    source = await upload(pool, project)
    await declare(conn, project, source, is_ai=True)
    made = await remix(pool, conn, project, source)
    assert (await making.shown(conn, project, made)).ai_generated
    with pytest.raises(InvalidValue):
        await declare(conn, project, made, is_ai=False)
    kept = await making.shown(conn, project, made)
    assert (kept.made_by, kept.ai_generated, kept.revision) == ("clip", True, 1)
    await declare(conn, project, source, is_ai=False)
    assert not (await declare(conn, project, made, is_ai=False)).ai_generated


async def test_next_revision_uses_the_clips_current_label(pool: Pool, conn: Conn, project: Project) -> None:
    source = await upload(pool, project)
    made = await remix(pool, conn, project, source)
    assert not (await making.shown(conn, project, made)).ai_generated
    await declare(conn, project, source, is_ai=True)
    await making.regenerate(conn, project, made)
    await finished(pool, conn)
    again = await making.shown(conn, project, made)
    assert (again.made_by, again.ai_generated, again.revision) == ("clip", True, 2)


async def test_remix_of_an_own_clip_can_change_its_label(pool: Pool, conn: Conn, project: Project) -> None:
    made = await remix(pool, conn, project, await upload(pool, project))
    assert (await declare(conn, project, made, is_ai=True)).ai_generated
    assert not (await declare(conn, project, made, is_ai=False)).ai_generated
