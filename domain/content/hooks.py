"""Hooks: opening lines proposed for a brand's content."""

from uuid import UUID

import msgspec

from db.pool import Conn
from domain.brand import brand
from domain.tenancy import project_locks
from generation.copy import write
from generation.copy.shapes import HookOption
from generation.copy.snapshot import take_brand_snapshot
from generation.copy.speech import detect_brand_language
from generation.spec import BrandSnapshot
from schemas.content_hooks import Hook, Hooks
from schemas.errors import BrandTooSparse


async def read_brand_snapshot(conn: Conn, *, organization_id: UUID, project_id: UUID) -> BrandSnapshot:
    """Return a snapshot of a project's brand, the input of generated texts. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await brand.read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    return take_brand_snapshot(brand.brand_to_schema(rows, project_id=project_id))


def propose_brand_hooks(known: BrandSnapshot) -> Hooks:
    """Return up to ten hooks, opening lines of content, that a brand's texts support.

    Takes tens of milliseconds of CPU for a long brand. Raises `BrandTooSparse` if the texts don't suffice.
    """
    try:
        options = write.propose_brand_hooks(known)
    except write.MissingBrandText as lacking:
        raise BrandTooSparse(lacking.fields) from lacking
    return Hooks(
        language=write.language_tag_of_brand(known, detect_brand_language(known)),
        items=[_hook_to_schema(option) for option in options],
    )


def _hook_to_schema(option: HookOption) -> Hook:
    return msgspec.convert({**msgspec.structs.asdict(option.line), "shape": option.shape}, Hook, from_attributes=True)
