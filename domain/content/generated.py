"""Steps of the job that generates content: the first reads its brief, the last attaches the files."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import content_asset, content_generation
from domain.content import approved_claims, assets, content, plans
from domain.content.app_files import ContentPieceInputFileTokens
from domain.content.briefs import GenerationBrief
from domain.content.content import LockedContent
from domain.media.files import StoredFile
from domain.publishing import targets, waiting
from generation.outputs import RenderedFile
from generation.spec import CopyLine, PieceCopy, PieceSpec
from jobs.ledger import JobClaim
from schemas import ids
from schemas.content import ApprovalStatus, ContentMadeBy, LineProvenance


class MadePiece(NamedTuple):
    """Piece as the renderer reports it; `pictures` are places among the input pictures, None if not known."""

    copy: PieceCopy
    look: str | None = None
    pictures: Sequence[int] | None = None


async def read_brief_and_mark_content_processing(conn: Conn, *, claim: JobClaim) -> GenerationBrief:
    """Return the brief of a generation job, and mark its content as `processing` if it was `queued`."""
    scope, revision = _org_and_content_id_of_claim(claim), claim.args["revision"]
    brief = await content_generation.begin_generation.value(conn, **scope, revision=revision)
    return msgspec.convert(brief, GenerationBrief)


async def count_missing_brief_files(conn: Conn, *, claim: JobClaim, files: ContentPieceInputFileTokens) -> int:
    """Return the number of a brief's files that were deleted since it was built."""
    lost: int = await content_generation.count_lost.value(conn, org=claim.organization_id, tokens=files.list_tokens())
    return lost


async def finish_content_generation(
    conn: Conn,
    *,
    claim: JobClaim,
    brief: GenerationBrief,
    made: MadePiece,
    files: Sequence[StoredFile],
    public_url: str,
) -> dict[str, Any]:
    """Attach files and texts to generated content in the transaction that ends its job; return the job's result.

    For content with files this is an edit: if approved, model-written or with a claim it becomes pending, and its
    posts are blocked. The caller's transaction locked the active project exclusively. Raises `InvalidValue`,
    `ContentRejected`, `StateConflict` CLAIM_EXPIRED.
    """
    scope, copy = _org_and_content_id_of_claim(claim), made.copy
    org, content_id = scope["org"], scope["content_id"]
    at = {"organization_id": org, "content_id": content_id}
    await waiting.lock_post_jobs_of_content(conn, **at)
    locked = await content.lock_content(conn, **at)
    content.check_content_if_match(locked, None)
    claim_ids = _parse_claim_ids(brief.spec, copy)
    await approved_claims.check_claims_outlast_posts(conn, **at, claim_ids=claim_ids)
    await content_asset.replace_assets.run(conn, **scope)
    await assets.attach_content_files(conn, **at, files=files)
    revision, gate = claim.args["revision"], _approval_status_after_generation(locked, copy)
    columns = plans.build_revision_columns(made.look, copy, find_first_picture(brief, made))
    await content_generation.finish_generation.run(
        conn, **scope, revision=revision, provenance=list_copy_line_provenance(copy), **columns
    )
    maker = classify_maker_of_generated_piece(brief.spec, copy)
    await content_generation.complete_content.run(
        conn,
        **scope,
        hook=copy.hook.text,
        caption=copy.caption,
        revision=revision,
        approval_status=gate,
        made_by=maker,
        # Every other generated piece needs the AI label regardless of its clip.
        ai_declared=locked.ai_declared or (maker == "clip" and await content.has_ai_labeled_clip(conn, **at)),
        approved_claim_ids=claim_ids,
    )
    if locked.status == "completed":
        await _apply_revision_to_posts(conn, locked, copy.caption, blocks=gate != locked.approval_status)
    answer = await content.read_content(conn, **at, public_url=public_url)
    assets_shown = msgspec.to_builtins(answer.assets)
    return {"contentId": answer.id, "assets": assets_shown, "warnings": copy.warnings}


