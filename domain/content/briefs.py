"""Briefs: all inputs of a revision of generated content, frozen at the request.

A job reads nothing of the project but its brief, so its result doesn't depend on the time of its run.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import structs

from db.pool import Conn
from db.queries import content_asset, content_item
from domain.accounts import accounts
from domain.brand import brand
from domain.content import app_files, requested_files
from domain.content.app_files import PieceFiles
from domain.content.requested_files import ProjectFile, RequestedFile
from domain.influencers import presenter
from domain.influencers.presenter import Speaker
from domain.media import app_media
from domain.media.app_media import UsableAppMedia
from domain.values import languages
from generation.copy.snapshot import snapshot
from generation.copy.write import MissingBrandText, write
from generation.spec import SPOKEN, BrandSnapshot, Spec, Value
from platforms.registry import DESCRIPTIONS
from schemas import ids
from schemas.content import Aspect, ContentRequest
from schemas.errors import BrandTooSparse, Invalid, NotFound
from schemas.errors.absent import absent, present
from telemetry import costs

#: Unicode categories of visible characters, of which a hook needs at least one: letters, numbers,
#: punctuation, symbols.
VISIBLE_CATEGORIES = "LNPS"
#: Platforms that show pictures, too, on the whole of a phone's screen.


class Brief(Value, frozen=True, kw_only=True):
    """Request, with the spec and the files that result from it."""

    asked: ContentRequest
    spec: Spec
    files: PieceFiles


LIST_GIVEN = content_asset.list_given.typed(ProjectFile)


async def build_brief(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    seed: str,
    body: ContentRequest,
    again: bool = False,
) -> Brief:
    """Build a brief, or refuse the request at once; `again`: the content exists already.

    A new revision keeps its influencer even if that was deleted meanwhile. Raises `Invalid`, `NotFound`,
    `BrandTooSparse`, `Conflict` INFLUENCER_NOT_READY.
    """
    _check(body)
    own = await app_media.usable(conn, organization_id=organization_id, project_id=project_id)
    files = app_files.complete_files(
        await _files(conn, organization_id, project_id, body, own, again=again), own, body
    )
    if body.format == "ugc_remix":
        _check_clip(files, own)
    aspect = await _aspect(conn, organization_id, project_id, body)
    rows = await brand.read(conn, organization_id=organization_id, project_id=project_id)
    speaker = await _speaker(conn, organization_id, project_id, body.influencer_id, deleted=again)
    # Only our own end card shows the presenter. Without it the caption would credit the presenter for people
    # in the clip.
    shows = body.format != "ugc_remix" or files.end_card is None
    spec = _spec(
        body,
        snapshot(brand.describe(rows, project_id=project_id)),
        speaker,
        seed=seed,
        aspect=aspect,
        presenter=speaker.presenter if speaker and shows else None,
        transcript=body.transcript or app_files.transcript_of(files.clip, own),
    )
    await costs.to_thread(_check_words, spec)
    return Brief(asked=body, spec=spec, files=files)


def _check_clip(files: PieceFiles, own: Sequence[UsableAppMedia]) -> None:
    """Raise `Invalid` for a remix without a clip, or with an unsuitable demo video."""
    if files.clip is None:
        raise Invalid(
            "mediaIds",
            "a ugc_remix is made of a clip: name one, or a sourceContentId that is a video,"
            " or give the project a demo_video",
        )
    for file in own:
        if file.token == files.clip:
            requested_files.check(RequestedFile("mediaIds", requested_files.from_app_media(file)))


def _check_words(spec: Spec) -> None:
    """Raise `BrandTooSparse`, or `Invalid` for a language without a voice.

    Takes a tenth of a second of CPU.
    """
    try:
        copy = write(spec)
    except MissingBrandText as error:
        raise BrandTooSparse(error.fields) from None
    if spec.speech != "none" and copy.language.partition("-")[0] != SPOKEN:
        raise Invalid("voice", f"speaks English, and the brand's texts are in {copy.language}: leave it out")


def _check(body: ContentRequest) -> None:
    if body.hook is not None and not any(
        unicodedata.category(sign)[0] in VISIBLE_CATEGORIES for sign in body.hook
    ):
        raise Invalid("hook", "has no visible character: leave it out, or write a line")
    if body.language is not None:
        languages.check(body.language, path="language")
    for name, value, formats in (
        ("seconds", body.seconds, {"video", "ugc_remix"}),
        ("voice", body.voice, {"video"}),
        ("transcript", body.transcript, {"ugc_remix"}),
    ):
        if value is not None and body.format not in formats:
            raise Invalid(name, f"is of {' and '.join(sorted(formats))} alone: leave it out")
    if body.format == "ugc_remix" and body.aspect not in {None, "9:16"}:
        raise Invalid("aspect", "of a ugc_remix is always 9:16")


def _spec(body: ContentRequest, known: BrandSnapshot, speaker: Speaker | None, **more: Any) -> Spec:
    """Build the spec; fields that are absent in the request keep the renderer's defaults."""
    overrides = {"seconds": body.seconds, "speech": body.voice}
    return Spec(
        format=body.format,
        brand=structs.replace(known, voice=speaker.voice) if speaker else known,
        hook=body.hook,
        language=body.language or (speaker.language if speaker else None),
        **more,
        **{name: value for name, value in overrides.items() if value is not None},  # type: ignore[arg-type]
    )


