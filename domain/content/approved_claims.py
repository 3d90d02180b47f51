"""Approved claims of a project: prices, ratings or awards that its content may say, each word for word.

Changes lock the project exclusively. So no post with a claim is scheduled or marked as sending while the claim is
deleted, and no job completes content with it.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import approved_claim
from db.queries.rows import PostAwaitingApprovalOrTime
from domain.publishing import claim_ends, waiting
from domain.publishing.claim_ends import EndedClaim
from domain.tenancy import audit, project_locks
from domain.values import timezones
from domain.values.answers import build_api_answer_from_row
from generation.spec import ApprovedClaim
from schemas import ids
from schemas.claims import Claim, ClaimCreate, ClaimDeleted, ClaimStatus
from schemas.errors import InvalidValue, StateConflict
from schemas.errors.absent import require_found

#: Most claims of a project, expired ones included.
MAX_CLAIMS_PER_PROJECT = 200
#: Longest validity of a claim: five years.
MAX_CLAIM_VALIDITY = timedelta(days=1827)
#: Shortest remaining validity of a claim in new content, in seconds: its job and its post take time.
MIN_USABLE_CLAIM_VALIDITY_S = 3600.0
#: Cancel reason of the posts with a deleted claim.
CLAIM_DELETED_CANCEL_REASON = "claim_deleted"
#: Unicode categories without a place in one displayed line: controls, separators of lines and paragraphs, surrogates,
#: private and unassigned characters.
UNDISPLAYABLE_UNICODE_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Cs", "Co", "Cn"})
#: Word that a drawing would cut: over 60 characters, except in scripts without blanks.
OVERLONG_WORD_PATTERN = re.compile(r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{61}")
#: Characters that change the direction of the text around them.
BIDIRECTIONAL_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _ClaimRow(NamedTuple):
    id: UUID
    project_id: UUID
    text: str
    source: str
    approved_by: str
    valid_until: datetime
    created_at: datetime
    status: ClaimStatus


class _ClaimIdRow(NamedTuple):
    id: UUID


class _UsableClaimRow(NamedTuple):
    id: UUID
    text: str


GET_CLAIM = approved_claim.get_claim.typed(_ClaimRow)
LIST_CLAIMS = approved_claim.list_claims.typed(_ClaimRow)
LIST_USABLE_CLAIMS = approved_claim.list_usable.typed(_UsableClaimRow)
LIST_CLAIM_IDS_OF_FILES = approved_claim.list_of_files.typed(_ClaimIdRow)
FIND_ENDED_CLAIM_OF_REVISION = approved_claim.find_ended_of_revision.typed(EndedClaim)
LIST_WAITING_POSTS_OF_CLAIM = approved_claim.list_waiting_posts.typed(PostAwaitingApprovalOrTime)


async def create_claim(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    api_key_id: UUID | None,
    body: ClaimCreate,
    now: datetime,
    ahead: timedelta,
) -> Claim:
    """Approve a claim for the content of a project, and return it; a sandbox's clock is `ahead` of `now`.

    Raises `ObjectNotFound`, `InvalidValue`, `StateConflict` PROJECT_ARCHIVED or TOO_MANY_CLAIMS.
    """
    lines = {
        "text": _clean_claim_text(body.text),
        "source": _clean_line(body.source, path="source"),
        "approved_by": _clean_line(body.approved_by, path="approvedBy"),
    }
    project = await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=project_id, versions=None
    )
    valid_until = _resolve_claim_end(body.valid_until, zone=project.timezone, now=now + ahead)
    project_locks.check_project_active(project.status)
    scope = {"org": organization_id, "project_id": project_id}
    if await approved_claim.count_claims.value(conn, **scope) >= MAX_CLAIMS_PER_PROJECT:
        raise StateConflict(
            "TOO_MANY_CLAIMS",
            f"the project has {MAX_CLAIMS_PER_PROJECT} claims: delete one first",
            limit=MAX_CLAIMS_PER_PROJECT,
        )
    claim_id = ids.new_uuid7()
    await approved_claim.insert_claim.run(conn, **scope, **lines, id=claim_id, valid_until=valid_until - ahead)
    await _audit_claim(conn, organization_id, project_id, claim_id, api_key_id, action="created", text=lines["text"])
    return _claim_to_schema(await GET_CLAIM.row(conn, **scope, id=claim_id))


async def read_claim(conn: Conn, *, organization_id: UUID, project_id: UUID, claim_id: UUID) -> Claim:
    """Return a claim of the project. Raises `ObjectNotFound`."""
    row = await GET_CLAIM.one(conn, org=organization_id, project_id=project_id, id=claim_id)
    return _claim_to_schema(require_found(row, "claim"))


async def list_project_claims(
    conn: Conn, *, organization_id: UUID, project_id: UUID, status: ClaimStatus | None, before: UUID | None, limit: int
) -> list[Claim]:
    """Return at most `limit` claims older than `before`, newest first; a status of None matches all.

    Raises `ObjectNotFound`.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_CLAIMS.all(
        conn, org=organization_id, project_id=project_id, status=status, before=before, limit=limit
    )
    return [_claim_to_schema(row) for row in rows]