def describe_made_piece(copy: PieceCopy, outputs: Sequence[RenderedFile]) -> MadePiece:
    """Return a piece with the look and the pictures of its files, in their order."""
    pictures = [place for file in outputs for place in file.pictures or ()]
    is_known = any(file.pictures is not None for file in outputs)
    return MadePiece(copy, next((file.look for file in outputs), None), pictures if is_known else None)


def find_first_picture(brief: GenerationBrief, made: MadePiece) -> UUID | None:
    """Return the asset id of the first picture in a made piece; the planned one if the renderer reports none."""
    if made.pictures is None:
        return plans.find_picture_id(brief, brief.spec.first_picture)
    return plans.find_picture_id(brief, made.pictures[0]) if made.pictures else None


def classify_maker_of_generated_piece(spec: PieceSpec, copy: PieceCopy) -> ContentMadeBy:
    """Return the maker of a generated piece: `model`, `presenter`, `voice`, `clip` or `renderer`.

    Of several makers it is the first in this order, which matters most for the AI label.
    """
    if _has_model_written_line(copy):
        return "model"
    if copy.presenter is not None:
        return "presenter"
    if spec.speech != "none":
        return "voice"
    return "clip" if spec.format == "ugc_remix" else "renderer"


def _has_model_written_line(copy: PieceCopy) -> bool:
    return any(line.rule == "model" for line in _list_copy_lines(copy))


def _approval_status_after_generation(locked: LockedContent, copy: PieceCopy) -> ApprovalStatus:
    """Return a content's approval status after its generation job: mostly unchanged, as decided at creation.

    It is `pending` if the content was approved before, if a model wrote a line of it, or if a line has a claim.
    """
    needs_approval = _has_model_written_line(copy) or copy.flagged or locked.approval_status == "approved"
    return "pending" if needs_approval else locked.approval_status


async def _apply_revision_to_posts(conn: Conn, locked: LockedContent, caption: str, *, blocks: bool) -> None:
    """Apply a content's new revision to its waiting posts; with `blocks`, block them until an approval.

    Raises `InvalidValue` if a post couldn't be sent with the revision.
    """
    at = {"organization_id": locked.organization_id, "content_id": locked.id}
    await targets.check_new_caption_fits_posts(conn, **at, caption=caption)
    await targets.check_content_files_fit_waiting_posts(conn, **at)
    if blocks:
        await waiting.block_posts_of_content(conn, **at)
    await targets.update_fingerprints_of_content_posts(conn, **at)


def list_copy_line_provenance(copy: PieceCopy) -> list[LineProvenance]:
    """Return each pair of a piece's text and its source once; a text without evidence has an entry without source."""
    return list(dict.fromkeys(source for line in _list_copy_lines(copy) for source in _yield_line_provenance(line)))


def _list_copy_lines(copy: PieceCopy) -> list[CopyLine]:
    single = (copy.hook, copy.tagline, copy.recap, copy.call_to_action, copy.ending, copy.presenter)
    optional = (copy.chip, copy.place, copy.quote)
    several = (*copy.points, *copy.items, *copy.places, *copy.hashtags)
    return [line for line in (*single, *optional, *several) if line is not None]


def _parse_claim_ids(spec: PieceSpec, copy: PieceCopy) -> list[UUID]:
    """Return the ids of the approved claims that a piece's lines say or its input files show."""
    said = (line.claim_id for line in _list_copy_lines(copy) if line.claim_id)
    parsed = (ids.parse_prefixed_id(ids.CLAIM_ID_PREFIX, one) for one in (*spec.pictured_claim_ids, *said))
    return sorted({one for one in parsed if one})


def _yield_line_provenance(line: CopyLine) -> Iterator[LineProvenance]:
    for evidence in line.evidence:
        yield LineProvenance(
            line=line.text, field=evidence.field, quote=evidence.quote, rule=line.rule, claim_id=line.claim_id
        )
    if not line.evidence:
        yield LineProvenance(line=line.text, field=None, quote=None, rule=line.rule)


def _org_and_content_id_of_claim(claim: JobClaim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "content_id": UUID(claim.args["content_id"])}