async def _aspect(conn: Conn, organization_id: UUID, project_id: UUID, body: ContentRequest) -> Aspect | None:
    """Return the requested aspect, else the one of the target account. Raises `NotFound`."""
    if body.social_account_id is None:
        return body.aspect
    account_id = present(ids.read(ids.ACCOUNT, body.social_account_id), "account")
    account = await accounts.find(conn, organization_id=organization_id, account_id=account_id)
    if account.project_id != project_id:
        raise absent("account")
    return body.aspect or ("9:16" if DESCRIPTIONS[account.platform].is_portrait else None)


async def _files(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    body: ContentRequest,
    own: Sequence[UsableAppMedia],
    *,
    again: bool,
) -> PieceFiles:
    """Return the requested pictures, then the clip. Raises `NotFound`, `Invalid`."""
    source = await _source(conn, organization_id, project_id, body.source_content_id)
    requested_ids = [ids.read(ids.ASSET, media_id) for media_id in body.media_ids]
    if source is None and not requested_ids:
        return PieceFiles()
    rows = await LIST_GIVEN.all(
        conn,
        org=organization_id,
        project_id=project_id,
        ids=[asset_id for asset_id in requested_ids if asset_id],
        content_id=source,
    )
    if source and not again and not any(row.of_source for row in rows):
        raise Invalid("sourceContentId", "has no file that a piece could be made with")
    by_id = {file.id: file for file in [*map(requested_files.from_app_media, own), *rows]}
    unknown = [number for number, asset_id in enumerate(requested_ids) if asset_id not in by_id]
    if unknown:
        raise _absent(unknown, again=again)
    apart = {file.id for file in own if file.kind in app_files.SINGLE_FILE_KINDS}
    chosen = [
        RequestedFile(f"mediaIds[{number}]", by_id[asset_id])
        for number, asset_id in enumerate(requested_ids)
        if asset_id and asset_id not in apart
    ]
    chosen += [RequestedFile("sourceContentId", row) for row in rows if row.id not in requested_ids]
    return requested_files.assign_files(chosen, body.format, again=again)


def _absent(numbers: Sequence[int], *, again: bool) -> NotFound:
    """Return the error for absent files; `again`: the caller of this request didn't name them."""
    if again:
        return NotFound("a file that it was asked for with was deleted since: ask for another item")
    issues = [{"path": f"mediaIds[{number}]", "message": "is no file of this project"} for number in numbers]
    return NotFound("no such file in this project: check mediaIds", issues=issues)


async def _speaker(
    conn: Conn, organization_id: UUID, project_id: UUID, shown: str | None, *, deleted: bool
) -> Speaker | None:
    """Return the influencer's speaker.

    Raises `NotFound` for an unknown one, `Conflict` INFLUENCER_NOT_READY.
    """
    if shown is None:
        return None
    influencer_id = ids.read(ids.INFLUENCER, shown)
    at: dict[str, Any] = {"organization_id": organization_id, "project_id": project_id}
    speaker = (
        None
        if influencer_id is None
        else await presenter.speaker_of(conn, **at, influencer_id=influencer_id, deleted=deleted)
    )
    if speaker is None:
        issue = {"path": "influencerId", "message": "is no influencer of this project"}
        raise NotFound("no such influencer in this project: check influencerId", issues=[issue])
    return speaker


async def _source(conn: Conn, organization_id: UUID, project_id: UUID, shown: str | None) -> UUID | None:
    """Return the source content's id. Raises `NotFound` for a content outside the project."""
    if shown is None:
        return None
    content_id = ids.read(ids.CONTENT, shown)
    owner_id = content_id and await content_item.find_project.value(conn, org=organization_id, id=content_id)
    if owner_id != project_id:
        issue = {"path": "sourceContentId", "message": "is no content of this project"}
        raise NotFound("no such content in this project: check sourceContentId", issues=[issue])
    return content_id
