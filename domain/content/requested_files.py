"""Checks of a generate request's media ids against stored metadata, before a job opens the files."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from domain.content.app_files import ContentPieceInputFileTokens
from domain.media.app_media import UsableAppMediaFile
from generation.picture_limits import check_picture_byte_count, check_picture_size
from generation.remix import boxes
from schemas.content import GeneratedFormat
from schemas.errors import ClipRefused, InvalidValue, PictureRefused


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


class FileWithFieldPath(NamedTuple):
    """File, and the request's field that names it."""

    path: str
    file: ProjectFile


def app_media_to_project_file(own: UsableAppMediaFile) -> ProjectFile:
    return ProjectFile(
        own.id,
        "video" if own.kind == "demo_video" else "image",
        own.token,
        own.width,
        own.height,
        own.duration_ms,
        own.size_bytes,
    )


def sort_files_into_screenshots_and_clip(
    named: Sequence[FileWithFieldPath], format_: GeneratedFormat, *, again: bool
) -> ContentPieceInputFileTokens:
    """Return the files of a generate request by use: pictures as screenshots, a video as the clip.

    `again`: a clip is accepted for any format. Raises `InvalidValue` for an unsuitable file, or more than one clip.
    """
    for requested in named:
        check_requested_media(requested)
    clips = [*_requested_files_of_kind(named, "video")]
    if len(clips) > 1:
        raise InvalidValue("mediaIds", "names more than one clip: only one is allowed")
    if clips and format_ != "ugc_remix" and not again:
        raise InvalidValue(clips[0].path, f"is a clip: only a ugc_remix uses one, a {format_} uses pictures")
    pictures = [requested.file for requested in _requested_files_of_kind(named, "image")]
    return ContentPieceInputFileTokens(
        screenshots=[file.token for file in pictures],
        screenshot_ids=[file.id for file in pictures],
        screenshot_sides_px=[min(file.width, file.height) for file in pictures],
        clip=clips[0].file.token if clips else None,
    )


def check_requested_media(named: FileWithFieldPath) -> None:
    """Raise `InvalidValue` for a picture or clip in a generate request that the generation job would refuse."""
    try:
        (_check_picture_file if named.file.kind == "image" else _check_video_clip)(named.file)
    except (PictureRefused, ClipRefused) as error:
        raise InvalidValue(named.path, f"can't be used: {error.message}") from None


def _check_picture_file(file: ProjectFile) -> None:
    check_picture_byte_count(file.size_bytes)
    check_picture_size(file.width, file.height)


def _check_video_clip(file: ProjectFile) -> None:
    boxes.check_clip_picture_size(file.width, file.height, boxes.MIN_REMIX_CLIP_SIDE_AND_SECONDS.side)
    seconds = (file.duration_ms or 0) / 1000
    if 0 < seconds < boxes.MIN_REMIX_CLIP_SIDE_AND_SECONDS.seconds:
        raise boxes.short_clip_refusal(seconds)


def _requested_files_of_kind(named: Sequence[FileWithFieldPath], kind: str) -> Iterator[FileWithFieldPath]:
    return (requested for requested in named if requested.file.kind == kind)
