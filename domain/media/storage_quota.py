"""Storage quota: the bytes of media that an organization stores, together with its sandbox.

An upload reserves its largest size before its first byte, so concurrent uploads can't exceed the quota.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import storage_use
from schemas.api_keys import Storage
from schemas.errors import BodyOversized
from schemas.organizations import LiveOrganizationTier

GIB = 1 << 30

#: Bytes by the live organization's tier.
STORAGE_QUOTA_BYTES_BY_TIER: Mapping[LiveOrganizationTier, int] = {
    "standard": 5 * GIB,
    "pilot": 50 * GIB,
    "partner": 500 * GIB,
}


class _StorageUseRow(NamedTuple):
    tier: LiveOrganizationTier
    bytes: int


GET_STORAGE_USE = storage_use.get_use.typed(_StorageUseRow)


async def read_org_storage_use(conn: Conn, *, organization_id: UUID) -> Storage:
    row = await GET_STORAGE_USE.row(conn, org=organization_id)
    return Storage(used_bytes=row.bytes, limit_bytes=STORAGE_QUOTA_BYTES_BY_TIER[row.tier])


async def check_tier_storage_quota(conn: Conn, *, organization_id: UUID) -> None:
    """Raise `BodyOversized` if an organization stores more bytes than its tier allows, this transaction's included."""
    use = await read_org_storage_use(conn, organization_id=organization_id)
    if use.used_bytes > use.limit_bytes:
        raise BodyOversized(
            "the organization's storage is full: have projects purged, or ask for a higher tier",
            limit="storage",
            limitBytes=use.limit_bytes,
        )
