"""Suggestions: app media that ingests found. A dropped suggestion is never added again, in any size."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import app_media as queries
from domain.media import app_media_roles, uploads
from domain.media.files import StoredFile
from generation.fingerprints import is_same_picture
from jobs.ledger import JobClaim
from schemas import ids
from schemas.app_media import AppMediaKind
from schemas.brand import BrandSource

#: Most suggestions of a project, dropped ones included.
MAX_APP_MEDIA_SUGGESTIONS_PER_PROJECT = 60


class IngestMediaSuggestion(NamedTuple):
    """Picture that an ingest found and stored, with the URL of its source."""

    kind: AppMediaKind
    url: str
    file: StoredFile


class IngestPicturesAndUploadTokens(NamedTuple):
    """Pictures of an ingest, and the tokens of all files that it stored."""

    pictures: Sequence[IngestMediaSuggestion] = ()
    tokens: Sequence[str] = ()


class KnownMediaSuggestion(NamedTuple):
    """Suggestion that a project has or has dropped."""

    source_url: str
    sha256: bytes
    fingerprint: bytes | None


LIST_KNOWN_APP_MEDIA_SUGGESTIONS = queries.list_suggested.typed(KnownMediaSuggestion)


async def list_known_app_media_suggestions(conn: Conn, *, claim: JobClaim) -> list[KnownMediaSuggestion]:
    return await LIST_KNOWN_APP_MEDIA_SUGGESTIONS.all(conn, org=claim.organization_id, project_id=claim.project_id)


async def insert_app_media_suggested_by_ingest(
    conn: Conn, *, claim: JobClaim, source: BrandSource, suggested: IngestPicturesAndUploadTokens
) -> None:
    """Insert an ingest's new pictures as app media suggestions, and leave its other files to be pruned.

    Runs in the transaction that ends the job.
    """
    if not suggested.tokens:
        return
    await queries.lock_list.run(conn, project_id=claim.project_id)
    new = _filter_new_media_suggestions(suggested.pictures, await list_known_app_media_suggestions(conn, claim=claim))
    await queries.insert_suggestions.run(
        conn,
        org=claim.organization_id,
        project_id=claim.project_id,
        source=source,
        job_id=claim.id,
        rank=-time.time_ns() // 1000,
        **_build_insert_columns_of_suggested_media(new),
    )
    tokens = [picture.file.token for picture in new]
    await uploads.claim_uploads(conn, organization_id=claim.organization_id, tokens=tokens)
    await uploads.mark_uploads_to_prune(conn, organization_id=claim.organization_id, tokens=suggested.tokens)


def _filter_new_media_suggestions(
    pictures: Sequence[IngestMediaSuggestion], had: Sequence[KnownMediaSuggestion]
) -> list[IngestMediaSuggestion]:
    """Return pictures that aren't in `had`, each once by bytes, address and appearance, the largest of each first.

    They are within the project's maximum in all. Logos are compared by bytes and address alone.
    """
    urls, hashes = {one.source_url for one in had}, {suggestion.sha256 for suggestion in had}
    known = [one.fingerprint for one in had if one.fingerprint]
    new: list[IngestMediaSuggestion] = []
    for picture in _keep_largest_copies(pictures):
        if (
            picture.url not in urls
            and picture.file.sha256 not in hashes
            and not (picture.kind != "logo" and _looks_like_any(picture.file, known))
            and len(had) + len(new) < MAX_APP_MEDIA_SUGGESTIONS_PER_PROJECT
        ):
            new.append(picture)
            urls.add(picture.url)
            hashes.add(picture.file.sha256)
    return new


def _keep_largest_copies(pictures: Sequence[IngestMediaSuggestion]) -> list[IngestMediaSuggestion]:
    """Return pictures in their order, of copies in several sizes the largest in the place of the first; all logos."""
    kept: list[IngestMediaSuggestion] = []
    for picture in pictures:
        copies = (
            number
            for number, one in enumerate(kept)
            if picture.kind == one.kind != "logo" and _looks_like_any(picture.file, [one.file.fingerprint])
        )
        place = next(copies, None)
        if place is None:
            kept.append(picture)
        elif picture.file.width > kept[place].file.width:
            kept[place] = picture
    return kept


def _looks_like_any(file: StoredFile, fingerprints: Sequence[bytes | None]) -> bool:
    own = file.fingerprint
    return own is not None and any(one is not None and is_same_picture(own, one) for one in fingerprints)


def _build_insert_columns_of_suggested_media(new: Sequence[IngestMediaSuggestion]) -> dict[str, list[Any]]:
    asset_ids: list[UUID] = [ids.new_uuid7() for _ in new]
    return {
        "ids": asset_ids,
        "kinds": [picture.kind for picture in new],
        "source_urls": [picture.url for picture in new],
        "mime_types": [picture.file.mime_type for picture in new],
        "widths": [picture.file.width for picture in new],
        "heights": [picture.file.height for picture in new],
        "sizes_bytes": [picture.file.size_bytes for picture in new],
        "sha256s": [picture.file.sha256 for picture in new],
        "tokens": [picture.file.token for picture in new],
        "roles": [app_media_roles.fit_detected_role_to_kind(picture.kind, picture.file) for picture in new],
        "fingerprints": [picture.file.fingerprint for picture in new],
    }
