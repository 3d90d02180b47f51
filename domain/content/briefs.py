"""Briefs: all inputs of a revision of generated content, frozen at the request.

A job reads nothing of the project but its brief, so its result doesn't depend on the time of its run.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import structs

from db.pool import Conn
from db.queries import content_asset, content_item, social_account
from domain.accounts import accounts
from domain.brand import brand
from domain.content import app_files, approved_claims, requested_files, templates
from domain.content.app_files import ContentPieceInputFileTokens
from domain.content.requested_files import FileWithFieldPath, ProjectFile
from domain.influencers import presenter
from domain.influencers.presenter import InfluencerPresenterWithVoice
from domain.media import app_media
from domain.media.app_media import UsableAppMediaFile
from domain.values import languages
from generation.copy.snapshot import take_brand_snapshot
from generation.copy.trades import is_software_brand
from generation.looks.catalog import LOOK_NAMES
from generation.spec import BrandSnapshot, PieceSpec, PieceTemplate, StrictCamelCaseStruct
from platforms.registry import PLATFORMS_BY_NAME
from schemas import ids
from schemas.content import ContentAspect, ContentRequest
from schemas.errors import InvalidValue, ObjectNotFound
from schemas.errors.absent import not_found_error, require_found

#: Unicode categories of visible characters, of which a hook needs at least one: letters, numbers,
#: punctuation, symbols.
VISIBLE_UNICODE_CATEGORIES = "LNPS"
#: Slides of the shortest slideshow: its hook, a point and its end.
MIN_SLIDES_OF_SLIDESHOW = 3


class _ConnectedPlatformRow(NamedTuple):
    platform: str


class GenerationBrief(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Request, with the spec and the files that result from it."""

    asked: ContentRequest
    spec: PieceSpec
    files: ContentPieceInputFileTokens


LIST_CONNECTED_PLATFORMS = social_account.list_connected_platforms.typed(_ConnectedPlatformRow)
LIST_REQUESTED_INPUT_FILES = content_asset.list_given.typed(ProjectFile)


async def build_generation_brief(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    content_id: UUID,
    seed: str,
    body: ContentRequest,
    again: bool = False,
) -> GenerationBrief:
    """Return the inputs of a content's next revision, frozen in a brief, or refuse the request at once.

    `again`: the content exists already. Its new revision keeps its influencer even if that was deleted meanwhile.
    Raises `InvalidValue`, `ObjectNotFound`, `StateConflict` INFLUENCER_NOT_READY or CLAIM_EXPIRED.
    """
    _check_fields_of_generation_request(body)
    own = await app_media.lock_and_list_ready_app_media(conn, organization_id=organization_id, project_id=project_id)
    rows = await brand.read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    known = take_brand_snapshot(brand.brand_to_schema(rows, project_id=project_id))
    files = app_files.add_app_media_to_piece_input_files(
        await _find_generation_request_files(conn, organization_id, project_id, body, own, again=again),
        own,
        body,
        screens_first=is_software_brand(known),
    )
    if body.format == "ugc_remix":
        _check_remix_clip(files, own)
    aspect = await _choose_aspect_ratio_for_account(conn, organization_id, project_id, body)
    speaker = await _find_requested_presenter(conn, organization_id, project_id, body.influencer_id, deleted=again)
    spec = _build_generation_spec(
        body,
        known,
        speaker,
        seed=seed,
        aspect=aspect,
        max_slides=await _find_most_slides_for_platforms(conn, organization_id, project_id),
        presenter=speaker.presenter if speaker and _shows_presenter(body, files) else None,
        picture_roles=app_files.list_picture_roles(files, own),
        logo_role=app_files.find_logo_role(files, own),
        transcript=body.transcript or app_files.transcript_of_clip(files.clip, own),
        claims=await approved_claims.list_usable_claims(
            conn, organization_id=organization_id, project_id=project_id, content_id=content_id
        ),
        pictured_claim_ids=await approved_claims.list_claims_in_files(
            conn, organization_id=organization_id, tokens=files.list_tokens()
        ),
        template=await _find_requested_template(conn, organization_id, project_id, body, deleted=again),
    )
    return GenerationBrief(asked=body, spec=spec, files=files)


