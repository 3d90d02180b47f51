"""Briefs: all that a revision of generated content is made from, frozen when it is asked for.

A job reads nothing of the project but its brief, so that what it makes doesn't depend on when it runs.
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
from domain.content import app_files, given_files
from domain.content.app_files import Files
from domain.content.given_files import Given, Named
from domain.influencers import speaking
from domain.influencers.speaking import Speaker
from domain.media import app_media
from domain.media.app_media import Usable
from domain.values import languages
from generation.spec import SPOKEN, Brand, Spec, Value
from generation.words.snapshot import snapshot
from generation.words.write import Lacking, write
from schemas import ids
from schemas.accounts import PlatformName
from schemas.content import Aspect, ContentRequest
from schemas.errors import Invalid, LacksWords, NotFound
from schemas.errors.absent import absent
from telemetry import costs

#: Categories of Unicode of which a hook has at least one sign: letters, numbers, punctuation, symbols.
SEEN = "LNPS"
#: Platforms that show pictures, too, on the whole of a phone's screen.
UPRIGHT: frozenset[PlatformName] = frozenset({"tiktok"})


class Brief(Value, frozen=True, kw_only=True):
    """A spec and the files that go with it, and the request that both follow from."""

    asked: ContentRequest
    spec: Spec
    files: Files


LIST_GIVEN = content_asset.list_given.typed(Given)


async def draw_up(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    seed: str,
    body: ContentRequest,
    again: bool = False,
) -> Brief:
    """A brief, unless something of it can be refused at once; `again`: of content that is there already.

    Such a one goes on with its influencer, although that may be deleted by now.
    Raises `Invalid`, `NotFound`, `LacksWords`, `Conflict` INFLUENCER_NOT_READY.
    """
    _check(body)
    own = await app_media.usable(conn, organization_id=organization_id, project_id=project_id)
    files = app_files.fill(await _files(conn, organization_id, project_id, body, own, again=again), own, body)
    if body.format == "ugc_remix":
        _check_clip(files, own)
    aspect = await _aspect(conn, organization_id, project_id, body)
    rows = await brand.read(conn, organization_id=organization_id, project_id=project_id)
    speaker = await _speaker(conn, organization_id, project_id, body.influencer_id, deleted=again)
    # Only our own card shows a presenter; else the caption would call the people in the clip nobody.
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


def _check_clip(files: Files, own: Sequence[Usable]) -> None:
    """Raises `Invalid` for a remix without a clip, or of a demo video that can't be one's."""
    if files.clip is None:
        raise Invalid(
            "mediaIds",
            "a ugc_remix is made of a clip: name one, or a sourceContentId that is a video,"
            " or give the project a demo_video",
        )
    for one in own:
        if one.token == files.clip:
            given_files.check(Named("mediaIds", given_files.of_app(one)))


def _check_words(spec: Spec) -> None:
    """Raises `LacksWords`, `Invalid` for words that the voice doesn't speak. A tenth of a second of CPU."""
    try:
        copy = write(spec)
    except Lacking as error:
        raise LacksWords(error.fields) from None
    if spec.speech != "none" and copy.language.partition("-")[0] != SPOKEN:
        raise Invalid("voice", f"speaks English, and the brand's texts are in {copy.language}: leave it out")


def _check(body: ContentRequest) -> None:
    if body.hook is not None and not any(unicodedata.category(sign)[0] in SEEN for sign in body.hook):
        raise Invalid("hook", "has nothing that could be read: leave it out, or write a line")
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
        raise Invalid("aspect", "of a ugc_remix is 9:16, whatever its clip is")


def _spec(body: ContentRequest, known: Brand, speaker: Speaker | None, **more: Any) -> Spec:
    """The renderer has defaults of its own for what isn't asked for."""
    asked = {"seconds": body.seconds, "speech": body.voice}
    return Spec(
        format=body.format,
        brand=structs.replace(known, voice=speaker.voice) if speaker else known,
        hook=body.hook,
        language=body.language or (speaker.language if speaker else None),
        **more,
        **{name: value for name, value in asked.items() if value is not None},  # type: ignore[arg-type]
    )


async def _aspect(conn: Conn, organization_id: UUID, project_id: UUID, body: ContentRequest) -> Aspect | None:
    """The one that is asked for; else that of the account it is meant for. Raises `NotFound`."""
    if body.social_account_id is None:
        return body.aspect
    account_id = ids.read(ids.ACCOUNT, body.social_account_id)
    if account_id is None:
        raise absent("account")
    account = await accounts.find(conn, organization_id=organization_id, account_id=account_id)
    if account.project_id != project_id:
        raise absent("account")
    return body.aspect or ("9:16" if account.platform in UPRIGHT else None)


async def _files(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    body: ContentRequest,
    own: Sequence[Usable],
    *,
    again: bool,
) -> Files:
    """The pictures and the clip that the caller names, in that order. Raises `NotFound`, `Invalid`."""
    source = await _source(conn, organization_id, project_id, body.source_content_id)
    named = [ids.read(ids.ASSET, shown) for shown in body.media_ids]
    if source is None and not named:
        return Files()
    found = await LIST_GIVEN.all(
        conn,
        org=organization_id,
        project_id=project_id,
        ids=[one for one in named if one],
        content_id=source,
    )
    if source and not again and not any(one.of_source for one in found):
        raise Invalid("sourceContentId", "has no file that a piece could be made with")
    by_id = {one.id: one for one in [*map(given_files.of_app, own), *found]}
    unknown = [number for number, one in enumerate(named) if one not in by_id]
    if unknown:
        raise _absent(unknown, again=again)
    apart = {one.id for one in own if one.kind in app_files.APART}
    chosen = [
        Named(f"mediaIds[{number}]", by_id[one])
        for number, one in enumerate(named)
        if one and one not in apart
    ]
    chosen += [Named("sourceContentId", one) for one in found if one.id not in named]
    return given_files.place(chosen, body.format, again=again)


def _absent(numbers: Sequence[int], *, again: bool) -> NotFound:
    """The refusal of files that are named but not there; `again`: whoever named them isn't asking now."""
    if again:
        return NotFound("a file that it was asked for with was deleted since: ask for another item")
    issues = [{"path": f"mediaIds[{number}]", "message": "is no file of this project"} for number in numbers]
    return NotFound("no such file in this project: check mediaIds", issues=issues)


async def _speaker(
    conn: Conn, organization_id: UUID, project_id: UUID, shown: str | None, *, deleted: bool
) -> Speaker | None:
    """Raises `NotFound` for what is no influencer of the project, `Conflict` INFLUENCER_NOT_READY."""
    if shown is None:
        return None
    one = ids.read(ids.INFLUENCER, shown)
    at: dict[str, Any] = {"organization_id": organization_id, "project_id": project_id}
    found = None if one is None else await speaking.speaker_of(conn, **at, influencer_id=one, deleted=deleted)
    if found is None:
        issue = {"path": "influencerId", "message": "is no influencer of this project"}
        raise NotFound("no such influencer in this project: check influencerId", issues=[issue])
    return found


async def _source(conn: Conn, organization_id: UUID, project_id: UUID, shown: str | None) -> UUID | None:
    """Raises `NotFound` for what is no content of the project."""
    if shown is None:
        return None
    content_id = ids.read(ids.CONTENT, shown)
    found = content_id and await content_item.find_project.value(conn, org=organization_id, id=content_id)
    if found != project_id:
        issue = {"path": "sourceContentId", "message": "is no content of this project"}
        raise NotFound("no such content in this project: check sourceContentId", issues=[issue])
    return content_id
