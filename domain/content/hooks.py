"""Hooks: opening lines proposed for a brand's content."""

from uuid import UUID

import msgspec

from db.pool import Conn
from domain.brand import brand
from domain.tenancy import project_locks
from generation.copy import write
from generation.copy.snapshot import snapshot
from generation.copy.speech import language_of
from generation.spec import BrandSnapshot
from schemas.content_hooks import Hook, Hooks
from schemas.errors import BrandTooSparse


async def read(conn: Conn, *, organization_id: UUID, project_id: UUID) -> BrandSnapshot:
    """Return the brand in the form that content is written from. Raises `NotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await brand.read(conn, organization_id=organization_id, project_id=project_id)
    return snapshot(brand.describe(rows, project_id=project_id))


def propose(known: BrandSnapshot) -> Hooks:
    """Propose up to ten hooks; takes tens of milliseconds of CPU for a long brand.

    Raises `BrandTooSparse`.
    """
    try:
        lines = write.propose(known)
    except write.MissingBrandText as lacking:
        raise BrandTooSparse(lacking.fields) from lacking
    return Hooks(
        language=write.tag(known, language_of(known)),
        items=msgspec.convert(lines, list[Hook], from_attributes=True),
    )