def _shows_presenter(body: ContentRequest, files: ContentPieceInputFileTokens) -> bool:
    """Return whether a piece shows its presenter: in a remix only our own end does.

    Without it the caption would credit the presenter for people in the clip.
    """
    return body.format != "ugc_remix" or files.end_card is None


def _check_remix_clip(files: ContentPieceInputFileTokens, own: Sequence[UsableAppMediaFile]) -> None:
    """Raise `InvalidValue` for a remix without a clip, or with an unsuitable demo video."""
    if files.clip is None:
        raise InvalidValue(
            "mediaIds",
            "a ugc_remix is made of a clip: name one, or a sourceContentId that is a video,"
            " or give the project a demo_video",
        )
    for file in own:
        if file.token == files.clip:
            requested_files.check_requested_media(
                FileWithFieldPath("mediaIds", requested_files.app_media_to_project_file(file))
            )


def _check_fields_of_generation_request(body: ContentRequest) -> None:
    if body.hook is not None and not any(
        unicodedata.category(sign)[0] in VISIBLE_UNICODE_CATEGORIES for sign in body.hook
    ):
        raise InvalidValue("hook", "has no visible character: leave it out, or write a line")
    if body.language is not None:
        languages.check_language_tag(body.language, path="language")
    for name, value, formats in (
        ("seconds", body.seconds, {"video", "ugc_remix"}),
        ("voice", body.voice, {"video"}),
        ("transcript", body.transcript, {"ugc_remix"}),
        ("template", body.template, {"image", "slideshow"}),
    ):
        if value is not None and body.format not in formats:
            raise InvalidValue(name, f"is of {' and '.join(sorted(formats))} alone: leave it out")
    if body.format == "ugc_remix" and body.aspect not in {None, "9:16"}:
        raise InvalidValue("aspect", "of a ugc_remix is always 9:16")


def _build_generation_spec(
    body: ContentRequest, known: BrandSnapshot, speaker: InfluencerPresenterWithVoice | None, **more: Any
) -> PieceSpec:
    """Return the spec of a piece to generate; fields that are absent in the request keep the renderer's defaults.

    The brand's voice follows the influencer's and decides only what that leaves open, such as the form of address.
    """
    overrides = {"seconds": body.seconds, "speech": body.voice}
    return PieceSpec(
        format=body.format,
        brand=structs.replace(known, voice="\n".join(filter(None, (speaker.voice, known.voice)))) if speaker else known,
        hook=body.hook,
        language=body.language or (speaker.language if speaker else None),
        looks=[body.template] if body.template in LOOK_NAMES else [],
        **more,
        **{name: value for name, value in overrides.items() if value is not None},  # type: ignore[arg-type]
    )


async def _choose_aspect_ratio_for_account(
    conn: Conn, organization_id: UUID, project_id: UUID, body: ContentRequest
) -> ContentAspect | None:
    """Return the requested aspect ratio, else 9:16 if the target account's platform is portrait, else None.

    Raises `ObjectNotFound` for a target account outside the project.
    """
    if body.social_account_id is None:
        return body.aspect
    account_id = require_found(ids.parse_prefixed_id(ids.ACCOUNT_ID_PREFIX, body.social_account_id), "account")
    account = await accounts.find_account_row(conn, organization_id=organization_id, account_id=account_id)
    if account.project_id != project_id:
        raise not_found_error("account")
    return body.aspect or ("9:16" if PLATFORMS_BY_NAME[account.platform].is_portrait else None)


async def _find_most_slides_for_platforms(conn: Conn, organization_id: UUID, project_id: UUID) -> int | None:
    """Return the most slides that every connected platform of a project takes in a post; None without a platform.

    A platform that takes fewer than `MIN_SLIDES_OF_SLIDESHOW` takes no slideshow, so it doesn't count.
    """
    rows = await LIST_CONNECTED_PLATFORMS.all(conn, org=organization_id, project_id=project_id)
    limits = [PLATFORMS_BY_NAME[row.platform].limits.images_max for row in rows if row.platform in PLATFORMS_BY_NAME]
    return min((limit for limit in limits if limit >= MIN_SLIDES_OF_SLIDESHOW), default=None)


