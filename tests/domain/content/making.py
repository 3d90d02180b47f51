"""Content generation: partners' requests, and a worker's steps."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from db.pool import Conn, Pool
from domain.brand import brand
from domain.content import content, generated, generating
from domain.content.generating import StartedContentGeneration, StartedContentRequest
from domain.media import uploads
from domain.media.files import StoredFile, Thumbnail
from generation.copy.write import write_piece_copy
from generation.spec import PieceCopy
from jobs.kinds import CONTENT_GENERATE_KIND
from jobs.ledger import JobClaim
from schemas.brand import BrandPatch
from schemas.content import Content, ContentRequest, Regenerate
from tests import seeds
from tests.domain.content.reviewing import URL, named
from tests.domain.project import Project
from tests.domain.publishing.post_scene import context

BRAND = BrandPatch(
    app_name="Tideline",
    tagline="Know the tide before you go",
    app_description="See high and low water for each day. Works without a connection.",
)


async def tell_brand(conn: Conn, project: Project, body: BrandPatch = BRAND) -> None:
    now = await conn.fetchval("select now()")
    await brand.apply_brand_patch(conn, organization_id=project.org, project_id=project.id, now=now, body=body)


async def ask(conn: Conn, project: Project, **fields: Any) -> StartedContentGeneration:
    [item] = (await ask_for_variants(conn, project, **fields)).items
    return item


async def ask_for_variants(conn: Conn, project: Project, **fields: Any) -> StartedContentRequest:
    body = ContentRequest(**{"format": "image"} | fields)
    async with conn.transaction():
        return await generating.start_content_generation(
            conn, organization_id=project.org, project_id=project.id, body=body, now=datetime.now(UTC)
        )


async def regenerate(
    conn: Conn, project: Project, content_id: UUID, versions: Any = None, **fields: Any
) -> StartedContentGeneration:
    async with conn.transaction():
        return await generating.start_generating_next_content_revision(
            conn,
            organization_id=project.org,
            content_id=content_id,
            body=Regenerate(**fields),
            versions=versions,
            now=datetime.now(UTC),
        )


async def begun(conn: Conn, project: Project, content_id: UUID | None = None) -> JobClaim:
    """Return a begun job of a new item, or of the next revision of one."""
    await (ask(conn, project) if content_id is None else regenerate(conn, project, content_id))
    [claim] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
    await generated.read_brief_and_mark_content_processing(conn, claim=claim)
    return claim


async def finish(
    pool: Pool, claim: JobClaim, text: str = "", *, look: str | None = None, pictures: Sequence[int] | None = None
) -> None:
    """Run the last two steps of a job with stored files; `text` is added to the caption."""
    done = context(pool, claim)
    tokens = await done.step(partial(uploads.reserve_uploads, organization_id=claim.organization_id, sizes=[9, 3]))
    brief = await done.step(partial(generated.read_brief_and_mark_content_processing, claim=claim))
    made = generated.MadePiece(written(write_piece_copy(brief.spec), text), look, pictures)
    body = partial(
        generated.finish_content_generation, claim=claim, brief=brief,
        made=made,
        files=[file(*tokens)], public_url=URL,
    )  # fmt: skip
    await done.commit(body, alone=True)


def written(copy: PieceCopy, text: str) -> PieceCopy:
    return msgspec.structs.replace(copy, caption=copy.caption + text)


def file(token: str, small: str) -> StoredFile:
    thumbnail = Thumbnail(3, bytes(32), small)
    return StoredFile("image", "image/jpeg", 1080, 1350, None, 9, token.encode()[:32], token, thumbnail)


async def made(pool: Pool, conn: Conn, project: Project) -> UUID:
    """Create an item with files."""
    claim = await begun(conn, project)
    await finish(pool, claim)
    return UUID(claim.args["content_id"])


async def shown(conn: Conn, project: Project, content_id: UUID) -> Content:
    return await content.read_content(conn, **named(project, content_id))
