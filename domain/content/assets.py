"""Assets: the files of a content, each with an optional thumbnail."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import content_asset
from domain.media import uploads
from domain.media.files import StoredFile, Thumbnail
from schemas import ids
from schemas.content import Asset


async def attach_content_files(
    conn: Conn, *, organization_id: UUID, content_id: UUID, files: Sequence[StoredFile]
) -> None:
    """Attach stored files to a content, in their order. Raises `ServiceUnavailable` if an upload was pruned."""
    by_id = {ids.new_uuid7(): file for file in files}
    small = {asset_id: file.thumbnail for asset_id, file in by_id.items() if file.thumbnail}
    tokens = [*(file.token for file in files), *(thumbnail.token for thumbnail in small.values())]
    await uploads.claim_uploads(conn, organization_id=organization_id, tokens=tokens)
    await content_asset.insert_assets.run(
        conn,
        org=organization_id,
        content_id=content_id,
        ids=list(by_id),
        kinds=[file.kind for file in files],
        mime_types=[file.mime_type for file in files],
        widths=[file.width for file in files],
        heights=[file.height for file in files],
        durations_ms=[file.duration_ms for file in files],
        sizes_bytes=[file.size_bytes for file in files],
        sha256s=[file.sha256 for file in files],
        tokens=[file.token for file in files],
    )
    await _insert_asset_thumbnails(conn, organization_id, small)


async def _insert_asset_thumbnails(conn: Conn, organization_id: UUID, thumbnails: Mapping[UUID, Thumbnail]) -> None:
    """Insert the thumbnails of a content's assets, given by asset id."""
    if thumbnails:
        await content_asset.insert_thumbnails.run(
            conn,
            org=organization_id,
            asset_ids=list(thumbnails),
            sizes_bytes=[thumbnail.size_bytes for thumbnail in thumbnails.values()],
            sha256s=[thumbnail.sha256 for thumbnail in thumbnails.values()],
            tokens=[thumbnail.token for thumbnail in thumbnails.values()],
        )


def asset_to_schema(each: dict[str, Any], public_url: str) -> Asset:
    """Return a content's asset for the API from a statement's `jsonb_build_object`, with its download addresses."""
    own = {
        "assetId": ids.format_prefixed_id(ids.ASSET_ID_PREFIX, UUID(each["id"])),
        "url": f"{public_url}/media/{each['token']}",
        "thumbnailUrl": each["thumbnail"] and f"{public_url}/media/{each['thumbnail']}",
    }
    return msgspec.convert({**each, **own}, Asset)
