"""Limits of app media: types and sizes of each kind, and amounts for each project."""

from collections.abc import Mapping

from domain.media.files import StoredFile
from domain.media.sniff import ACCEPTED_SVG_TYPE
from domain.media.streaming_upload import MIB, PICTURE_TYPES, VIDEO_TYPES, MediaTypeSizeLimits
from generation.picture_limits import MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE_RATIO
from schemas.app_media import AppMediaKind
from schemas.errors import InvalidValue

#: Types of each kind, with the most bytes of a file.
MAX_APP_MEDIA_FILE_BYTES_BY_KIND: Mapping[AppMediaKind, MediaTypeSizeLimits] = {
    "logo": {**dict.fromkeys(PICTURE_TYPES, 5 * MIB), ACCEPTED_SVG_TYPE: MIB},
    "screenshot": dict.fromkeys(PICTURE_TYPES, 10 * MIB),
    "photo": dict.fromkeys(PICTURE_TYPES, 10 * MIB),
    "demo_video": dict.fromkeys(VIDEO_TYPES, 200 * MIB),
    "end_card": dict.fromkeys(PICTURE_TYPES, 5 * MIB),
}
#: Most files of each kind in a project, and most bytes of all of them.
MAX_APP_MEDIA_FILES_BY_KIND: Mapping[AppMediaKind, int] = {
    "logo": 10,
    "screenshot": 50,
    "photo": 50,
    "demo_video": 10,
    "end_card": 10,
}
MAX_APP_MEDIA_BYTES_PER_PROJECT = 1 << 30


def check_app_media_transcript_allowed(kind: AppMediaKind, transcript: str) -> None:
    """Raise `InvalidValue` for a transcript of any app media kind but `demo_video`."""
    if transcript and kind != "demo_video":
        raise InvalidValue("transcript", "is for a demo_video only: leave it out")


def check_app_media_picture(file: StoredFile) -> None:
    """Raise `InvalidValue` for a picture with too many pixels, or with a side too long for the other; ignore videos."""
    short, long = sorted((file.width, file.height))
    if file.kind == "image" and long > MAX_PICTURE_SIDE_RATIO * short:
        raise InvalidValue(
            "file[0]", f"is {file.width} x {file.height}: a side is at most {MAX_PICTURE_SIDE_RATIO} times the other"
        )
    if file.kind == "image" and short * long > MAX_PICTURE_PIXELS:
        raise InvalidValue("file[0]", f"has more than {MAX_PICTURE_PIXELS // 10**6} million pixels")