async def delete_claim(
    conn: Conn, *, organization_id: UUID, project_id: UUID, claim_id: UUID, api_key_id: UUID | None
) -> ClaimDeleted:
    """Delete a claim and cancel the waiting posts of all content with it. Posts that are being sent still go out.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED.
    """
    org = organization_id
    await project_locks.lock_project_exclusively(conn, organization_id=org, project_id=project_id)
    text: str = require_found(
        await approved_claim.delete_claim.value(conn, org=org, project_id=project_id, id=claim_id), "claim"
    )
    posts = await LIST_WAITING_POSTS_OF_CLAIM.all(conn, org=org, id=claim_id)
    canceled = await waiting.cancel_waiting_posts(
        conn, organization_id=org, waiting=posts, reason=CLAIM_DELETED_CANCEL_REASON
    )
    await _audit_claim(conn, org, project_id, claim_id, api_key_id, action="deleted", text=text)
    return ClaimDeleted(
        claim_id=ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, claim_id),
        project_id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
        canceled_posts=canceled,
        deleted_at=datetime.now(UTC),
    )


async def list_usable_claims(
    conn: Conn, *, organization_id: UUID, project_id: UUID, content_id: UUID
) -> list[ApprovedClaim]:
    """Return the claims that the next revision of a content may say; they outlast its waiting posts."""
    rows = await LIST_USABLE_CLAIMS.all(
        conn, org=organization_id, project_id=project_id, content_id=content_id, margin_s=MIN_USABLE_CLAIM_VALIDITY_S
    )
    return [ApprovedClaim(id=ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, row.id), text=row.text) for row in rows]


async def list_claims_in_files(conn: Conn, *, organization_id: UUID, tokens: Sequence[str]) -> list[str]:
    """Return the ids of the claims that generated files of the project show.

    The caller locked the active project. Raises `StateConflict` CLAIM_EXPIRED if one was deleted or has ended.
    """
    rows = await LIST_CLAIM_IDS_OF_FILES.all(conn, org=organization_id, tokens=tokens) if tokens else []
    claim_ids = [row.id for row in rows]
    await check_claims_outlast_posts(conn, organization_id=organization_id, content_id=None, claim_ids=claim_ids)
    return [ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, claim_id) for claim_id in claim_ids]


async def check_claims_outlast_posts(
    conn: Conn, *, organization_id: UUID, content_id: UUID | None, claim_ids: Sequence[UUID]
) -> None:
    """Raise `StateConflict` CLAIM_EXPIRED if a claim was deleted, or ends before a waiting post of a content or now.

    The caller locked the project, so no claim is deleted meanwhile.
    """
    scope = {"org": organization_id, "content_id": content_id}
    ended = await FIND_ENDED_CLAIM_OF_REVISION.one(conn, **scope, ids=claim_ids) if claim_ids else None
    if ended is not None:
        raise claim_ends.claim_expired_error(ended)


def _clean_claim_text(text: str) -> str:
    """Return a claim's text without outer blanks. Raises `InvalidValue` if content couldn't show it word for word."""
    line = _clean_line(text, path="text")
    if OVERLONG_WORD_PATTERN.search(line):
        raise InvalidValue("text", "has a word of more than 60 characters, which a picture would cut")
    return line


def _clean_line(text: str, *, path: str) -> str:
    """Return one line of text without outer blanks. Raises `InvalidValue` if it isn't one line with letters."""
    line = text.strip()
    if any(
        unicodedata.category(sign) in UNDISPLAYABLE_UNICODE_CATEGORIES or sign in BIDIRECTIONAL_CONTROLS
        for sign in line
    ):
        raise InvalidValue(path, "must be one line without control characters")
    if not any(sign.isalnum() for sign in line):
        raise InvalidValue(path, "has no letter and no digit")
    return line


def _resolve_claim_end(text: str, *, zone: str, now: datetime) -> datetime:
    """Return the instant of a `validUntil`: a date ends with its day in `zone`. Raises `InvalidValue`."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        raise InvalidValue("validUntil", "is not a valid date") from None
    latest = now + MAX_CLAIM_VALIDITY
    if day is None:
        end = timezones.parse_utc_time(text, path="validUntil")
    elif day > latest.date():
        raise _claim_end_too_late_error()
    else:
        midnight = f"{day + timedelta(days=1)}T00:00"
        end = timezones.resolve_local_time(midnight, zone=zone, path="validUntil").at
    if end <= now:
        raise InvalidValue("validUntil", "is in the past: send a future time")
    if end > latest:
        raise _claim_end_too_late_error()
    return end


def _claim_end_too_late_error() -> InvalidValue:
    return InvalidValue("validUntil", "is more than five years ahead: send an earlier time")


async def _audit_claim(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    claim_id: UUID,
    api_key_id: UUID | None,
    *,
    action: str,
    text: str,
) -> None:
    await audit.write_audit_entry(
        conn,
        organization_id=organization_id,
        api_key_id=api_key_id,
        action=f"claim.{action}",
        subject=ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, claim_id),
        project_id=project_id,
        details={"text": text},
    )


def _claim_to_schema(row: _ClaimRow) -> Claim:
    return build_api_answer_from_row(Claim, row, claim_id=ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, row.id))