async def _find_generation_request_files(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    body: ContentRequest,
    own: Sequence[UsableAppMediaFile],
    *,
    again: bool,
) -> ContentPieceInputFileTokens:
    """Return the pictures and the clip that a generate request names, or that its source content has.

    `again`: requested before. Raises `ObjectNotFound` for an absent file, `InvalidValue` for an unsuitable one.
    """
    source = await _find_source_content_id(conn, organization_id, project_id, body.source_content_id)
    requested_ids = [ids.parse_prefixed_id(ids.ASSET_ID_PREFIX, media_id) for media_id in body.media_ids]
    if source is None and not requested_ids:
        return ContentPieceInputFileTokens()
    rows = await LIST_REQUESTED_INPUT_FILES.all(
        conn,
        org=organization_id,
        project_id=project_id,
        ids=[asset_id for asset_id in requested_ids if asset_id],
        content_id=source,
    )
    if source and not again and not any(row.of_source for row in rows):
        raise InvalidValue("sourceContentId", "has no file that a piece could be made with")
    by_id = {file.id: file for file in [*map(requested_files.app_media_to_project_file, own), *rows]}
    unknown = [number for number, asset_id in enumerate(requested_ids) if asset_id not in by_id]
    if unknown:
        raise _requested_file_not_found_error(unknown, again=again)
    apart = {file.id for file in own if file.kind in app_files.APP_MEDIA_KINDS_USED_ONCE_PER_PIECE}
    chosen = [
        FileWithFieldPath(f"mediaIds[{number}]", by_id[asset_id])
        for number, asset_id in enumerate(requested_ids)
        if asset_id and asset_id not in apart
    ]
    chosen += [FileWithFieldPath("sourceContentId", row) for row in rows if row.id not in requested_ids]
    return requested_files.sort_files_into_screenshots_and_clip(chosen, body.format, again=again)


def _requested_file_not_found_error(numbers: Sequence[int], *, again: bool) -> ObjectNotFound:
    """Return the error for files that a request names and the project lacks; `numbers` are their places.

    `again`: an earlier request named them, and they were deleted since.
    """
    if again:
        return ObjectNotFound("a file that it was asked for with was deleted since: ask for another item")
    issues = [{"path": f"mediaIds[{number}]", "message": "is no file of this project"} for number in numbers]
    return ObjectNotFound("no such file in this project: check mediaIds", issues=issues)


async def _find_requested_presenter(
    conn: Conn, organization_id: UUID, project_id: UUID, shown: str | None, *, deleted: bool
) -> InfluencerPresenterWithVoice | None:
    """Return the speaker of a request's influencer, with `deleted` also a deleted one; None if the request names none.

    Raises `ObjectNotFound` for an unknown influencer, `StateConflict` INFLUENCER_NOT_READY.
    """
    if shown is None:
        return None
    influencer_id = ids.parse_prefixed_id(ids.INFLUENCER_ID_PREFIX, shown)
    at: dict[str, Any] = {"organization_id": organization_id, "project_id": project_id}
    speaker = (
        None
        if influencer_id is None
        else await presenter.find_ready_influencer_presenter(conn, **at, influencer_id=influencer_id, deleted=deleted)
    )
    if speaker is None:
        issue = {"path": "influencerId", "message": "is no influencer of this project"}
        raise ObjectNotFound("no such influencer in this project: check influencerId", issues=[issue])
    return speaker


async def _find_requested_template(
    conn: Conn, organization_id: UUID, project_id: UUID, body: ContentRequest, *, deleted: bool
) -> PieceTemplate | None:
    """Return a request's template in its latest version; None for one of our looks, or without any.

    Raises `ObjectNotFound` for an unknown template; with `deleted` a deleted one is known.
    """
    if body.template is None or body.template in LOOK_NAMES:
        return None
    return await templates.find_piece_template(
        conn, organization_id=organization_id, project_id=project_id, shown_id=body.template, deleted=deleted
    )


async def _find_source_content_id(
    conn: Conn, organization_id: UUID, project_id: UUID, shown: str | None
) -> UUID | None:
    """Return the id of a generate request's source content, or None. Raises `ObjectNotFound` outside the project."""
    if shown is None:
        return None
    content_id = ids.parse_prefixed_id(ids.CONTENT_ID_PREFIX, shown)
    owner_id = content_id and await content_item.find_project.value(conn, org=organization_id, id=content_id)
    if owner_id != project_id:
        issue = {"path": "sourceContentId", "message": "is no content of this project"}
        raise ObjectNotFound("no such content in this project: check sourceContentId", issues=[issue])
    return content_id
