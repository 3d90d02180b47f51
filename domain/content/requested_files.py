"""Checks of a generate request's media ids against stored metadata, before a job opens the files."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from domain.content.app_files import PieceFiles
from domain.media.app_media import UsableAppMedia
from generation.picture_limits import check_bytes, check_size
from generation.remix import boxes
from schemas.content import GeneratedFormat
from schemas.errors import ClipRefused, Invalid, PictureRefused


class ProjectFile(NamedTuple):
    """File of the project; `of_source`: it belongs to the content that the piece is based on."""

    id: UUID
    kind: Literal["image", "video"]
    token: str
    width: int
    height: int
    duration_ms: int | None
    size_bytes: int
    of_source: bool = False


class RequestedFile(NamedTuple):
    """File, and the request's field that names it."""

    path: str
    file: ProjectFile


def from_app_media(own: UsableAppMedia) -> ProjectFile:
    return ProjectFile(
        own.id,
        "video" if own.kind == "demo_video" else "image",
        own.token,
        own.width,
        own.height,
        own.duration_ms,
        own.size_bytes,
    )


def assign_files(named: Sequence[RequestedFile], format_: GeneratedFormat, *, again: bool) -> PieceFiles:
    """Assign each file to its use; `again`: a clip without a use stays unused. Raises `Invalid`."""
    for requested in named:
        check(requested)
    clips = [*_of_kind(named, "video")]
    if len(clips) > 1:
        raise Invalid("mediaIds", "names more than one clip: only one is allowed")
    if clips and format_ != "ugc_remix" and not again:
        raise Invalid(clips[0].path, f"is a clip: only a ugc_remix uses one, a {format_} uses pictures")
    return PieceFiles(
        screenshots=[requested.file.token for requested in _of_kind(named, "image")],
        clip=clips[0].file.token if clips else None,
    )


def check(named: RequestedFile) -> None:
    """Raise `Invalid` for a file that its job would refuse."""
    try:
        (_check_picture if named.file.kind == "image" else _check_clip)(named.file)
    except (PictureRefused, ClipRefused) as error:
        raise Invalid(named.path, f"can't be used: {error.message}") from None


def _check_picture(file: ProjectFile) -> None:
    check_bytes(file.size_bytes)
    check_size(file.width, file.height)


def _check_clip(file: ProjectFile) -> None:
    boxes.check_size(file.width, file.height, boxes.REMIX_MINIMUM.side)
    seconds = (file.duration_ms or 0) / 1000
    if 0 < seconds < boxes.REMIX_MINIMUM.seconds:
        raise boxes.short_clip_refusal(seconds)


def _of_kind(named: Sequence[RequestedFile], kind: str) -> Iterator[RequestedFile]:
    return (requested for requested in named if requested.file.kind == kind)
