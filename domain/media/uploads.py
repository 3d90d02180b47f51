"""Uploads: files before an asset claims them. Each has a row before its first byte is stored.

So an unclaimed file is found after any crash, and deleted without a scan of the storage.
"""

import asyncio
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import media_upload
from domain.media import storage_quota
from domain.media.store import MediaStore
from schemas.errors import ServiceUnavailable

#: 256 bits.
UPLOAD_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")

#: Files that one run of `prune_stale_uploads` deletes concurrently.
MAX_PRUNED_UPLOADS = 20

#: Seconds that a worker may go on writing a file after it lost its job.
ABANDONED_UPLOAD_GRACE_S = 900.0

#: Timeout of the storage in seconds while rows, and a connection, are held.
UPLOAD_DELETE_TIMEOUT_S = 2.0


class _UploadOrgAndToken(NamedTuple):
    organization_id: UUID
    token: str


LOCK_UNCLAIMED_UPLOADS_BY_TOKEN = media_upload.lock_uploads.typed(_UploadOrgAndToken)
LOCK_STALE_UPLOADS = media_upload.lock_stale_uploads.typed(_UploadOrgAndToken)


async def reserve_upload(conn: Conn, *, organization_id: UUID, at_most: int = 0) -> str:
    """Reserve `at_most` bytes of an organization's storage for a file to store; return the file's new token.

    Raises `BodyOversized` if the organization's storage has no room for them.
    """
    token = secrets.token_urlsafe(32)
    async with conn.transaction():
        await media_upload.start_upload.run(conn, org=organization_id, token=token, size_bytes=at_most)
        await storage_quota.check_tier_storage_quota(conn, organization_id=organization_id)
    return token


async def reserve_uploads(conn: Conn, *, organization_id: UUID, sizes: Sequence[int]) -> list[str]:
    """Reserve the known sizes of files that aren't stored yet; return their new tokens in order.

    Runs in the caller's transaction. Raises `BodyOversized` if the storage has no room for them.
    """
    tokens = [secrets.token_urlsafe(32) for _ in sizes]
    await media_upload.start_uploads.run(conn, org=organization_id, tokens=tokens, sizes_bytes=sizes)
    await storage_quota.check_tier_storage_quota(conn, organization_id=organization_id)
    return tokens


async def set_upload_size(conn: Conn, *, organization_id: UUID, token: str, size_bytes: int) -> None:
    """Replace the reserved size of a stored file by its real size."""
    await media_upload.measure_upload.run(conn, org=organization_id, token=token, size_bytes=size_bytes)


async def claim_uploads(conn: Conn, *, organization_id: UUID, tokens: Sequence[str]) -> None:
    """Claim uploads for assets of this transaction, against pruning. Raises `ServiceUnavailable` if one was pruned."""
    orgs = [organization_id] * len(tokens)
    if await media_upload.end_uploads.run(conn, orgs=orgs, tokens=tokens) != len(tokens):
        raise ServiceUnavailable("the upload took more than a day: repeat the request")


async def delete_unclaimed_uploads_now(
    conn: Conn, store: MediaStore, *, organization_id: UUID, tokens: Sequence[str]
) -> None:
    """Delete those of these uploads that no asset has claimed, with their files. Raises `ServiceUnavailable`."""
    async with conn.transaction():
        rows = await LOCK_UNCLAIMED_UPLOADS_BY_TOKEN.all(conn, org=organization_id, tokens=tokens)
        await _delete_upload_files_and_rows(conn, store, rows)


async def mark_uploads_to_prune(conn: Conn, *, organization_id: UUID, tokens: Sequence[str]) -> None:
    """Mark uploads without an asset for pruning, at a time when no worker can still be writing them."""
    await media_upload.give_up_uploads.run(conn, org=organization_id, tokens=tokens, grace_s=ABANDONED_UPLOAD_GRACE_S)


async def prune_stale_uploads(conn: Conn, store: MediaStore) -> int:
    """Delete a batch of uploads, a day old or marked, and files; return the number. Raises `ServiceUnavailable`."""
    async with conn.transaction():
        rows = await LOCK_STALE_UPLOADS.all(conn, limit=MAX_PRUNED_UPLOADS)
        await _delete_upload_files_and_rows(conn, store, rows)
    return len(rows)


async def _delete_upload_files_and_rows(conn: Conn, store: MediaStore, rows: Sequence[_UploadOrgAndToken]) -> None:
    """Delete files, then their rows: after a crash a row is found again. Raises `ServiceUnavailable`, also if slow."""
    if not rows:
        return
    try:
        async with asyncio.timeout(UPLOAD_DELETE_TIMEOUT_S):
            await asyncio.gather(*(store.delete(row.token) for row in rows))
    except TimeoutError:
        raise ServiceUnavailable("the storage of media takes too long to delete files") from None
    orgs, tokens = [row.organization_id for row in rows], [row.token for row in rows]
    await media_upload.end_uploads.run(conn, orgs=orgs, tokens=tokens)
